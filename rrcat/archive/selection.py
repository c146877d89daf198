"""Which of an archive's stars a catalogue takes."""

import polars as pl

from rrcat.archive.config import Selection
from rrcat.archive.mapping import sql_filter
from rrcat.errors import ArchiveError


def select(stars: pl.DataFrame, selection: Selection) -> pl.DataFrame:
    """Give the selected rows of a frame of the table stars, in their order.

    Raises
    ------
    ArchiveError
        The expression cannot be followed, or no star is left.
    """
    chosen = sql_filter(stars, selection.where, key="selection.where")
    if chosen.is_empty():
        raise ArchiveError(
            f"the selection is empty: none of {stars.height} stars is left",
            key="selection.where",
            hint=f"check `where = {selection.where!r}`: a comparison with a value that is not "
            "known is never true"
            if selection.where
            else "the archive gave no star",
        )
    return chosen if selection.limit is None else chosen.head(selection.limit)
