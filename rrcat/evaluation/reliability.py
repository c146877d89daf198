"""Whether errors mean what they say, for all stars and where they are hard; and what is undiluted.

Everything here is of predictions whose errors were calibrated on other stars.
"""

from math import sqrt
from statistics import NormalDist
from typing import Any

import polars as pl

from rrcat.evaluation.bins import NARROW, bins
from rrcat.evaluation.metrics import NORMAL_68, NORMAL_95, metrics, rounded

LEVELS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.6827, 0.8, 0.9, 0.95, 0.99)
"""Shares of stars that intervals should hold."""

THIRDS = {"mag": "mag", "log_phi31_error": "phi31_error"}
"""Conditions by which the stars are cut into thirds, and what they are called in the report."""

INTERVALS = {"interval_68": ("feh_p16", "feh_p84"), "interval_95": ("feh_p025", "feh_p975")}
"""Columns between which a calibrated prediction says that 68 and 95 % of true values are."""

LEAST_STARS = 9
UNDILUTED = {"feh_undiluted": "feh", "feh_undiluted_error": "feh_error"}


def reliability(predictions: pl.DataFrame) -> dict[str, Any]:
    """Give how often the true value is in the interval that the error promises.

    Parameters
    ----------
    predictions
        Of one estimator, in one or several repeats: ``source_id``, ``feh_true``, ``feh``,
        ``feh_error`` and the conditions, null where one is not known; the columns of
        :data:`INTERVALS` where there are any.

    Returns
    -------
    dict
        ``n`` stars; ``coverage_68`` and ``coverage_95``, the shares within 1 and 1.96
        ``feh_error``; ``interval_68`` and ``interval_95``, those within :data:`INTERVALS`, None
        where there are none; ``levels``: ``nominal`` and ``observed`` share at each of
        :data:`LEVELS`, of a Gaussian with that error; ``thirds``: for the magnitude and the error
        of φ31, from the smallest to the largest, ``n``, ``low`` and ``high`` [mag, rad] and the
        four shares. None where there are too few stars to cut.
    """
    rows = predictions.filter(pl.col("feh").is_not_null()).with_columns(
        pull=(pl.col("feh") - pl.col("feh_true")).abs() / pl.col("feh_error")
    )
    return {
        "n": rows["source_id"].n_unique(),
        **_shares(rows),
        "levels": [
            {"nominal": level, "observed": _within(rows, NormalDist().inv_cdf((1 + level) / 2))}
            for level in (LEVELS if rows.height else ())
        ],
        "thirds": {told: _thirds(rows, name) for name, told in THIRDS.items()},
    }


def is_off(share: float, n_stars: int, level: float, points: float) -> bool:
    """Tell whether a share of stars is not what it should be, by more than chance may do.

    Parameters
    ----------
    share, level
        Found and promised.
    points
        Allowed difference in per cent; twice the binomial error where that is more.
    """
    chance = 2 * sqrt(level * (1 - level) / n_stars)
    return abs(share - level) > max(points / 100, chance)


def _shares(rows: pl.DataFrame) -> dict[str, float | None]:
    if rows.is_empty():
        return dict.fromkeys(("coverage_68", "coverage_95", *INTERVALS))
    true = pl.col("feh_true")
    return {
        "coverage_68": _within(rows, NORMAL_68),
        "coverage_95": _within(rows, NORMAL_95),
        **{
            name: rounded(rows.select(true.is_between(*ends).mean()).item())
            if all(end in rows.columns and not rows[end].has_nulls() for end in ends)
            else None
            for name, ends in INTERVALS.items()
        },
    }


def _within(rows: pl.DataFrame, width: float) -> float:
    return rounded(int((rows["pull"] <= width).sum()) / rows.height)


def _thirds(rows: pl.DataFrame, name: str) -> list[dict[str, Any]] | None:
    stars = rows.filter(pl.col(name).is_not_null()).unique("source_id").sort(name, "source_id")
    if stars.height < LEAST_STARS:
        return None
    numbered = stars.select("source_id", name, third=pl.int_range(pl.len()) * 3 // pl.len())
    told = []
    for third in range(3):
        some = numbered.filter(pl.col("third") == third)
        own = rows.join(some, on="source_id", how="semi")
        ends = some.select(low=pl.col(name).min(), high=pl.col(name).max())
        if name.startswith("log_"):
            ends = ends.select(pl.all().exp())
        told.append(
            {
                "n": some.height,
                **{end: rounded(value) for end, value in ends.row(0, named=True).items()},
                **_shares(own),
            }
        )
    return told


def dilution_report(predictions: pl.DataFrame, *, seed: int) -> dict[str, Any] | None:
    """Give metrics and bias of undiluted values; None where there are none.

    Parameters
    ----------
    predictions
        As of :func:`reliability`, with ``repeat``, ``feh_undiluted`` and ``feh_undiluted_error``.
    """
    if not predictions["feh_undiluted"].count():
        return None
    rows = predictions.drop(UNDILUTED.values()).rename(UNDILUTED)
    return {
        "metrics": metrics(rows, seed=seed),
        "bias_narrow": {
            "true": bins(rows, "feh_true", width=NARROW),
            "predicted": bins(rows, "feh", width=NARROW),
        },
    }
