"""FITS binary table, straight from the table definition.

What FITS cannot say, and what stands instead: a null text is an empty text; text outside printable
ASCII is written as a backslash escape; a nullable boolean is a 16-bit 0 or 1. UCD and description
stand in TUCDn and TCOMMn, where STILTS and TOPCAT read them.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from astropy.io import fits

from rrcat.release.about import About
from rrcat.release.batches import Rows, batches, count, pieces
from rrcat.release.cells import (
    FITS_NULL_FLAG,
    Encoding,
    fits_text,
    header_text,
    numbers,
    packed,
    row_type,
    text,
    text_width,
)
from rrcat.release.fits_checksum import encoded, ones_complement_sum
from rrcat.schema import Column, Table

# astropy writes this where the time of the checksum would stand.
WHEN = "by rrcat"
BLOCK = 2880
BLOCKS = 1024 * BLOCK
TEXT = Encoding(fits_text, drops_blanks=True)


def write_fits(rows: Rows, table: Table, about: About, path: Path) -> None:
    """Write conforming rows as the first extension of a FITS file."""
    widths = _widths(rows, table)
    content = (
        some
        for batch in batches(rows, table.names)
        for some in packed(_columns(batch, table, widths))
    )
    primary = fits.PrimaryHDU()
    _title(primary.header, about)
    primary.add_checksum(when=WHEN)
    nobody = rows.lazy().clear().select(table.names).collect()
    empty = np.empty(0, dtype=row_type(_columns(nobody, table, widths)))
    header = fits.BinTableHDU(empty.view(fits.FITS_rec)).header
    header["NAXIS2"] = count(rows)
    _describe(header, table, about)
    header.set("DATASUM", "0", WHEN)
    header.set("CHECKSUM", "0" * 16, WHEN, before="DATASUM")
    with path.open("wb") as file:
        file.write(_in_bytes(primary.header))
        place = file.tell()
        file.write(_in_bytes(header))  # holds the place of that which knows the sum
        datasum = 0
        for piece in pieces(content, BLOCKS):
            piece += bytes(-len(piece) % BLOCK)
            datasum = ones_complement_sum([piece], datasum)
            file.write(piece)
        header["DATASUM"] = str(datasum)
        header["CHECKSUM"] = encoded(~ones_complement_sum([_in_bytes(header)], datasum))
        file.seek(place)
        file.write(_in_bytes(header))


def _in_bytes(header: fits.Header) -> bytes:
    return bytes(header.tostring().encode("ascii"))


def _widths(rows: Rows, table: Table) -> dict[str, int]:
    """Give the bytes of the cells of each text column."""
    widths = {column.name: 1 for column in table.column if column.dtype == "string"}
    for batch in batches(rows, list(widths)):
        for name in widths:
            widths[name] = max(widths[name], text_width(batch[name], TEXT))
    return widths


def _columns(
    batch: pl.DataFrame, table: Table, widths: Mapping[str, int]
) -> dict[str, np.ndarray[Any, Any]]:
    return {c.name: _cells(batch[c.name], c, widths) for c in table.column}


def null_in_fits(column: Column) -> int | None:
    """Give the number that stands for null in FITS, or None."""
    if column.dtype == "bool":
        return FITS_NULL_FLAG if column.nullable else None
    return column.null


def _title(header: fits.Header, about: About) -> None:
    header["LONGSTRN"] = ("OGIP 1.0", "long texts go on in CONTINUE cards")
    header["TITLE"] = header_text(about.title)
    header["CATALOG"] = (header_text(about.name), "name of the catalogue")
    header["VERSION"] = (about.version, "version of the catalogue")
    if about.date:
        header["DATE"] = (about.date, "date of the release")
    for keyword, value in (
        ("AUTHOR", "; ".join(about.authors)),
        ("RIGHTS", about.rights),
        ("SURVEY", about.survey),
        ("SUBSET", about.subset),
        ("DOI", about.doi),
    ):
        if value:
            header[keyword] = header_text(value)
    for number, reference in enumerate(about.reference, 1):
        header[f"REFER{number}"] = header_text(reference)


def _describe(header: fits.Header, table: Table, about: About) -> None:
    header["LONGSTRN"] = ("OGIP 1.0", "long texts go on in CONTINUE cards")
    header["EXTNAME"] = header_text(about.name)
    header["VERSION"] = (about.version, "version of the catalogue")
    header["FEHSCALE"] = (header_text(about.scale), "scale of the metallicities")
    if about.scale_definition:
        header["FEHDEF"] = header_text(about.scale_definition)
    header["RADESYS"] = (about.coordinate_system, "system of the coordinates")
    header["POSEPOCH"] = (about.coordinate_epoch, "epoch of the positions")
    header["TIMESYS"] = (about.time_scale, "time scale")
    header["TREFPOS"] = (about.reference_position, "where times are counted")
    header["JDREF"] = (about.origin_jd, "[d] Julian date that times count from")
    header["TIMEUNIT"] = "d"
    for number, column in enumerate(table.column, 1):
        about_column = {
            "TUNIT": column.unit_in("fits") or None,
            "TNULL": null_in_fits(column),
            "TUCD": column.ucd,
            "TCOMM": header_text(column.full_description),
        }
        after = f"TFORM{number}"
        for keyword, value in about_column.items():
            if value is not None:
                header.insert(after, (f"{keyword}{number}", value), after=True)
                after = f"{keyword}{number}"


def _cells(cells: pl.Series, column: Column, widths: Mapping[str, int]) -> np.ndarray[Any, Any]:
    if column.dtype == "string":
        return text(cells, TEXT, widths[column.name])
    if column.dtype == "bool":
        return cells.cast(pl.Int16).fill_null(FITS_NULL_FLAG).to_numpy()
    return numbers(cells, column)
