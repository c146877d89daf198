"""VOTables from anywhere: checked from end to end before any of it is believed.

A first pass with expat refuses what is no VOTable (the HTML of a gateway, a message in plain text),
document type declarations with the entities they could expand, streams that point elsewhere, and
documents that end too early. It finds what the server says of the query, and the rows, where they
are a stream; :mod:`rrcat.archive.binary` decodes those. astropy reads the fields, the units, the
time systems, and the rows in every other form.
"""

import binascii
import io
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO
from xml.parsers import expat

from rrcat.archive import binary
from rrcat.archive.failures import AGAIN, excerpt
from rrcat.archive.readers import RawTable, StatedTime, from_astropy, nth, quietly
from rrcat.errors import ArchiveError

FORMS = ("BINARY", "BINARY2")


@dataclass(frozen=True)
class Answer:
    """A table, whether the server cut it short, and the values that it states for all rows."""

    raw: RawTable
    overflow: bool
    params: dict[str, Any]


def read_answer(source: Path | BinaryIO, *, place: Path, table: int = 1) -> Answer:
    """Read a VOTable in any serialisation; arrays in cells become lists.

    Parameters
    ----------
    source
        The file, or its content.
    place
        What messages name as the origin.
    table
        Which table of several; 1 is the first.

    Raises
    ------
    ArchiveError
        The server says that the query failed, or the answer is no whole VOTable; the message
        shows what came instead.
    """
    document = source.read_bytes() if isinstance(source, Path) else source.read()
    try:
        return parse(document, table=table, place=place)
    except ArchiveError:
        raise
    # astropy raises anything on a document that is well-formed XML and no VOTable.
    except Exception as error:
        first_line = str(error).strip().partition("\n")[0] or type(error).__name__
        raise ArchiveError(
            f"the answer cannot be read: {first_line}", file=place, hint=AGAIN
        ) from error


def check(path: Path) -> None:
    """Raise unless a file is a whole VOTable that answers a query.

    Raises
    ------
    ArchiveError
        The server says that the query failed.
    ValueError
        The file is no VOTable, or a damaged one.
    """
    _outline(path.read_bytes(), 1, path)


def require_plain_xml(document: bytes) -> None:
    """Raise ValueError unless a document is XML from end to end, without a document type."""

    def refuse(*_: Any) -> None:
        raise ValueError("it declares a document type")

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(document, True)
    except expat.ExpatError as error:
        raise ValueError(f"it is no XML: {error}") from None


def parse(document: bytes, *, table: int, place: Path) -> Answer:
    """Give what :func:`read_answer` gives, with the errors of whatever failed.

    Raises
    ------
    ArchiveError
        The server says that the query failed, or there is no such table.
    ValueError
        The document is no VOTable, or a damaged one.
    Exception
        What astropy raises.
    """
    outline = _outline(document, table, place)
    bare = outline.without_stream()
    element, answer = _read(bare or document, table, place)
    if bare is not None:
        layouts = [binary.layout(field) for field in element.fields]
        known = [field for field in layouts if field is not None]
        if len(known) == len(layouts) == len({field.name for field in known}):
            frame = binary.decode(outline.stream(), known, null_flags=outline.form == "BINARY2")
            answer = replace(answer, raw=replace(answer.raw, frame=frame))
        else:
            _, answer = _read(document, table, place)
    found = answer.raw.frame.height
    if not outline.overflow and outline.n_rows is not None and found < outline.n_rows:
        raise ValueError(f"the table says that it has {outline.n_rows} rows, and has {found}")
    return replace(answer, overflow=outline.overflow)


def _outline(document: bytes, table: int, place: Path) -> "_Outline":
    outline = _Outline(document, table)
    if outline.failure is not None:
        raise ArchiveError(
            f"the server refused the query: {outline.failure or 'it gives no reason'}",
            file=place,
            hint="check the query, and the tables and columns of the service",
        )
    return outline


def _read(document: bytes, table: int, place: Path) -> tuple[Any, Answer]:
    """Give a table element of astropy, and its content."""
    from astropy.io import votable

    def load() -> Any:
        parsed = votable.parse(io.BytesIO(document), verify="ignore")
        element = nth(list(parsed.iter_tables()), table, place)
        around = [r for r in _resources(parsed) if any(t is element for t in r.tables)]
        systems = {system.ID: system for system in parsed.iter_timesys()}
        return element, around, systems, element.to_table(use_names_over_ids=True)

    element, around, systems, content = quietly(load)
    times = {
        field.name: StatedTime(system.timescale, system.refposition, system.timeorigin)
        for field in element.fields
        if (system := systems.get(field.ref)) is not None
    }
    stated = [param for holder in (*around, element) for param in holder.params]
    params = {param.name: _plain(param.value) for param in stated}
    raw = replace(from_astropy(content), times=times)
    return element, Answer(raw, overflow=False, params=params)


def _resources(holder: Any) -> list[Any]:
    inside = list(holder.resources)
    return inside + [below for resource in inside for below in _resources(resource)]


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") and value.ndim == 0 else value


class _Outline:
    """What a first pass over the XML finds.

    Raises
    ------
    ValueError
        The document is no VOTable, is damaged, or asks to read more than itself.
    """

    def __init__(self, document: bytes, table: int) -> None:
        self.failure: str | None = None
        """What the server says of a query that failed."""
        self.overflow = False
        self.n_rows: int | None = None
        self.form = ""
        """What the stream of the table stands in: BINARY, BINARY2 or another."""
        self._document = document
        self._table = table
        self._tables = 0
        self._last = ""
        self._text: list[str] = []
        self._base64 = bytearray()
        self._stream_tag = ""
        self._stream_span = [0, 0]
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = self._refuse_declaration
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        try:
            self._parser.Parse(document, True)
        except expat.ExpatError as error:
            if self._last:
                raise ValueError(f"the VOTable is damaged or incomplete: {error}") from None
            raise _no_votable(document) from None

    def without_stream(self) -> bytes | None:
        """Give the document with no rows; None unless they are a stream that is decoded here."""
        start, end = self._stream_span
        opening = f"<{self._stream_tag}".encode()
        # In UTF-16, say, the tag looks otherwise.
        if self.form not in FORMS or not self._document.startswith(opening, start):
            return None
        return self._document[:start] + opening + b' encoding="base64">' + self._document[end:]

    def stream(self) -> bytes:
        """Give the rows, and let go of their text: both and the decoded columns are large."""
        rows = binascii.a2b_base64(self._base64, strict_mode=True)
        self._base64.clear()
        return rows

    def _refuse_declaration(self, name: str, *_: Any) -> None:
        if name.lower() == "html":
            raise _no_votable(self._document)
        raise ValueError("it declares a document type, which could hold entities without end")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if not self._last and name != "VOTABLE":
            raise _no_votable(self._document)
        if name == "TABLE":
            self._tables += 1
            n_rows = attributes.get("nrows", "").strip()
            if n_rows.isdecimal():
                # astropy makes room for as many.
                if int(n_rows) > len(self._document):
                    raise ValueError(f"a table says that it has {n_rows} rows, and cannot have")
                if self._tables == self._table:
                    self.n_rows = int(n_rows)
        elif name == "INFO" and attributes.get("name") == "QUERY_STATUS":
            self.overflow |= attributes.get("value") == "OVERFLOW"
            if attributes.get("value") == "ERROR":
                self.failure = ""
                self._parser.CharacterDataHandler = self._text.append
        elif name == "TABLEDATA":
            # A call at both ends of millions of cells would take half as long as reading them.
            self._parser.StartElementHandler = None
        elif name == "STREAM":
            if "href" in attributes:
                raise ValueError("its rows are elsewhere, at an address that is not followed")
            if self._tables == self._table and attributes.get("encoding") == "base64":
                self.form = self._last
                self._stream_tag = tag
                self._stream_span[0] = self._parser.CurrentByteIndex
                self._parser.CharacterDataHandler = self._take_base64
        self._last = name

    def _end(self, tag: str) -> None:
        name = tag.rpartition(":")[2]
        if name == "TABLEDATA":
            self._parser.StartElementHandler = self._start
        elif name == "STREAM":
            self._stream_span[1] = self._parser.CurrentByteIndex
            self._parser.CharacterDataHandler = None
        elif name == "INFO" and self._parser.CharacterDataHandler is not None:
            self.failure = " ".join("".join(self._text).split())
            self._parser.CharacterDataHandler = None

    def _take_base64(self, text: str) -> None:
        self._base64 += text.encode("ascii").translate(None, b" \t\r\n")


def _no_votable(document: bytes) -> ValueError:
    words = excerpt(document)
    return ValueError(f"it is no VOTable, and says: {words}" if words else "it is empty")
