"""What is told of a feature selection: scores by number of features, and how firm the choice is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from rrcat.evaluation.candidates import Candidates
from rrcat.evaluation.metrics import bootstrap, metrics, per_star, rmse, rounded
from rrcat.evaluation.nested import RELATION
from rrcat.evaluation.selection import Choice

Told = dict[str, Any]

SCORE_COLUMNS = (
    "n_features",
    "features",
    "n_asked",
    "n",
    "rmse",
    "rmse_error",
    "mae",
    "mae_error",
    "gain",
    "gain_error",
    "rmse_seen",
)
"""Columns of ``selection.csv`` after the pulsation type, the model and the method."""


MAJORITY = 0.5
"""A feature is supported when it is chosen in more than this share of the resamples."""


def selection_report(
    among: Candidates,
    trials: pl.DataFrame,
    drawn: pl.DataFrame,
    choices: Mapping[tuple[str, str], tuple[Candidates, Choice]],
    *,
    seed: int,
) -> Told:
    """Give what is to be said of one pulsation type, as plain data.

    Parameters
    ----------
    among
        The candidates.
    trials
        Trials of all folds, as :mod:`rrcat.evaluation.nested` gives them, with ``repeat`` and
        ``fold``.
    drawn
        ``method``, ``resample``, ``feature`` of what was chosen from each resample.
    choices
        By model and method, what is chosen from all stars, and among which candidates.
    """
    told: Told = {
        "n_asked": among.asked.height,
        "n": among.stars.height,
        "candidates": list(among.names),
        "set_aside": among.set_aside,
        "models": {},
    }
    for (model, method), (given, choice) in choices.items():
        rows = trials.filter((pl.col("model") == model) & (pl.col("method") == method))
        order = [given.names[column] for column in choice.order]
        told["models"].setdefault(model, {})[method] = {
            "order": order,
            "number": choice.number,
            "scores": _scores(rows, order, choice, seed),
            "chosen_in_folds": metrics(rows.filter("chosen"), seed=seed),
            "failures": _failures(rows),
        }
        if model == RELATION:
            shares = _shares(rows, drawn.filter(pl.col("method") == method), order)
            often = [one["feature"] for one in shares if one["in_resamples"] > MAJORITY]
            told["models"][model][method] |= {"features": shares, "supported": often}
    return told


def _scores(rows: pl.DataFrame, order: list[str], choice: Choice, seed: int) -> list[Told]:
    scores = []
    fewer: pl.DataFrame | None = None
    for number in range(1, len(order) + 1):
        part = rows.filter(pl.col("n_features") == number)
        gain, gain_error = _gain(fewer, part, seed)
        scores.append(
            {
                "n_features": number,
                "features": order[:number],
                **metrics(part, seed=seed),
                "gain": gain,
                "gain_error": gain_error,
                "rmse_seen": rounded(float(np.sqrt(choice.errors[number - 1].mean()))),
            }
        )
        fewer = part
    return scores


def _gain(
    fewer: pl.DataFrame | None, more: pl.DataFrame, seed: int
) -> tuple[float | None, float | None]:
    """Give by how much the RMSE falls with one feature more, and the bootstrap error of that."""
    if fewer is None:
        return None, None
    one, other = per_star(fewer), per_star(more)
    one = one.join(other, on="source_id", how="semi", maintain_order="left")
    other = other.join(one, on="source_id", how="semi", maintain_order="left")
    drawn = bootstrap(one.height, lambda draw: rmse(one, draw) - rmse(other, draw), seed)
    if drawn is None:
        return None, None
    whole = np.arange(one.height)[None]
    gain = float(rmse(one, whole)[0] - rmse(other, whole)[0])
    return rounded(gain), rounded(float(np.std(drawn, ddof=1)))


def _shares(rows: pl.DataFrame, drawn: pl.DataFrame, order: list[str]) -> list[Told]:
    """Give in which share of the folds and of the resamples each feature is among the chosen."""
    folds = rows.filter("chosen").unique(["repeat", "fold"])
    sets = [set(text.split(" ")) for text in folds["features"]]
    n_resamples = drawn["resample"].n_unique()
    counts = dict(drawn["feature"].value_counts().iter_rows())
    return [
        {
            "feature": name,
            "in_folds": rounded(sum(name in one for one in sets) / len(sets)),
            "in_resamples": rounded(counts.get(name, 0) / n_resamples),
        }
        for name in order
    ]


def _failures(rows: pl.DataFrame) -> list[Told]:
    failed = rows.filter(pl.col("failure").is_not_null())
    return (
        failed.group_by("n_features", "failure")
        .agg(folds=pl.struct("repeat", "fold").n_unique())
        .sort("n_features", "failure")
        .to_dicts()
    )


def score_table(told: Mapping[str, Told]) -> pl.DataFrame:
    """Give ``selection.csv``: one row for each type, model, method and number of features."""
    rows = [
        {
            "pulsation_type": kind,
            "model": model,
            "method": method,
            **{name: score[name] for name in SCORE_COLUMNS},
            "features": " ".join(score["features"]),
            "chosen": score["n_features"] == one["number"],
        }
        for kind, of_kind in told.items()
        for model, methods in of_kind["models"].items()
        for method, one in methods.items()
        for score in one["scores"]
    ]
    return pl.DataFrame(rows, infer_schema_length=None)


def feature_table(told: Mapping[str, Told]) -> pl.DataFrame:
    """Give ``selection-features.csv``: one row for each type, method and feature."""
    rows = [
        {
            "pulsation_type": kind,
            "method": method,
            "place": place,
            "chosen": place <= one["number"],
            **share,
        }
        for kind, of_kind in told.items()
        for method, one in of_kind["models"][RELATION].items()
        for place, share in enumerate(one["features"], start=1)
    ]
    return pl.DataFrame(rows)
