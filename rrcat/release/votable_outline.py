"""The elements of a VOTable without its rows, and where those are.

The file is read once with expat, without resolving anything it points at: a document type
declaration (the way to entities) and data that lie elsewhere are refused.
"""

from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat


@dataclass
class Field:
    """A FIELD: its attributes, its description, and what stands for null."""

    attributes: dict[str, str]
    description: str = ""
    null: str | None = None

    @property
    def datatype(self) -> str:
        """Type of an element, in the words of VOTable."""
        return self.attributes.get("datatype", "")

    @property
    def arraysize(self) -> str | None:
        """Elements of a cell; None where it is a single one."""
        return self.attributes.get("arraysize")


@dataclass
class Outline:
    """What a VOTable says of its rows.

    ``n_rows`` is how many it says they are, ``serialization`` names the element that they are in,
    ``streams`` counts the places where they could be, ``stream`` is where the base64 of the last
    begins and ends, in bytes of the file; ``refused`` says why the file was not read.
    """

    version: str | None = None
    tables: int = 0
    n_rows: str | None = None
    fields: list[Field] = field(default_factory=list)
    coosys: dict[str, dict[str, str]] = field(default_factory=dict)
    timesys: dict[str, dict[str, str]] = field(default_factory=dict)
    info: dict[str, str] = field(default_factory=dict)
    serialization: str | None = None
    streams: int = 0
    stream: tuple[int, int] | None = None
    refused: list[str] = field(default_factory=list)


class _Refused(Exception):
    pass


def outline_of(path: Path) -> Outline:
    """Read everything but the rows."""
    outline = Outline()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    text: list[str] = []
    open_elements: list[str] = []
    begin = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal begin
        open_elements.append(name)
        if name == "VOTABLE":
            outline.version = attributes.get("version")
        elif name == "TABLE":
            outline.tables += 1
            outline.n_rows = attributes.get("nrows")
        elif name == "FIELD":
            outline.fields.append(Field(attributes))
        elif name == "VALUES" and "FIELD" in open_elements:
            outline.fields[-1].null = attributes.get("null")
        elif name in ("COOSYS", "TIMESYS"):
            known = outline.coosys if name == "COOSYS" else outline.timesys
            known[attributes.get("ID", "")] = attributes
        elif name == "INFO":
            outline.info.setdefault(attributes.get("name", ""), attributes.get("value", ""))
        elif name in ("TABLEDATA", "BINARY", "BINARY2", "FITS", "PARQUET"):
            outline.serialization = name
        elif name == "STREAM":
            outline.streams += 1
            if "href" in attributes:
                raise _Refused(f"its rows lie elsewhere: {attributes['href']}")
            begin = parser.CurrentByteIndex if attributes.get("encoding") == "base64" else 0
        elif name == "DESCRIPTION":
            text.clear()
            parser.CharacterDataHandler = text.append

    def end(name: str) -> None:
        open_elements.pop()
        if name == "DESCRIPTION":
            parser.CharacterDataHandler = None
            if open_elements[-1:] == ["FIELD"]:
                outline.fields[-1].description = "".join(text)
        elif name == "STREAM" and begin:
            outline.stream = (begin, parser.CurrentByteIndex)

    def doctype(*_: object) -> None:
        raise _Refused("has a document type declaration, which a VOTable has no use for")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.StartDoctypeDeclHandler = doctype
    try:
        with path.open("rb") as file:
            parser.ParseFile(file)
    except _Refused as error:
        outline.refused.append(str(error))
    except expat.ExpatError as error:
        outline.refused.append(f"is not well-formed XML: {error}")
    if outline.stream is not None:
        outline.stream = (_after_tag(path, outline.stream[0]), outline.stream[1])
    return outline


def _after_tag(path: Path, start: int) -> int:
    """Give where a tag of no great length ends."""
    with path.open("rb") as file:
        file.seek(start)
        return start + file.read(1 << 12).index(b">") + 1
