"""A release as CDS takes it for VizieR: a table of fixed width, and the ReadMe that describes it.

The standard is that of https://vizier.cds.unistra.fr/doc/catstd.htx; the description byte by byte
is written by cdspyreadme.
"""

import re
from pathlib import Path

from astropy.table import Table as AstropyTable
from cdspyreadme import CDSAstropyTable, CDSTablesMaker

import rrcat
from rrcat import atomic
from rrcat.errors import ReleaseError
from rrcat.release.documents import LICENCES, environment
from rrcat.release.export.cds_columns import CdsColumn, cds_columns, fixed_width
from rrcat.release.export.cds_words import (
    WIDTH,
    ascii_words,
    author,
    cited,
    first_author,
    note,
    paragraph,
)
from rrcat.release.export.dated import date_and_doi
from rrcat.release.export.words import content, edition, frames, scale
from rrcat.release.opened import Release

# Of the list of CDS, https://vizier.cds.unistra.fr/vizier/doc/ADCkwds.htx
ADC_KEYWORDS = ["Stars, variable", "Abundances, [Fe/H]"]
ADC_DISTANCES = "Stars, distances"
KEYWORDS = ["stars: variables: RR Lyrae", "stars: abundances", "catalogs"]
# Blanks and hyphens that no line is broken at, as cdspyreadme breaks them at others.
NO_BREAK = {" ": "\u00a0", "-": "\u2011"}


def export(release: Release, output: Path) -> list[Path]:
    """Write ``ReadMe`` and ``NAME.dat``, of the columns that hold anything.

    Raises
    ------
    ReleaseError
        Nothing tells the date of the release, there are no rows, or a column holds arrays.
    """
    if not release.frame.height:
        raise ReleaseError("there are no rows, and CDS has no tables without", file=release.folder)
    columns = cds_columns(release.frame, release.table)
    name = f"{release.about.name}.dat"
    described, notes = _described(columns, name, release.table.description)
    atomic.write_inside(output / name, fixed_width(columns))
    maker = CDSTablesMaker()
    maker.addTable(described)
    atomic.write_inside(output / "ReadMe", _readme(release, columns, maker, notes).encode("ascii"))
    return [output / "ReadMe", output / name]


def _described(
    columns: list[CdsColumn], name: str, description: str
) -> tuple[CDSAstropyTable, list[str]]:
    """Give the table with all that is told of its columns, and the lines of notes on them."""
    rows = AstropyTable([one.example for one in columns])
    table = CDSAstropyTable(rows, name, ascii_words(description))
    table.nlines = len(columns[0].cells)
    notes: list[str] = []
    numbers: dict[object, int] = {}  # columns with the same words share a note
    for one in columns:
        told = table.get_column(one.label)
        told.set_format(one.form)
        told.parse()
        told.unit = one.unit
        text = one.column.description
        if one.column.bits or one.column.values or one.column.dtype == "bool":
            key = one.column.bits or one.column.values
            if key not in numbers:
                numbers[key] = len(numbers) + 1
                notes += note(numbers[key], one.column)
            text += f" ({numbers[key]})"
        told.description = _bound(ascii_words(text))
        if (limits := one.limits) is not None:
            told.min, told.max = limits
    return table, notes


def _bound(words: str) -> str:
    """Give words of which no line can begin with a number, or end within an identifier.

    A line that begins with a number could be read as the description of another column.
    """
    bound = re.sub(r" (?=\d)", NO_BREAK[" "], words)
    return re.sub(r"(?<=\w)-(?=\w)", NO_BREAK["-"], bound)


def _unbound(words: str) -> str:
    for plain, bound in NO_BREAK.items():
        words = words.replace(bound, plain)
    return words


def _readme(
    release: Release, columns: list[CdsColumn], maker: CDSTablesMaker, notes: list[str]
) -> str:
    about = release.about
    date, doi = date_and_doi(release)
    (table,) = maker.getTables()
    engine = environment(html=False)
    engine.filters |= {"paragraph": paragraph}
    return engine.get_template("cds_ReadMe.j2").render(
        head=_head(release, date[:4]),
        title=about.title,
        authors=", ".join(author(name) for name in about.makers),
        doi=doi,
        adc_keywords=" ; ".join(_adc_keywords(columns)),
        keywords=" - ".join(KEYWORDS),
        abstract=" ".join(content(release)),
        description=_description(release, columns),
        index=maker.printTablesIndex(outBuffer=True),
        file=table.name,
        columns=_unbound(maker.printByteByByte(table, outBuffer=True)).rstrip(),
        notes=notes,
        references=[cited(reference) for reference in about.reference],
        licence=about.rights if about.rights in LICENCES else None,
        rrcat=rrcat.__version__,
    )


def _head(release: Release, year: str) -> str:
    """Give the first line: catalogue, title and first author, in one line."""
    about = release.about
    start = f"{about.name} {about.version}"
    end = f"({first_author(about.makers)}, {year})"
    room = WIDTH - len(start) - len(end) - 6
    title = ascii_words(about.title)
    if len(title) > room:
        title = title[:room].rpartition(" ")[0]
    return f"{start}   {title}".ljust(WIDTH - len(end)) + end


def _adc_keywords(columns: list[CdsColumn]) -> list[str]:
    has_distances = any(one.column.ucd == "pos.distance" for one in columns)
    return [*ADC_KEYWORDS, *([ADC_DISTANCES] if has_distances else [])]


def _description(release: Release, columns: list[CdsColumn]) -> list[str]:
    """Give what the table says nowhere itself, in paragraphs."""
    labels = (
        "Labels are the names of the columns of the catalogue, but for RAdeg, DEdeg and e_X, which"
        " are ra, dec and X_error there. A blank stands for a missing value, and for an empty text."
    )
    kept = {one.column.name for one in columns}
    if left := [name for name in release.table.names if name not in kept]:
        labels += f" Columns without any value are left out: {', '.join(left)}."
    about = release.about
    return [edition(about), f"{scale(about)} {frames(about)}", labels]
