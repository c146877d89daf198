"""The selection function: which of the stars have a value, and so can enter a sample."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl

from rrcat.catalogue.validation.config import SelectionCheck
from rrcat.catalogue.validation.result import Result, not_made, table

CHECK = "selection"
NAME = "enough of the RRab and RRc stars have a value"
TYPES = ("RRab", "RRc")

MAG_STEP = 1.0
EPOCH_EDGES = (0, 10, 15, 20, 30, 40, 60, 100, 200, 500)
PHI31_EDGES = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0)
HULL_EDGES = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0)
# Cells of equal area on the sky: so many in Galactic longitude, so many in the sine of latitude.
CELLS = (12, 6)
WHO_CAN_ENTER = {
    "magnitude": "int_average_mag",
    "epochs": "n_epochs",
    "error of phi31": "phi31_error",
    "distance to the calibrators": "hull_distance",
}


def check_selection(rows: pl.DataFrame, settings: SelectionCheck) -> Result:
    """Give the share of stars with a value, and of what it depends on, in tables.

    ``by`` says what a row counts by: ``range`` (of the stars with a value: least, 1st, 50th and
    99th percentile, greatest), ``magnitude``, ``epochs``, ``error of phi31``, ``distance to the
    calibrators`` (``hull_distance``), or ``sky``, in cells of equal area of Galactic longitude and
    latitude.

    Parameters
    ----------
    rows
        As :func:`~rrcat.catalogue.validation.evidence.rows_of` gives them.
    """
    asked = rows.filter(pl.col("pulsation_type").is_in(TYPES)).with_columns(
        has=pl.col("feh").is_not_null()
    )
    n = int(asked["has"].sum())
    if not n:
        reason = "there is no RRab or RRc star" if asked.is_empty() else "no star has a value"
        return not_made(CHECK, NAME, reason)
    share = n / asked.height
    told = [*_ranges(asked), *_counts(asked), *_sky(asked)]
    text = f"{n:,} of {asked.height:,} have one"
    passed = share >= settings.least_share
    return Result(CHECK, NAME, passed, text, share, settings.least_share, "", table(told))


def _ranges(asked: pl.DataFrame) -> Iterator[dict[str, Any]]:
    for what, name in WHO_CAN_ENTER.items():
        cells = asked.filter("has")[name].drop_nulls().cast(pl.Float64)
        if cells.len():
            least, p01, p50, p99, greatest = np.percentile(
                cells.to_numpy(), [0, 1, 50, 99, 100]
            ).tolist()
            yield {
                "by": "range",
                "of": what,
                "n": cells.len(),
                "min": least,
                "p01": p01,
                "p50": p50,
                "p99": p99,
                "max": greatest,
            }


def _counts(asked: pl.DataFrame) -> Iterator[dict[str, Any]]:
    mag = asked["int_average_mag"].drop_nulls().to_numpy()
    if mag.size:
        low, high = np.floor(mag.min() / MAG_STEP), np.floor(mag.max() / MAG_STEP) + 1
        edges = (np.arange(low, high + 1) * MAG_STEP).tolist()
        yield from _binned(asked, "magnitude", "int_average_mag", edges)
    yield from _binned(asked, "epochs", "n_epochs", EPOCH_EDGES)
    yield from _binned(asked, "error of phi31", "phi31_error", PHI31_EDGES)
    yield from _binned(asked, "distance to the calibrators", "hull_distance", HULL_EDGES)


def _binned(asked: pl.DataFrame, by: str, name: str, edges: Any) -> Iterator[dict[str, Any]]:
    """Count in bins that hold their lower edge; the last is open above."""
    known = asked.select("has", cell=pl.col(name)).drop_nulls()
    cells, has = known["cell"].to_numpy(), known["has"].to_numpy()
    number = np.searchsorted(edges, cells, side="right") - 1
    for place, low in enumerate(edges):
        here = number == place
        if here.any():
            high = edges[place + 1] if place + 1 < len(edges) else None
            yield {"by": by, "low": float(low), "high": None if high is None else float(high)} | (
                _share(has[here])
            )


def _sky(asked: pl.DataFrame) -> Iterator[dict[str, Any]]:
    known = asked.select("has", "gal_l", "gal_b").drop_nulls()
    has = known["has"].to_numpy()
    around, across = CELLS
    sine = np.sin(np.radians(known["gal_b"].to_numpy()))
    row = np.minimum(((sine + 1) / 2 * across).astype(int), across - 1)
    column = np.minimum((known["gal_l"].to_numpy() / 360 * around).astype(int), around - 1)
    edges = np.degrees(np.arcsin(np.linspace(-1, 1, across + 1)))
    for place in np.unique(row * around + column).tolist():
        i, j = divmod(place, around)
        yield {
            "by": "sky",
            "l_low": 360 / around * j,
            "l_high": 360 / around * (j + 1),
            "b_low": float(edges[i]),
            "b_high": float(edges[i + 1]),
        } | _share(has[(row == i) & (column == j)])


def _share(has: Any) -> dict[str, Any]:
    return {"n_asked": int(has.size), "n": int(has.sum()), "share": float(has.mean())}
