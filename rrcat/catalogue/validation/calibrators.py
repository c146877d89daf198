"""The stars with known [Fe/H] that estimators learned from, beside the values given to them."""

from typing import Any

import polars as pl

from rrcat.catalogue.validation.config import CalibratorsCheck
from rrcat.catalogue.validation.result import (
    Result,
    judge,
    not_made,
    signed,
    table,
    together,
    verdict,
)
from rrcat.catalogue.validation.robust import middle, plane

CHECK = "calibrators"
OFFSET = "values agree with the calibrators in the mean"
SCATTER = "values scatter no more than they may about the calibrators"
TYPES = ("RRab", "RRc")


def check_calibrators(
    judged: pl.DataFrame, settings: CalibratorsCheck, significance: float, *, unseen: bool
) -> list[Result]:
    """Give the checks of values against calibrators, type by type.

    Parameters
    ----------
    judged
        As :func:`~rrcat.catalogue.validation.evidence.judged` gives them.
    unseen
        Whether the values are of models that had not seen the stars.
    """
    told = [
        _of_type(kind, stars)
        for kind in TYPES
        if (stars := judged.filter(pulsation_type=kind)).height >= settings.least_stars
    ]
    if not told:
        reason = f"no {settings.least_stars} calibrators of one type have a value"
        return [not_made(CHECK, name, reason) for name in (OFFSET, SCATTER)]
    words = "left out" if unseen else "learned from"
    return [
        _offset(told, settings, significance, words),
        _scatter(told, settings, words),
    ]


def _of_type(kind: str, stars: pl.DataFrame) -> dict[str, Any]:
    residual = (stars["feh"] - stars["feh_true"]).to_numpy()
    these = middle(residual)
    line = plane(stars.select("feh_true").to_numpy(), stars["feh"].to_numpy())
    return {
        "pulsation_type": kind,
        "n": these.n,
        "median_difference": these.value,
        "error": these.error,
        "scatter": these.scatter,
        "rmse": float((residual**2).mean() ** 0.5),
        "slope": None if line is None else float(line.slopes[0]),
    }


def _offset(
    told: list[dict[str, Any]], settings: CalibratorsCheck, significance: float, words: str
) -> Result:
    each = [
        judge(row["median_difference"], row["error"], settings.offset, significance) for row in told
    ]
    worst = max(told, key=lambda row: abs(row["median_difference"]))
    text = "; ".join(
        f"{row['n']} {row['pulsation_type']} stars, {words}, differ by "
        f"{signed(row['median_difference'], row['error'])}"
        for row in told
    )
    passed = together(each)
    return Result(
        CHECK,
        OFFSET,
        passed,
        verdict(passed, text),
        worst["median_difference"],
        settings.offset,
        "dex",
        table(told),
    )


def _scatter(told: list[dict[str, Any]], settings: CalibratorsCheck, words: str) -> Result:
    worst = max(told, key=lambda row: row["scatter"])
    text = "; ".join(
        f"{row['n']} {row['pulsation_type']} stars, {words}, scatter by {row['scatter']:.3f} dex"
        for row in told
    )
    passed = worst["scatter"] <= settings.scatter
    return Result(CHECK, SCATTER, passed, text, worst["scatter"], settings.scatter, "dex")
