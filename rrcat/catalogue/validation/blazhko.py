"""Stars with Blazhko modulation: their errors must be larger by as much as their residuals are."""

from typing import Any

import numpy as np
import polars as pl

from rrcat.catalogue.validation.config import BlazhkoCheck
from rrcat.catalogue.validation.result import Result, not_made, table
from rrcat.catalogue.validation.robust import middle

CHECK = "blazhko"
NAME = "errors of Blazhko stars are as large as they must be"
TYPES = ("RRab", "RRc")


def check_blazhko(
    judged: pl.DataFrame, rows: pl.DataFrame, settings: BlazhkoCheck, significance: float
) -> Result:
    """Give the check of residuals in units of errors, of modulated stars against the others.

    Parameters
    ----------
    judged
        As :func:`~rrcat.catalogue.validation.evidence.judged` gives them.
    rows
        As :func:`~rrcat.catalogue.validation.evidence.rows_of` gives them: the errors of all stars
        are told beside.
    """
    told = [*_errors(rows)]
    known = judged.filter(pl.col("feh_error") > 0)
    pull = (pl.col("feh") - pl.col("feh_true")) / pl.col("feh_error")
    modulated = pl.col("blazhko").fill_null(False)
    pulls = [
        known.filter(of_these).select(pull).to_series().to_numpy()
        for of_these in (modulated, ~modulated)
    ]
    if min(values.size for values in pulls) < settings.least_stars:
        reason = f"{pulls[0].size} calibrators with a value are Blazhko stars"
        return not_made(CHECK, NAME, reason, told)
    wide, usual = (middle(values).scatter for values in pulls)
    told += [
        {"calibrators": name, "n": int(values.size), "pull_width": middle(values).scatter}
        for name, values in zip(("blazhko", "others"), pulls, strict=True)
    ]
    if usual == 0.0:
        return not_made(CHECK, NAME, "the residuals of the others vanish", told)
    ratio = wide / usual
    # A width of n values, by the median absolute deviation, has a relative error of 1.17/√n.
    error = ratio * 1.17 * float(np.hypot(*(values.size**-0.5 for values in pulls)))
    passed = ratio <= settings.pull
    open_ = not passed and ratio - 1.0 <= significance * error
    text = (
        f"in units of their errors, the residuals of {pulls[0].size} modulated calibrators scatter "
        f"{ratio:.2f} ± {error:.2f} times as much as those of the others"
    )
    return Result(
        CHECK,
        NAME,
        None if open_ else passed,
        f"{text}; too few stars to tell" if open_ else text,
        ratio,
        settings.pull,
        "",
        table(told),
    )


def _errors(rows: pl.DataFrame) -> list[dict[str, Any]]:
    """Give the median error of the stars known as modulated and of the others."""
    return (
        rows.filter(pl.col("pulsation_type").is_in(TYPES) & pl.col("feh_error").is_not_null())
        .with_columns(pl.col("blazhko").fill_null(False))
        .group_by("pulsation_type", "blazhko")
        .agg(n=pl.len(), median_error=pl.col("feh_error").median())
        .sort("pulsation_type", "blazhko")
        .to_dicts()
    )
