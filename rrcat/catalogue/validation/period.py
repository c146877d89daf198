"""Periods are those of their types, and [Fe/H] falls with them at one shape of light curve."""

from typing import Any

import numpy as np
import polars as pl

from rrcat.catalogue.flags import USUAL_PERIODS
from rrcat.catalogue.validation.config import PeriodCheck
from rrcat.catalogue.validation.result import Result, not_made, number, table
from rrcat.catalogue.validation.robust import plane
from rrcat.harmonic import nearest_branch

CHECK = "period"
TYPES = ("RRab", "RRc")
USUAL = "periods are those of their pulsation types"


def check_period(rows: pl.DataFrame, settings: PeriodCheck, significance: float) -> list[Result]:
    """Give the check of the periods, and of the slope of [Fe/H] on them at fixed φ31 by type.

    The slope is what all relations have in common. φ31 is taken on the branch about its mean
    direction; that of RRc stars lies across the wrap.

    Parameters
    ----------
    rows
        As :func:`~rrcat.catalogue.validation.evidence.rows_of` gives them.
    """
    slopes = [_of_type(rows, kind, settings, significance) for kind in TYPES]
    return [_usual(rows, settings), *slopes]


def _usual(rows: pl.DataFrame, settings: PeriodCheck) -> Result:
    told: list[dict[str, Any]] = []
    for kind in TYPES:
        periods = rows.filter(pulsation_type=kind)["period"].drop_nulls()
        if periods.len() >= settings.least_stars:
            low, high = USUAL_PERIODS[kind]
            unusual = 1.0 - float(periods.is_between(low, high).mean())  # type: ignore[arg-type]
            told.append({"pulsation_type": kind, "n": periods.len(), "unusual": unusual})
    if not told:
        return not_made(CHECK, USUAL, f"no {settings.least_stars} stars of a type have a period")
    worst = max(row["unusual"] for row in told)
    text = "; ".join(
        f"{100 * row['unusual']:.1f} % of {row['n']:,} {row['pulsation_type']} stars have another"
        for row in told
    )
    passed = worst <= settings.unusual
    return Result(CHECK, USUAL, passed, text, worst, settings.unusual, "", table(told))


def _of_type(rows: pl.DataFrame, kind: str, settings: PeriodCheck, significance: float) -> Result:
    name = f"[Fe/H] of {kind} stars falls with the period at fixed φ31"
    certain = (pl.col("phi31_error") <= settings.phi31_uncertain).fill_null(True)
    stars = (
        rows.filter(certain & (pl.col("pulsation_type") == kind))
        .select("period", "phi31", "feh")
        .drop_nulls()
    )
    if stars.height < settings.least_stars:
        reason = f"{stars.height} stars have a value, a period and a certain φ31"
        return not_made(CHECK, name, reason)
    phi31 = stars["phi31"].to_numpy()
    centre = np.arctan2(np.sin(phi31).mean(), np.cos(phi31).mean())
    columns = np.column_stack([stars["period"].to_numpy(), nearest_branch(phi31, centre)])
    found = plane(columns, stars["feh"].to_numpy())
    if found is None:
        return not_made(CHECK, name, "their periods and φ31 do not tell the two apart")
    (slope, on_phi31), (error, phi31_error) = found.slopes.tolist(), found.errors.tolist()
    low, high = getattr(settings, kind)
    off = max(low - slope, slope - high, 0.0)
    passed = None if 0.0 < off <= significance * error else off == 0.0
    text = (
        f"by {number(slope, '.2f')} ± {error:.2f} dex/d in {found.n:,} stars, where "
        f"{number(low, 'g')} to {number(high, 'g')} is usual; the slope on φ31 is "
        f"{number(on_phi31, '.2f')} ± {phi31_error:.2f} dex/rad"
    )
    row = {
        "pulsation_type": kind,
        "n": found.n,
        "slope_period": slope,
        "slope_period_error": error,
        "slope_phi31": on_phi31,
        "slope_phi31_error": phi31_error,
        "scatter": found.scatter,
    }
    return Result(
        CHECK, name, passed, text, slope, high if slope > low else low, "dex/d", table([row])
    )
