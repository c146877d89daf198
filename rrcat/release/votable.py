"""VOTable 1.4 in BINARY2, straight from the table definition.

astropy's own writer needs minutes for a large catalogue and loses nulls of texts and booleans;
here the rows are packed as one structured array.

Text is ``char`` where the definition lists its values, all ASCII, and ``unicodeChar`` elsewhere:
the type of a column follows from the definition alone and never from the rows. A null text is
empty and has its null bit set; STILTS and astropy read both an empty and a null text as no text.
"""

import base64
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import polars as pl

from rrcat.release.about import About
from rrcat.release.cells import numbers, text
from rrcat.schema import Column, Table
from rrcat.schema.definition import ARRAY

DATATYPES = {
    "int16": "short",
    "int32": "int",
    "int64": "long",
    "float32": "float",
    "float64": "double",
    "bool": "boolean",
}
# A multiple of 3, so that every line of base64 is whole.
BYTES_IN_A_LINE = 49_152


def write_votable(frame: pl.DataFrame, table: Table, about: About, path: Path) -> None:
    """Write a conforming frame as a VOTable."""
    arrays = {column.name: _cells(frame[column.name], column) for column in table.column}
    rows = _binary2(frame, arrays)
    head, tail = document(table, about, frame.height, arrays).split(_DATA)
    with path.open("wb") as file:
        file.write(head.encode())
        file.write(b'<DATA>\n<BINARY2>\n<STREAM encoding="base64">\n')
        for start in range(0, len(rows), BYTES_IN_A_LINE):
            file.write(base64.b64encode(rows[start : start + BYTES_IN_A_LINE]) + b"\n")
        file.write(b"</STREAM>\n</BINARY2>\n</DATA>")
        file.write(tail.encode())


_DATA = "<!--data-->"


def document(
    table: Table, about: About, n_rows: int, arrays: dict[str, np.ndarray[Any, Any]] | None = None
) -> str:
    """Give the document around the rows; without ``arrays``, texts have no fixed length."""
    infos = [
        ("title", about.title),
        ("resource_version", about.version),
        *_told("subset", about.subset),
        ("metallicity_scale", about.scale),
        *_told("metallicity_scale_definition", about.scale_definition),
        ("schema", f"{table.name} {table.version}"),
        *_told("publication_date", about.date),
        *_told("publication_id", about.doi and f"doi:{about.doi}"),
        *(("creator", author) for author in about.authors),
        *_told("rights", about.rights),
        *_told("survey", about.survey),
        *(("citation", reference) for reference in about.reference),
    ]
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3">',
        f'<RESOURCE type="results" name={quoteattr(about.name)}>',
        _description(about.title),
        *(f'<INFO name="{name}" value={quoteattr(value)}/>' for name, value in infos),
        f'<COOSYS ID="coordinates" system={quoteattr(about.coordinate_system)}'
        f" epoch={quoteattr(about.coordinate_epoch)}/>",
        f'<TIMESYS ID="times" timeorigin="{about.origin_jd!r}"'
        f" timescale={quoteattr(about.time_scale)}"
        f" refposition={quoteattr(about.reference_position)}/>",
        f'<TABLE name={quoteattr(about.name)} nrows="{n_rows}">',
        _description(table.description),
        *(_field(column, arrays) for column in table.column),
        _DATA,
        "</TABLE>",
        "</RESOURCE>",
        "</VOTABLE>",
        "",
    ]
    return "\n".join(lines)


def _told(name: str, value: str | None) -> list[tuple[str, str]]:
    return [] if value is None else [(name, value)]


def frame_of(column: Column) -> str | None:
    """Give the ID of the coordinate or time system a column refers to."""
    primary = column.ucd.split(";")[0]
    if primary.startswith("pos.eq."):
        return "coordinates"
    return "times" if primary == "time.epoch" else None


def datatype(column: Column) -> str:
    """Give the VOTable datatype of a column."""
    if column.dtype == "string":
        listed = column.values is not None and all(value.isascii() for value in column.values)
        return "char" if listed else "unicodeChar"
    array = ARRAY.fullmatch(column.dtype)
    return DATATYPES[array[1] if array else column.dtype]


def _field(column: Column, arrays: dict[str, np.ndarray[Any, Any]] | None) -> str:
    attributes = {"name": column.name, "datatype": datatype(column)}
    if column.dtype == "string":
        attributes["arraysize"] = "*" if arrays is None else _width(arrays[column.name], column)
    elif array := ARRAY.fullmatch(column.dtype):
        attributes["arraysize"] = array[2]
    if unit := column.unit_in("votable"):
        attributes["unit"] = unit
    attributes["ucd"] = column.ucd
    if system := frame_of(column):
        attributes["ref"] = system
    start = " ".join(f"{name}={quoteattr(value)}" for name, value in attributes.items())
    values = "" if column.null is None else f'<VALUES null="{column.null}"/>'
    return f"<FIELD {start}>{_description(column.full_description)}{values}</FIELD>"


def _description(words: str) -> str:
    return f"<DESCRIPTION>{escape(words)}</DESCRIPTION>"


def _width(cells: np.ndarray[Any, Any], column: Column) -> str:
    return str(cells.dtype.itemsize // (1 if datatype(column) == "char" else 2))


def _cells(cells: pl.Series, column: Column) -> np.ndarray[Any, Any]:
    if column.dtype == "bool":
        letters = pl.when(cells).then(pl.lit("T")).when(~cells).then(pl.lit("F"))
        return text(pl.select(letters.otherwise(pl.lit("?"))).to_series(), str.encode, 1)
    if column.dtype == "string":
        # A text of length 1 would be read as a single character, not as a text.
        if datatype(column) == "char":
            return text(cells, str.encode, 2)
        return text(cells, lambda cell: cell.encode("utf-16-be"), 4)
    return numbers(cells, column)


def _binary2(frame: pl.DataFrame, arrays: dict[str, np.ndarray[Any, Any]]) -> bytes:
    """Give the rows as bytes: the null bits of each, most significant first, then its cells."""
    nulls = np.column_stack([frame[name].is_null().to_numpy() for name in arrays])
    bits = np.packbits(nulls, axis=1)
    fields: list[Any] = [("null bits", "u1", bits.shape[1:])]
    fields += [(name, cells.dtype, cells.shape[1:]) for name, cells in arrays.items()]
    rows = np.empty(frame.height, dtype=fields)
    rows["null bits"] = bits
    for name, cells in arrays.items():
        rows[name] = cells
    return rows.tobytes()
