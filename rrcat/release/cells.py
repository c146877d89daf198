"""Columns of a frame as fixed-width numpy arrays, the way VOTable and FITS store them."""

import unicodedata
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl

from rrcat.errors import ReleaseError
from rrcat.schema import Column, Table

# FITS has no null for logical columns that every reader keeps, so they are 16-bit 0 and 1.
FITS_NULL_FLAG = -1

CONTROL = r"\p{Cc}"


def check_storable(frame: pl.DataFrame, table: Table, *, file: object = None) -> None:
    """Raise where a cell cannot be stored faithfully in every format.

    Raises
    ------
    ReleaseError
        A number equals the value that stands for null, a text holds a control character, or a
        column has lists of any length.
    """
    for column in table.column:
        _refuse_lists(column)
        cells = frame[column.name]
        if column.null is not None and (bad := (cells == column.null).sum()):
            raise ReleaseError(
                f"{bad} cells equal {column.null}, which stands for null in VOTable and FITS",
                file=file,
                column=column.name,
                hint="choose another `null` in the table definition",
            )
        if column.dtype == "string" and (bad := cells.str.contains(CONTROL).sum()):
            raise ReleaseError(
                f"{bad} cells hold control characters, which VOTable and FITS cannot store",
                file=file,
                column=column.name,
                hint="clean the text where it is read",
            )


def numbers(cells: pl.Series, column: Column) -> np.ndarray[Any, Any]:
    """Give a numeric column big-endian, null as NaN or as the column's null value.

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
    return values.astype(values.dtype.newbyteorder(">"))


def _refuse_lists(column: Column) -> None:
    if column.is_list:
        raise ReleaseError(
            "lists of any length are not written as VOTable or FITS",
            column=column.name,
            hint="keep the table as Parquet, or give the column a fixed length, as float32[64]",
        )


def text(cells: pl.Series, encode: Callable[[str], bytes], least: int) -> np.ndarray[Any, Any]:
    """Give a text column as bytes padded with NUL to the longest, at least ``least`` wide."""
    filled = cells.fill_null("")
    distinct = filled.unique()
    encoded = [encode(cell) for cell in distinct.to_list()]
    width = max(least, max(map(len, encoded), default=0))
    place = filled.replace_strict(distinct, np.arange(len(encoded)), return_dtype=pl.Int64)
    padded: np.ndarray[Any, Any] = np.array(encoded, dtype=f"S{width}")
    return np.take(padded, place.to_numpy().astype(np.int64))


def fits_text(cell: str) -> bytes:
    r"""Give text as FITS can hold it: printable ASCII, the rest as ``\xe9`` or ``\u03c6``.

    Trailing blanks have no meaning in FITS and are dropped.
    """
    return cell.rstrip(" ").encode("ascii", "backslashreplace")


def header_text(words: str) -> str:
    """Give text for a FITS header, where accents are dropped to stay readable."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", words) if not unicodedata.combining(c))
    return fits_text(" ".join(plain.split())).decode("ascii")
