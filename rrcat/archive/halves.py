"""One bad row makes its own star fail, and not those that came with it."""

from collections.abc import Callable
from dataclasses import replace

import polars as pl

from rrcat.archive.readers import RawTable
from rrcat.errors import ArchiveError


def by_halves(
    raw: RawTable, key: str, to_ours: Callable[[RawTable], pl.DataFrame]
) -> tuple[list[pl.DataFrame], dict[int | str, str]]:
    """Give the mapped rows of all stars that can be mapped, and the reason for each that cannot.

    Where mapping the table fails, its stars are mapped in two halves, and so on down to the star.

    Parameters
    ----------
    key
        Column that names the star.
    to_ours
        Maps a table.

    Raises
    ------
    ArchiveError
        No star can be mapped: the table is not laid out as it should be.
    """
    try:
        return [to_ours(raw)], {}
    except ArchiveError as error:
        to_ours(replace(raw, frame=raw.frame.clear()))
        stars = raw.frame[key].unique().sort()
        if len(stars) == 1:
            return [], {stars[0]: error.message}
    low = raw.frame[key] < stars[len(stars) // 2]
    halves = [by_halves(replace(raw, frame=raw.frame.filter(h)), key, to_ours) for h in (low, ~low)]
    return [frame for frames, _ in halves for frame in frames], halves[0][1] | halves[1][1]
