"""VOTable 1.4 in BINARY2, straight from the table definition.

astropy's own writer needs minutes for a large catalogue and loses nulls of texts and booleans;
here the rows are packed as structured arrays, some thousand at a time.

Text is ``char`` where the definition lists its values, all ASCII, and ``unicodeChar`` elsewhere:
the type of a column follows from the definition alone and never from the rows. A null text is
empty and has its null bit set; STILTS and astropy read both an empty and a null text as no text.
"""

import binascii
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import polars as pl

from rrcat.release.about import About
from rrcat.release.batches import Rows, batches, count, pieces
from rrcat.release.cells import Encoding, numbers, packed, text, text_width
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
ASCII = Encoding(str.encode)
UTF_16 = Encoding(lambda cell: cell.encode("utf-16-be"), letter=2)
TRUTH = np.frombuffer(b"FT?", dtype="S1")
# A multiple of 3, so that every line of base64 is whole.
BYTES_IN_A_LINE = 49_152


def write_votable(rows: Rows, table: Table, about: About, path: Path) -> None:
    """Write conforming rows as a VOTable."""
    widths = _widths(rows, table)
    head, tail = document(table, about, count(rows), widths).split(_DATA)
    content = (
        some for batch in batches(rows, table.names) for some in _binary2(batch, table, widths)
    )
    with path.open("wb") as file:
        file.write(head.encode())
        file.write(b'<DATA>\n<BINARY2>\n<STREAM encoding="base64">\n')
        for line in pieces(content, BYTES_IN_A_LINE):
            file.write(binascii.b2a_base64(line))
        file.write(b"</STREAM>\n</BINARY2>\n</DATA>")
        file.write(tail.encode())


_DATA = "<!--data-->"


def document(
    table: Table, about: About, n_rows: int, widths: Mapping[str, int] | None = None
) -> str:
    """Give the document around the rows; without ``widths`` [bytes], texts have no fixed length."""
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
        *(_field(column, widths) for column in table.column),
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


def _field(column: Column, widths: Mapping[str, int] | None) -> str:
    attributes = {"name": column.name, "datatype": datatype(column)}
    if column.dtype == "string":
        letter = _encoding(column).letter
        attributes["arraysize"] = "*" if widths is None else str(widths[column.name] // letter)
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


def _encoding(column: Column) -> Encoding:
    return ASCII if datatype(column) == "char" else UTF_16


def _widths(rows: Rows, table: Table) -> dict[str, int]:
    """Give the bytes of the cells of each text column."""
    texts = {column.name: _encoding(column) for column in table.column if column.dtype == "string"}
    # A text of length 1 would be read as a single character, not as a text.
    widths = {name: 2 * encoding.letter for name, encoding in texts.items()}
    for batch in batches(rows, list(texts)):
        for name, encoding in texts.items():
            widths[name] = max(widths[name], text_width(batch[name], encoding))
    return widths


def _cells(cells: pl.Series, column: Column, widths: Mapping[str, int]) -> np.ndarray[Any, Any]:
    if column.dtype == "bool":
        return np.take(TRUTH, cells.cast(pl.Int8).fill_null(2).to_numpy())
    if column.dtype == "string":
        return text(cells, _encoding(column), widths[column.name])
    return numbers(cells, column)


def _binary2(batch: pl.DataFrame, table: Table, widths: Mapping[str, int]) -> Iterator[memoryview]:
    """Yield rows as bytes: the null bits of each, most significant first, then its cells."""
    arrays = {c.name: _cells(batch[c.name], c, widths) for c in table.column}
    nulls = np.column_stack([batch[name].is_null().to_numpy() for name in arrays])
    bits = np.packbits(nulls, axis=1)
    return packed({"null bits": bits} | arrays)
