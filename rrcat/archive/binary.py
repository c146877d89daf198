"""The rows in a BINARY or BINARY2 stream of a VOTable, decoded by column.

astropy decodes them cell by cell, at a microsecond for a number and thirty for an array. Here the
values of a column are gathered at once, for the types that archives send; the rest is astropy's.
The stream must end where a row ends: astropy drops a row that is cut.
"""

import itertools
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

NUMBERS = {"unsignedByte": "u1", "short": ">i2", "int": ">i4", "long": ">i8"} | {
    "float": ">f4",
    "double": ">f8",
}
TEXTS = {"char": (1, "utf-8"), "unicodeChar": (2, "utf-16-be")}
NULL, UNKNOWN = 2, 3
TRUTH = np.full(256, UNKNOWN, dtype=np.uint8)
TRUTH[list(b"Tt1")] = 1
TRUTH[list(b"Ff0")] = 0
TRUTH[list(b"\0 ?")] = NULL

COUNT = struct.Struct(">I")
"""What a cell of variable length begins with."""

Bytes = NDArray[np.uint8]
Places = NDArray[np.int64]


@dataclass(frozen=True)
class Layout:
    """How the cells of a field are stored."""

    name: str
    datatype: str
    size: int
    """Bytes of one element."""
    count: int | None
    """Elements in a cell; None where each cell says how many it has."""
    is_list: bool
    null: float | int | None

    @property
    def width(self) -> int:
        """Bytes of a cell, without the elements of one of variable length."""
        return COUNT.size if self.count is None else self.size * self.count


def layout(field: Any) -> Layout | None:
    """Give the layout of an astropy ``Field``, or None where it is not decoded here.

    That are bits, complex numbers, arrays of arrays and arrays of texts.
    """
    if field.datatype in TEXTS:
        size = TEXTS[field.datatype][0]
    elif field.datatype in NUMBERS:
        size = np.dtype(NUMBERS[field.datatype]).itemsize
    elif field.datatype == "boolean":
        size = 1
    else:
        return None
    shape = field.arraysize or "1"
    if not (shape.removesuffix("*").isdecimal() or shape == "*"):
        return None
    count = None if shape.endswith("*") else int(shape)
    is_list = field.datatype not in TEXTS and field.arraysize is not None
    return Layout(field.name, field.datatype, size, count, is_list, field.values.null)


def decode(stream: bytes, layouts: Sequence[Layout], *, null_flags: bool) -> pl.DataFrame:
    """Give the rows of a stream, with lists for arrays; NaN and empty texts are null.

    Parameters
    ----------
    null_flags
        Whether each row begins with one bit for each field, as in BINARY2.

    Raises
    ------
    ValueError
        The stream ends within a row, or a cell cannot be read.
    """
    flag_bytes = -(-len(layouts) // 8) if null_flags else 0
    rows, cells, counts = _places(stream, layouts, flag_bytes)
    missing = np.zeros((len(rows), len(layouts)), dtype=bool)
    if null_flags:
        bits = np.unpackbits(_gather(stream, rows, flag_bytes), axis=1)
        missing = bits[:, : len(layouts)].astype(bool)
    columns = zip(layouts, cells, counts, missing.T, strict=True)
    return pl.DataFrame([_column(stream, *column) for column in columns])


def _places(
    stream: bytes, layouts: Sequence[Layout], flag_bytes: int
) -> tuple[Places, list[Places], list[Places]]:
    """Give where each row begins, and for each field where its cells begin and their elements."""
    variable = [i for i, field in enumerate(layouts) if field.count is None]
    fixed = flag_bytes + sum(field.width for field in layouts if field.count is not None)
    if not variable:
        if not fixed or len(stream) % fixed:
            raise ValueError("the last row is cut")
        rows = np.arange(0, len(stream), fixed, dtype=np.int64)
        counted: list[tuple[Places, Places]] = []
    else:
        rows, counted = _walk(stream, layouts, flag_bytes, variable)
    cells, counts = [], []
    at = rows + flag_bytes
    for number, field in enumerate(layouts):
        if field.count is None:
            at, count = counted[variable.index(number)]
        else:
            count = np.full(len(rows), field.count, dtype=np.int64)
        cells.append(at)
        counts.append(count)
        at = at + count * field.size
    return rows, cells, counts


def _walk(
    stream: bytes, layouts: Sequence[Layout], flag_bytes: int, variable: list[int]
) -> tuple[Places, list[tuple[Places, Places]]]:
    """Go through the rows from one cell of variable length to the next."""
    edges = [*variable, len(layouts)]
    before = flag_bytes + sum(field.width for field in layouts[: variable[0]])
    steps = [
        (layouts[i].size, sum(field.width for field in layouts[i + 1 : j]))
        for i, j in itertools.pairwise(edges)
    ]
    rows: list[int] = []
    found: list[tuple[list[int], list[int]]] = [([], []) for _ in variable]
    at, end, unpack = 0, len(stream), COUNT.unpack_from
    try:
        while at < end:
            rows.append(at)
            at += before
            for (size, behind), (starts, counts) in zip(steps, found, strict=True):
                (count,) = unpack(stream, at)
                at += COUNT.size
                starts.append(at)
                counts.append(count)
                at += count * size + behind
    except struct.error:
        at = end + 1
    if at != end:
        raise ValueError("the last row is cut")
    return np.array(rows, dtype=np.int64), [
        (np.array(starts, dtype=np.int64), np.array(counts, dtype=np.int64))
        for starts, counts in found
    ]


def _gather(stream: bytes, places: Places, width: int) -> Bytes:
    """Give the bytes at each place, shape (n_places, width)."""
    if not len(places):
        return np.zeros((0, width), dtype=np.uint8)
    return sliding_window_view(np.frombuffer(stream, dtype=np.uint8), width)[places]


def _column(
    stream: bytes, field: Layout, places: Places, counts: Places, missing: NDArray[np.bool_]
) -> pl.Series:
    if field.datatype in TEXTS:
        ends = places + counts * field.size
        encoding = TEXTS[field.datatype][1]
        texts = (stream[a:b].decode(encoding) for a, b in zip(places, ends, strict=True))
        # The flags of texts are not set by every server; an empty one is null either way.
        return pl.Series(field.name, [t.partition("\0")[0] or None for t in texts], dtype=pl.String)
    if field.count is None:
        ends = places + counts * field.size
        spans = zip(places.tolist(), ends.tolist(), strict=True)
        content = np.frombuffer(b"".join(stream[a:b] for a, b in spans), dtype=np.uint8)
    else:
        content = _gather(stream, places, field.width).reshape(-1)
    values = _values(field, content)
    if field.is_list:
        return lists(field.name, values, counts, missing)
    return values.alias(field.name).set(pl.Series(missing), None) if missing.any() else values


def _values(field: Layout, content: Bytes) -> pl.Series:
    """Give all elements of a field in one series, null where they mean that."""
    if field.datatype == "boolean":
        truth = TRUTH[content]
        if (truth == UNKNOWN).any():
            raise ValueError(f"a cell of {field.name} is neither true nor false")
        return pl.Series(field.name, truth == 1).set(pl.Series(truth == NULL), None)
    big = content.view(NUMBERS[field.datatype])
    values = pl.Series(field.name, big.astype(big.dtype.newbyteorder("=")), nan_to_null=True)
    return values if field.null is None else values.set(values == field.null, None)


def lists(
    name: str, values: pl.Series, counts: Iterable[int], missing: Iterable[bool]
) -> pl.Series:
    """Give a series of lists from the elements of all of them in a row."""
    counts = np.fromiter(counts, dtype=np.int64)
    starts = (np.cumsum(counts) - counts).tolist()
    cells = [
        None if gone else values.slice(start, count)
        for start, count, gone in zip(starts, counts.tolist(), missing, strict=True)
    ]
    # Given the type, Polars would build every cell anew; the cast is for a series of nulls only.
    return pl.Series(name, cells).cast(pl.List(values.dtype))
