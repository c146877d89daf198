"""FITS binary table, straight from the table definition.

What FITS cannot say, and what stands instead: a null text is an empty text; text outside printable
ASCII is written as a backslash escape; a nullable boolean is a 16-bit 0 or 1. UCD and description
stand in TUCDn and TCOMMn, where STILTS and TOPCAT read them.
"""

import io
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from astropy.io import fits

from rrcat.release.about import About
from rrcat.release.cells import FITS_NULL_FLAG, fits_text, header_text, numbers, text
from rrcat.schema import Column, Table

# astropy writes this where the time of the checksum would stand.
WHEN = "by rrcat"
BLOCK = 2880


def write_fits(frame: pl.DataFrame, table: Table, about: About, path: Path) -> None:
    """Write a conforming frame as the first extension of a FITS file."""
    arrays = [_cells(frame[column.name], column) for column in table.column]
    rows = np.empty(
        frame.height,
        dtype=[
            (column.name, cells.dtype, cells.shape[1:])
            for column, cells in zip(table.column, arrays, strict=True)
        ],
    )
    for column, cells in zip(table.column, arrays, strict=True):
        rows[column.name] = cells
    header = fits.BinTableHDU(rows[:0].view(fits.FITS_rec)).header
    header["NAXIS2"] = frame.height
    _describe(header, table, about)
    # Handed over as the bytes of a file: given as an array, astropy would decode and encode every
    # text, which takes longer than all the rest.
    content = header.tostring().encode("ascii") + rows.tobytes()
    hdu = fits.BinTableHDU.fromstring(content + bytes(-len(content) % BLOCK))
    primary = fits.PrimaryHDU()
    _title(primary.header, about)
    for part in (primary, hdu):
        part.add_checksum(when=WHEN)
    whole = io.BytesIO()  # what astropy raises where a disk is full says neither that nor which
    fits.HDUList([primary, hdu]).writeto(whole)
    path.write_bytes(whole.getvalue())


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


def _cells(cells: pl.Series, column: Column) -> np.ndarray[Any, Any]:
    if column.dtype == "string":
        return text(cells, fits_text, 1)
    if column.dtype == "bool":
        return cells.cast(pl.Int16).fill_null(FITS_NULL_FLAG).to_numpy().astype(">i2")
    return numbers(cells, column)
