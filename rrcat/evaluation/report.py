"""Everything that ``evaluation.json`` says: metrics, groups, bins, outliers, comparisons."""

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np
import polars as pl

from rrcat.evaluation.bins import NARROW, WIDTH, bins
from rrcat.evaluation.metrics import Metrics, bootstrap, metrics, per_star, rmse, rounded

TYPES = ("RRab", "RRc", "RRd")
BY = {"true": "feh_true", "predicted": "feh"}
OUTLIERS = 10
"""Stars of each type that are named."""


def report(predictions: pl.DataFrame, stars: pl.DataFrame, *, seed: int) -> dict[str, Any]:
    """Give what is to be said of each estimator, and of each pair.

    Parameters
    ----------
    predictions
        Out-of-fold predictions of one or several estimators.
    stars
        The calibrators: ``source_id``, ``archive_id``, ``name``, ``blazhko``, ``n_spectra``.

    Returns
    -------
    dict
        ``estimators`` (metrics of all stars and of each type), ``groups`` (with and without
        Blazhko stars), ``reasons`` (how many stars have no value and why), ``bias`` and
        ``bias_narrow`` (by bin of 0.5 and of 0.25 dex of true and of predicted [Fe/H]),
        ``outliers``, ``comparisons``.
    """
    rows = predictions.join(
        stars.select("source_id", "archive_id", "name", "blazhko", "n_spectra"),
        on="source_id",
        how="left",
        maintain_order="left",
    )
    by_estimator = {
        str(id): frame for (id,), frame in rows.group_by("estimator", maintain_order=True)
    }
    result: dict[str, Any] = {
        "estimators": {},
        "groups": {},
        "reasons": {},
        "bias": {},
        "bias_narrow": {},
        "outliers": {},
    }
    for id, frame in by_estimator.items():
        types = {"all": frame, **dict(_types(frame))}
        result["estimators"][id] = {name: metrics(part, seed=seed) for name, part in types.items()}
        result["groups"][id] = _blazhko(types, seed)
        result["reasons"][id] = _reasons(frame)
        for key, width in (("bias", WIDTH), ("bias_narrow", NARROW)):
            result[key][id] = {
                name: {by: bins(part, column, width=width) for by, column in BY.items()}
                for name, part in types.items()
            }
        result["outliers"][id] = [row for _, part in _types(frame) for row in _outliers(part)]
    result["comparisons"] = [
        comparison
        for (a, one), (b, other) in combinations(by_estimator.items(), 2)
        for comparison in _comparisons(a, one, b, other, seed)
    ]
    return result


def _types(rows: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
    for kind in TYPES:
        part = rows.filter(pl.col("pulsation_type") == kind)
        if part.height:
            yield kind, part


def _blazhko(types: dict[str, pl.DataFrame], seed: int) -> dict[str, Metrics]:
    modulated = pl.col("blazhko").fill_null(False)
    return {
        f"{name}-{label}": metrics(part.filter(rule), seed=seed)
        for name, part in types.items()
        if part.select(modulated.any()).item()
        for label, rule in {"Blazhko": modulated, "without-Blazhko": ~modulated}.items()
        if part.select(rule.any()).item()
    }


def _reasons(rows: pl.DataFrame) -> dict[str, int]:
    without = rows.filter(pl.col("feh").is_null()).unique(["source_id", "status"])
    return dict(sorted(without["status"].value_counts().iter_rows()))


def _outliers(rows: pl.DataFrame) -> list[dict[str, Any]]:
    """Give the stars with the largest residuals, mean over repeats, largest first."""
    facts = rows.unique("source_id").select(
        "source_id", "archive_id", "name", "pulsation_type", "blazhko", "n_spectra"
    )
    return (
        per_star(rows)
        .join(facts, on="source_id", how="left", maintain_order="left")
        .sort(pl.col("residual").abs(), "source_id", descending=[True, False])
        .head(OUTLIERS)
        .select(*facts.columns, pl.col("feh_true", "feh", "residual").round(6))
        .to_dicts()
    )


def _comparisons(
    a: str, one: pl.DataFrame, b: str, other: pl.DataFrame, seed: int
) -> Iterator[dict[str, Any]]:
    """Give the difference of two RMSEs on the stars that both have a value for.

    Both are drawn together in the bootstrap, so that what is hard for both does not blur the
    difference. ``share_a_better`` is the share of draws in which the first has the smaller RMSE.
    """
    for group in ("all", *TYPES):
        chosen = pl.lit(True) if group == "all" else pl.col("pulsation_type") == group
        first, second = per_star(one.filter(chosen)), per_star(other.filter(chosen))
        first = first.join(second, on="source_id", how="semi", maintain_order="left")
        second = second.join(first, on="source_id", how="semi", maintain_order="left")
        drawn = bootstrap(
            first.height,
            lambda draw, first=first, second=second: rmse(first, draw) - rmse(second, draw),  # type: ignore[misc]
            seed,
        )
        if drawn is None:
            continue
        whole = np.arange(first.height)[None]
        yield {
            "a": a,
            "b": b,
            "group": group,
            "n": first.height,
            "rmse_a": rounded(float(rmse(first, whole)[0])),
            "rmse_b": rounded(float(rmse(second, whole)[0])),
            "rmse_difference": rounded(float(rmse(first, whole)[0] - rmse(second, whole)[0])),
            "rmse_difference_error": rounded(float(np.std(drawn, ddof=1))),
            "low_95": rounded(float(np.quantile(drawn, 0.025))),
            "high_95": rounded(float(np.quantile(drawn, 0.975))),
            "share_a_better": rounded(float(np.mean(drawn < 0))),
        }
