"""Releases read back batch by batch, as frames of their table.

A file is taken at its word: what its own fields say is how its bytes are read, and nothing of how
they were written is used. A missing text comes back empty.
"""

import binascii
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from astropy.io import fits
from numpy.typing import NDArray

from rrcat.canonical import ROWS_IN_GROUP
from rrcat.release.batches import pieces
from rrcat.release.cells import fits_text
from rrcat.release.fits import null_in_fits
from rrcat.release.votable_outline import Field, outline_of
from rrcat.schema import Column, Table

BASE64_CHUNK = 1 << 22
NUMBERS = {"short": ">i2", "int": ">i4", "long": ">i8", "float": ">f4", "double": ">f8"}

Mask = NDArray[np.bool_]


def votable_batches(path: Path, table: Table) -> Iterator[pl.DataFrame]:
    """Yield the rows of a VOTable whose fields are those of a table, some thousand at a time.

    Raises
    ------
    ValueError
        The rows cannot be decoded, the last one is cut, or they are not as many as is told.
    """
    outline = outline_of(path)
    if outline.stream is None:
        raise ValueError("has no rows in base64")
    n_flags = -(-len(outline.fields) // 8)
    kinds = [_kind(field) for field in outline.fields]
    row = np.dtype([("", "u1", (n_flags,)), *(("", *kind) for kind in kinds)])
    n_rows = 0
    for content in pieces(_decoded(path, *outline.stream), ROWS_IN_GROUP * row.itemsize):
        if len(content) % row.itemsize:
            raise ValueError("the last row is cut")
        rows = np.frombuffer(content, dtype=row)
        n_rows += len(rows)
        flags = np.unpackbits(rows["f0"], axis=1).astype(bool)
        columns = []
        for number, (field, column) in enumerate(zip(outline.fields, table.column, strict=True)):
            cells, null = rows[f"f{number + 1}"], flags[:, number]
            if column.dtype == "string":
                encoding = "utf-8" if field.datatype == "char" else "utf-16-be"
                columns.append(_texts(column.name, cells, encoding))
                continue
            if field.datatype == "boolean":
                null = null | (cells == ord("?"))
                if not (null | np.isin(cells, [ord("T"), ord("F")])).all():
                    raise ValueError(f"column {column.name}: neither true nor false")
                cells = cells == ord("T")
            elif field.null is not None:
                null = null | (cells == int(field.null))
            columns.append(_series(column, cells, null))
        yield pl.DataFrame(columns)
    if outline.n_rows not in (None, str(n_rows)):
        raise ValueError(f"tells {outline.n_rows} rows, and holds {n_rows}")


def fits_batches(path: Path, table: Table) -> Iterator[pl.DataFrame]:
    """Yield the rows of a FITS table with the columns of a table, some thousand at a time.

    Raises
    ------
    ValueError
        A column is scaled, which those of releases are not.
    """
    with fits.open(path, memmap=True) as hdus:
        hdu = hdus[1]
        if any(key.startswith(("TSCAL", "TZERO")) for key in hdu.header):
            raise ValueError("has scaled columns")
        row = hdu.columns.dtype.newbyteorder(">")
        start, n_rows = hdu.fileinfo()["datLoc"], hdu.header["NAXIS2"]
    with path.open("rb") as file:
        file.seek(start)
        for first in range(0, n_rows, ROWS_IN_GROUP):
            wanted = min(ROWS_IN_GROUP, n_rows - first)
            content = file.read(wanted * row.itemsize)
            if len(content) < wanted * row.itemsize:
                raise ValueError("the last row is cut")
            rows = np.frombuffer(content, dtype=row)
            columns = []
            for column in table.column:
                cells, null = rows[column.name], null_in_fits(column)
                if column.dtype == "string":
                    letters = np.ascontiguousarray(cells).view("u1").reshape(len(rows), -1)
                    columns.append(_texts(column.name, letters, "ascii"))
                else:
                    missing = np.zeros(len(rows), dtype=bool) if null is None else cells == null
                    columns.append(_series(column, cells, missing))
            yield pl.DataFrame(columns)


def as_read(frame: pl.DataFrame, table: Table, form: str) -> pl.DataFrame:
    """Give a frame as it comes back from a format, ``votable`` or ``fits``.

    Neither tells a missing text from an empty one, FITS escapes text outside ASCII, and an array
    without values is one of missing values.
    """
    columns = []
    for column in table.column:
        cells = frame[column.name]
        if column.dtype == "string":
            cells = cells.fill_null("")
            if form == "fits":
                cells = _as_in_fits(cells)
        elif isinstance(column.polars, pl.Array):
            empty = pl.lit([None] * column.polars.shape[0], dtype=column.polars)
            cells = cells.to_frame().select(pl.first().fill_null(empty)).to_series()
        columns.append(cells.alias(column.name).cast(column.polars))
    return pl.DataFrame(columns)


def _as_in_fits(cells: pl.Series) -> pl.Series:
    kept = cells.str.strip_chars_end(" ")
    odd = kept.filter(kept.str.len_bytes() != kept.str.len_chars()).unique()
    return kept.replace(odd, [fits_text(cell).decode() for cell in odd.to_list()])


def _kind(field: Field) -> tuple[str, tuple[int, ...]]:
    """Give type and shape of a cell of a VOTable, as numpy has them."""
    shape = () if field.arraysize is None else (int(field.arraysize),)
    if field.datatype in ("char", "boolean"):
        return "u1", shape
    return (">u2" if field.datatype == "unicodeChar" else NUMBERS[field.datatype]), shape


def _decoded(path: Path, start: int, end: int) -> Iterator[bytes]:
    """Yield what stands in base64 between two places of a file."""
    rest = b""
    with path.open("rb") as file:
        file.seek(start)
        while start < end:
            chunk = file.read(min(BASE64_CHUNK, end - start))
            start += len(chunk)
            letters = rest + chunk.translate(None, b" \t\r\n")
            whole = len(letters) if start == end else len(letters) // 4 * 4
            rest = letters[whole:]
            yield binascii.a2b_base64(letters[:whole], strict_mode=True)


def _texts(name: str, letters: NDArray[Any], encoding: str) -> pl.Series:
    """Give texts of which each row of an array ``(n, width)`` holds one, padded with NUL.

    They are decoded as one, a line each: no text of a release holds a control character.
    """
    end = np.full((len(letters), 1), ord("\n"), dtype=letters.dtype)
    there = np.hstack([letters, end])
    used = there != 0
    if (used[:, 1:-1] & ~used[:, :-2]).any():
        raise ValueError(f"column {name}: a text goes on after its end")
    content = there[used].astype(letters.dtype)  # the bytes in their order again
    texts = content.tobytes().decode(encoding).split("\n")
    if len(texts) != len(letters) + 1:
        raise ValueError(f"column {name}: a text holds the end of a line")
    return pl.Series(name, texts[:-1], dtype=pl.String)


def _series(column: Column, cells: NDArray[Any], null: Mask) -> pl.Series:
    native = np.ascontiguousarray(cells).astype(cells.dtype.newbyteorder("="), copy=False)
    if native.ndim > 1:
        null = np.repeat(null, native.shape[1]) if null.ndim == 1 else null.ravel()
        native = native.ravel()
    if native.dtype.kind == "f":
        null = null | np.isnan(native)
    flat = pl.Series(native)
    if null.any():
        flat = pl.select(pl.when(pl.Series(~null)).then(flat)).to_series()
    if isinstance(column.polars, pl.Array):
        flat = flat.reshape((-1, column.polars.shape[0]))
    return flat.alias(column.name).cast(column.polars)
