"""Which rows of a table are one physical star: those that any identifier joins."""

from collections.abc import Sequence

import polars as pl


def physical_stars(rows: pl.DataFrame, identifiers: Sequence[str]) -> pl.Series:
    """Give a number for each row, equal for rows that share an identifier, directly or not.

    A row with the light-curve id of one row and the Gaia id of another makes all three one star.
    A row without any identifier is a star of its own: names join nothing.

    Parameters
    ----------
    identifiers
        Columns of ``rows``; null means not known.

    Returns
    -------
    pl.Series
        ``star``, shape ``(n_rows,)``: the number of the first row of the star.
    """
    first = list(range(rows.height))

    def root(row: int) -> int:
        while first[row] != row:
            first[row] = first[first[row]]
            row = first[row]
        return row

    for name in identifiers:
        seen: dict[object, int] = {}
        for row, value in enumerate(rows[name]):
            if value is not None:
                one, other = sorted((root(row), root(seen.setdefault(value, row))))
                first[other] = one
    return pl.Series("star", [root(row) for row in range(rows.height)], dtype=pl.Int64)
