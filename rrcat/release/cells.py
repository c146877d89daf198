"""Columns of a frame as fixed-width numpy arrays, the way VOTable and FITS store them."""

import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import polars as pl

from rrcat.errors import ReleaseError
from rrcat.release.batches import Rows
from rrcat.schema import Column, Table

# FITS has no null for logical columns that every reader keeps, so they are 16-bit 0 and 1.
FITS_NULL_FLAG = -1

ROWS_IN_CACHE = 2048
"""Rows that are packed at a time: a column of more of them leaves the cache between two columns."""

CONTROL = r"\p{Cc}"


def check_storable(rows: Rows, table: Table, *, file: object = None) -> None:
    """Raise where a cell cannot be stored faithfully in every format.

    Raises
    ------
    ReleaseError
        A number equals the value that stands for null, a text holds a control character, or a
        column has lists of any length.
    """
    counts = {}
    for column in table.column:
        _refuse_lists(column)
        cells = pl.col(column.name)
        if column.null is not None:
            counts[column.name] = (cells == column.null).sum()
        elif column.dtype == "string":
            counts[column.name] = cells.str.contains(CONTROL).sum()
    found = rows.lazy().select(**counts).collect(engine="streaming")
    for name in found.columns:
        if not (bad := found[name].item()):
            continue
        if table[name].null is not None:
            raise ReleaseError(
                f"{bad} cells equal {table[name].null}, which stands for null in VOTable and FITS",
                file=file,
                column=name,
                hint="choose another `null` in the table definition",
            )
        raise ReleaseError(
            f"{bad} cells hold control characters, which VOTable and FITS cannot store",
            file=file,
            column=name,
            hint="clean the text where it is read",
        )


def numbers(cells: pl.Series, column: Column) -> np.ndarray[Any, Any]:
    """Give a numeric column, null as NaN or as the column's null value.

    Shape ``(n_rows,)``, or ``(n_rows, length)`` for fixed-length arrays.

    Raises
    ------
    ReleaseError
        The column has lists of any length.
    """
    _refuse_lists(column)
    if column.is_integer:
        filled = cells if column.null is None else cells.fill_null(column.null)
        values = filled.to_numpy()
    elif isinstance(column.polars, pl.Array):
        length = column.polars.shape[0]
        empty = pl.lit([None] * length, dtype=column.polars)
        whole = cells.to_frame().select(pl.first().fill_null(empty)).to_series()
        values = whole.explode(empty_as_null=False).fill_null(np.nan).to_numpy()
        values = values.reshape(-1, length)
    else:
        values = cells.fill_null(np.nan).to_numpy()
    return values


def row_type(columns: Mapping[str, np.ndarray[Any, Any]]) -> np.dtype[Any]:
    """Give the type of rows of columns: one cell behind the other, numbers big-endian."""
    return np.dtype(
        [(name, cells.dtype.newbyteorder(">"), cells.shape[1:]) for name, cells in columns.items()]
    )


def packed(columns: Mapping[str, np.ndarray[Any, Any]]) -> Iterator[memoryview]:
    """Yield the bytes of the rows of columns; what was yielded before is overwritten."""
    n_rows = len(next(iter(columns.values())))
    rows = np.empty(ROWS_IN_CACHE, dtype=row_type(columns))
    for first in range(0, n_rows, ROWS_IN_CACHE):
        few = rows[: n_rows - first]
        for name, cells in columns.items():
            few[name] = cells[first : first + ROWS_IN_CACHE]
        yield few.data.cast("B")


def _refuse_lists(column: Column) -> None:
    if column.is_list:
        raise ReleaseError(
            "lists of any length are not written as VOTable or FITS",
            column=column.name,
            hint="keep the table as Parquet, or give the column a fixed length, as float32[64]",
        )


@dataclass(frozen=True)
class Encoding:
    """How a format stores text: a cell as bytes, and how many of them a letter of ASCII is."""

    encode: Callable[[str], bytes]
    letter: int = 1
    drops_blanks: bool = False


def text_width(cells: pl.Series, encoding: Encoding) -> int:
    """Give the bytes of the longest text of a column."""
    plain, other = _split(cells, encoding)
    lengths = [len(encoding.encode(cell)) for cell in other.to_list()]
    longest = cast("int | None", plain.str.len_bytes().max()) or 0
    return max([encoding.letter * longest, *lengths])


def text(cells: pl.Series, encoding: Encoding, width: int) -> np.ndarray[Any, Any]:
    """Give a text column as bytes padded with NUL, shape ``(n_rows,)``."""
    filled = cells.fill_null("")
    plain, other = _split(filled, encoding)
    if len(other) or not len(plain):
        distinct = filled.unique()
        encoded = [encoding.encode(cell) for cell in distinct.to_list()]
        place = filled.replace_strict(distinct, np.arange(len(encoded)), return_dtype=pl.Int64)
        padded: np.ndarray[Any, Any] = np.array(encoded, dtype=f"S{width}")
        return np.take(padded, place.to_numpy().astype(np.int64))
    # All at once: a call for every cell would take longer than all the rest.
    letters = plain.str.pad_end(width // encoding.letter, "\0").str.join("").item().encode()
    cells_ = np.frombuffer(letters, dtype="u1").reshape(len(plain), -1)
    if encoding.letter > 1:
        wide = np.zeros((*cells_.shape, encoding.letter), dtype="u1")
        wide[:, :, -1] = cells_
        cells_ = wide.reshape(len(plain), -1)
    return cells_.view(f"S{width}").ravel()


def _split(cells: pl.Series, encoding: Encoding) -> tuple[pl.Series, pl.Series]:
    """Give the texts of ASCII, as they are stored, and the other ones."""
    if encoding.drops_blanks:
        cells = cells.str.strip_chars_end(" ")
    plain = cells.str.len_bytes() == cells.str.len_chars()
    return (cells, cells.clear()) if plain.all() else (cells.filter(plain), cells.filter(~plain))


def fits_text(cell: str) -> bytes:
    r"""Give text as FITS can hold it: printable ASCII, the rest as ``\xe9`` or ``\u03c6``.

    Trailing blanks have no meaning in FITS and are dropped.
    """
    return cell.rstrip(" ").encode("ascii", "backslashreplace")


def header_text(words: str) -> str:
    """Give text for a FITS header, where accents are dropped to stay readable."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", words) if not unicodedata.combining(c))
    return fits_text(" ".join(plain.split())).decode("ascii")
