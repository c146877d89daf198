"""Words as a ReadMe of CDS has them: printable ASCII in lines of 80 characters."""

import re
import unicodedata
from textwrap import fill

from rrcat.release.cells import header_text
from rrcat.release.export.bibcode import bibcode
from rrcat.release.reference import parse
from rrcat.schema import Column

WIDTH = 80
GREEK = re.compile(r"GREEK (?:SMALL|CAPITAL) LETTER (\w+)")
PUNCTUATION = str.maketrans(
    {
        "–": "-",
        "—": "-",
        "−": "-",
        "’": "'",
        "‘": "'",
        "“": '"',
        "”": '"',
        "«": '"',
        "»": '"',
        "×": "x",
        "≤": "<=",
        "≥": ">=",
        "±": "+/-",
        "ß": "ss",
        "ø": "o",
        "Ø": "O",
        "ł": "l",
        "Ł": "L",
        "æ": "ae",
        "Æ": "Ae",
    }
)


def ascii_words(words: str) -> str:
    r"""Give words in ASCII: accents dropped, Greek letters by name, the rest as ``\u2728``."""
    return header_text("".join(_spelt(letter) for letter in words.translate(PUNCTUATION)))


def _spelt(letter: str) -> str:
    greek = GREEK.match(unicodedata.name(letter, ""))
    if greek is None:
        return letter
    return greek[1].capitalize() if letter.isupper() else greek[1].lower()


def paragraph(words: str, indent: int) -> str:
    """Give words in ASCII, in lines of :data:`WIDTH` that begin with ``indent`` blanks."""
    return _hanging(words, indent=indent, hang=indent)


def author(name: str) -> str:
    """Give "Doe, Jane Ann" as "Doe J.A."; a name without a comma as it stands."""
    family, comma, given = ascii_words(name).partition(", ")
    if not comma:
        return family
    parts = re.split(r"[\s.]+", given.strip(" ."))
    return f"{family} {''.join(_initial(part) for part in parts)}"


def _initial(given: str) -> str:
    return "-".join(f"{part[0].upper()}." for part in given.split("-") if part)


def first_author(names: tuple[str, ...]) -> str:
    """Give "Doe+" for several authors, as the head of a ReadMe has them."""
    family = ascii_words(names[0]).partition(", ")[0]
    return family + ("+" if len(names) > 1 else "")


def cited(reference: str) -> str:
    """Give a reference with its bibcode behind it, where it has one."""
    parsed = parse(reference)
    code = bibcode(parsed) if parsed else None
    return f"{reference} ({code})" if code else reference


def note(number: int, column: Column) -> list[str]:
    """Give the lines of the note on a column that holds bits or one of several words."""
    start = f"Note ({number}):"
    if not column.bits:
        words = f"One of {', '.join(column.values)}." if column.values else "1: true, 0: false."
        return [_hanging(f"{start} {words}", indent=0, hang=4)]
    width = len(str(max(bit.value for bit in column.bits)))
    lines = [f"{start} Sum of the bits that apply:"]
    for bit in column.bits:
        kind = "" if bit.kind == "warning" else f" ({bit.kind})"
        words = f"{bit.value} = {bit.name}{kind}: {bit.description}"
        indent = 4 + width - len(str(bit.value))
        lines.append(_hanging(words, indent=indent, hang=4 + width + 3))
    return lines


def _hanging(words: str, *, indent: int, hang: int) -> str:
    return fill(
        ascii_words(words),
        width=WIDTH,
        initial_indent=" " * indent,
        subsequent_indent=" " * hang,
        break_on_hyphens=False,
    )
