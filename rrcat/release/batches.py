"""Rows and bytes some thousand at a time, so that a table of any length fits in memory."""

from collections.abc import Iterable, Iterator, Sequence

import polars as pl

from rrcat.canonical import ROWS_IN_GROUP

Rows = pl.DataFrame | pl.LazyFrame
"""Rows in memory, or those of a file that are read when they are asked for."""


def count(rows: Rows) -> int:
    """Give the number of rows."""
    return int(rows.lazy().select(pl.len()).collect().item())


def batches(rows: Rows, names: Sequence[str]) -> Iterator[pl.DataFrame]:
    """Yield some columns of the rows, as many rows as a group of Parquet has."""
    chosen = rows.lazy().select(names)
    for first in range(0, count(rows), ROWS_IN_GROUP):
        yield chosen.slice(first, ROWS_IN_GROUP).collect()


def pieces(chunks: Iterable[bytes | memoryview], size: int) -> Iterator[bytearray]:
    """Yield the same bytes in pieces of one size; the last may be smaller."""
    held = bytearray()
    for chunk in chunks:
        held += chunk
        whole = len(held) // size * size
        for first in range(0, whole, size):
            yield held[first : first + size]
        del held[:whole]
    if held:
        yield held
