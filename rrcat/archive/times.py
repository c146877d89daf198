"""Times from the files' origin to ours, in the system that recipe and file agree on."""

from pathlib import Path

import polars as pl

from rrcat.archive.config import GAIA_ORIGIN_JD, TimeSystem
from rrcat.archive.readers import StatedTime
from rrcat.errors import ArchiveError
from rrcat.schema import load

UNKNOWN = "UNKNOWN"

PLAUSIBLE_JD = (2_400_000.0, 2_500_000.0)
"""Years 1858 to 2132: light curves around another Julian date have the wrong origin of time."""


def is_epoch(ucd: str) -> bool:
    """Whether a column of this UCD holds points in time, which have an origin."""
    return ucd == "time.epoch"


def shift_times(frame: pl.DataFrame, table: str, system: TimeSystem) -> pl.DataFrame:
    """Give the frame with its points in time in days since JD 2455197.5; the scale stays."""
    shift = system.origin_jd - GAIA_ORIGIN_JD
    epochs = [column.name for column in load(table).column if is_epoch(column.ucd)]
    there = [name for name in epochs if name in frame.columns]
    return frame.with_columns(pl.col(there) + shift) if shift else frame


def check_time_system(stated: StatedTime | None, system: TimeSystem, path: Path) -> None:
    """Raise if a file states another time system than the recipe.

    What the file leaves open, or calls unknown, contradicts nothing.
    """
    if stated is None:
        return
    differing = [
        f"{what} {in_file} and not {in_recipe}"
        for what, in_file, in_recipe in [
            ("scale", stated.scale, system.scale),
            ("reference_position", stated.reference_position, system.reference_position),
            ("origin_jd", stated.origin_jd, system.origin_jd),
        ]
        if in_file not in (None, UNKNOWN, in_recipe)
    ]
    if differing:
        raise ArchiveError(
            f"the file states another time system than the recipe: {', '.join(differing)}",
            file=path,
            hint="say in [archive.time] what the file says",
        )


def check_plausible(times: pl.Series, system: TimeSystem, path: Path) -> None:
    """Raise if times, in days since JD 2455197.5, are not around any date of photometry."""
    median = times.drop_nulls().median()
    if not isinstance(median, float):
        return
    jd = median + GAIA_ORIGIN_JD
    if not PLAUSIBLE_JD[0] <= jd <= PLAUSIBLE_JD[1]:
        raise ArchiveError(
            f"times around {jd - system.origin_jd:.8g} in the file, from the origin "
            f"{system.origin_jd!r}, are around JD {jd:.8g}, when there was no photometry",
            file=path,
            key="archive.time.origin_jd",
            hint="say in `[archive.time] origin_jd` at which Julian date the times in the file are "
            "zero: 2455197.5 for Gaia (the default), 0.0 for Julian dates, 2400000.5 for MJD",
        )
