"""How good predictions are: always unweighted, and counted against every star asked for."""

from collections.abc import Callable
from math import fsum, isnan, nan, sqrt
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

DIGITS = 6
"""Decimals of a metric: beyond them is the rounding of one machine or another."""

SAME = 1e-9
"""True values that differ by no more are one value [dex]: pooling rounds."""

DRAWS = 1_000
"""Draws of the bootstrap."""

AT_ONCE = 100
NORMAL_68, NORMAL_95 = 1.0, 1.959963984540054

Metrics = dict[str, Any]
Array = NDArray[np.float64]
Drawn = NDArray[np.int64]


def metrics(predictions: pl.DataFrame, *, seed: int) -> Metrics:
    """Give the metrics of one estimator on some stars.

    Each is that of one repeat, averaged over the repeats; ``rmse_std`` is the standard deviation of
    the RMSE between repeats (null for one), ``rmse_error`` and ``mae_error`` the bootstrap
    standard errors over stars.

    - ``n_asked``: stars asked for in a repeat; ``n``: those with a value, in the repeat that has
      fewest.
    - ``rmse``, ``mae``, ``bias`` (mean of predicted less true) [dex].
    - ``r2``: 1 − Σ(predicted − true)² / Σ(true − mean true)²; ``slope``: of the least-squares line
      of predicted on true; null where all true values are one.
    - ``coverage_68``, ``coverage_95``: share of stars whose true value is within 1 and 1.96
      ``feh_error`` of the predicted one; null where a value has no error.

    Parameters
    ----------
    predictions
        ``repeat``, ``source_id``, ``feh_true``, ``feh``, ``feh_error``.
    """
    repeats = [rows.sort("source_id") for _, rows in predictions.sort("repeat").group_by("repeat")]
    given = [rows.filter(pl.col("feh").is_not_null()) for rows in repeats]
    each = [_of_one_repeat(rows) for rows in given if rows.height]
    result: Metrics = {
        "n_asked": max((rows.height for rows in repeats), default=0),
        "n": min((rows.height for rows in given), default=0),
    }
    for name in ("rmse", "mae", "r2", "bias", "slope", "coverage_68", "coverage_95"):
        values = [one[name] for one in each if not isnan(one[name])]
        result[name] = rounded(mean(values)) if values else None
    spread = [one["rmse"] for one in each]
    result["rmse_std"] = rounded(float(np.std(spread, ddof=1))) if len(spread) > 1 else None
    stars = per_star(predictions)
    drawn = bootstrap(
        stars.height, lambda draw: np.stack([rmse(stars, draw), mae(stars, draw)]), seed
    )
    for row, name in enumerate(("rmse_error", "mae_error")):
        result[name] = None if drawn is None else rounded(float(np.std(drawn[row], ddof=1)))
    return result


def _of_one_repeat(rows: pl.DataFrame) -> dict[str, float]:
    true, given, error = (rows[name].to_list() for name in ("feh_true", "feh", "feh_error"))
    residual = [y - x for x, y in zip(true, given, strict=True)]
    n = len(residual)
    squares = fsum(r * r for r in residual)
    centre = mean(true)
    spread = fsum((x - centre) ** 2 for x in true)
    if spread < n * SAME**2:
        spread = 0.0
    middle = mean(given)
    joint = fsum((x - centre) * (y - middle) for x, y in zip(true, given, strict=True))
    return {
        "rmse": sqrt(squares / n),
        "mae": fsum(abs(r) for r in residual) / n,
        "bias": mean(residual),
        "r2": 1 - squares / spread if spread else nan,
        "slope": joint / spread if spread else nan,
        "coverage_68": _within(residual, error, NORMAL_68),
        "coverage_95": _within(residual, error, NORMAL_95),
    }


def _within(residual: list[float], error: list[float | None], k: float) -> float:
    known = [e for e in error if e is not None]
    if len(known) < len(error):
        return nan  # published values may have no errors
    return sum(abs(r) <= k * e for r, e in zip(residual, known, strict=True)) / len(known)


def per_star(predictions: pl.DataFrame) -> pl.DataFrame:
    """Give the mean over repeats of each star that has a value, sorted by ``source_id``.

    A star is one draw of the bootstrap, however often it was predicted. Columns: ``feh_true``,
    ``feh``, ``residual``, and the mean squared and absolute residual, ``square`` and ``size``.
    """
    residual = pl.col("feh") - pl.col("feh_true")
    return (
        predictions.filter(pl.col("feh").is_not_null())
        .sort("source_id", "repeat")
        .group_by("source_id", maintain_order=True)
        .agg(
            pl.col("feh_true").first(),
            pl.col("feh").mean(),
            residual=residual.mean(),
            square=(residual**2).mean(),
            size=residual.abs().mean(),
        )
    )


def rmse(stars: pl.DataFrame, drawn: Drawn) -> Array:
    """Give the RMSE of each draw; ``drawn`` holds row numbers, shape ``(n_draws, n)``."""
    result: Array = np.sqrt(stars["square"].to_numpy()[drawn].mean(axis=1))
    return result


def mae(stars: pl.DataFrame, drawn: Drawn) -> Array:
    """Give the mean absolute error of each draw, as :func:`rmse`."""
    result: Array = stars["size"].to_numpy()[drawn].mean(axis=1)
    return result


def bootstrap(n_stars: int, statistic: Callable[[Drawn], Array], seed: int) -> Array | None:
    """Give a statistic for :data:`DRAWS` draws of stars with replacement; None for one star.

    ``statistic`` is given row numbers of shape ``(n_draws, n_stars)``, some draws at a time, and
    gives an array whose last axis is ``n_draws``.
    """
    if n_stars < 2:
        return None
    generator = np.random.default_rng(seed)
    blocks = [
        statistic(generator.integers(n_stars, size=(AT_ONCE, n_stars)))
        for _ in range(DRAWS // AT_ONCE)
    ]
    return np.concatenate(blocks, axis=-1)


def mean(values: list[float]) -> float:
    """Give the mean, the same in any order."""
    return fsum(values) / len(values)


def rounded(value: float) -> float:
    """Give a number with as many decimals as mean something."""
    return round(value, DIGITS)
