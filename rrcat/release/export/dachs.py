"""A release for GAVO DaCHS: its VOTable and the resource descriptor that publishes it.

The table is filled from VOTable and not from FITS, of which DaCHS takes the numbers that stand for
null as numbers, and where text is ASCII alone.
"""

import shutil
from pathlib import Path
from typing import Any

import polars as pl

from rrcat import atomic
from rrcat.errors import ReleaseError
from rrcat.release.documents import LICENCES, environment
from rrcat.release.export.adql import check_columns, schema_name
from rrcat.release.export.bibcode import bibcode
from rrcat.release.export.dated import date_and_doi
from rrcat.release.export.words import content, edition, scale
from rrcat.release.opened import Release
from rrcat.release.reference import parse
from rrcat.release.votable import datatype, frame_of, write_votable
from rrcat.schema import Column, Table
from rrcat.schema.definition import ARRAY

TYPES = {
    "int16": "smallint",
    "int32": "integer",
    "int64": "bigint",
    "float32": "real",
    "float64": "double precision",
    "bool": "boolean",
}
# Of the Unified Astronomy Thesaurus, as http://www.ivoa.net/rdf/uat spells them.
SUBJECTS = ("rr-lyrae-variable-stars", "metallicity", "light-curves", "catalogs")
DISTANCES = "stellar-distance"
INFRARED = frozenset({"J", "H", "K", "Ks", "W1", "W2", "W3", "W4", "I1", "I2"})
ID, RA, DEC = "meta.id;meta.main", "pos.eq.ra;meta.main", "pos.eq.dec;meta.main"
RADIUS = 0.001  # deg; of the cone search by which the service is tested
BEYOND_BMP = r"[\x{10000}-\x{10FFFF}]"


def export(release: Release, output: Path) -> list[Path]:
    """Write ``q.rd``, ``data/NAME.vot`` and a README that says how to import them.

    Raises
    ------
    ReleaseError
        A column has the name of a word of ADQL, a text holds characters that DaCHS does not serve,
        or nothing tells the date of the release.
    """
    check_columns(release.table)
    _check_text(release)
    content = _content(release)
    engine = environment(html=True)
    engine.filters |= {"meta": _meta, "comment": _comment}
    descriptor = engine.get_template("dachs_q.rd.j2").render(content)
    told = environment(html=False).get_template("dachs_README.md.j2").render(content)
    written = [output / "q.rd", output / "README.md"]
    for path, text in zip(written, (descriptor, told), strict=True):
        atomic.write_inside(path, text.encode())
    (output / "data").mkdir()
    return [*written, _data(release, output / "data")]


def _data(release: Release, folder: Path) -> Path:
    """Give the catalogue as VOTable: the very file of the release, where it is a whole one."""
    path = folder / f"{release.about.name}.vot"
    if release.about.subset is not None:
        with atomic.naming(path):
            write_votable(release.frame, release.table, release.about, path)
        return path
    released = release.folder / path.name
    if atomic.sha256(released) != release.manifest.files[path.name].sha256:
        raise ReleaseError(
            "the file does not have the hash that the manifest tells",
            file=released,
            hint="`rrcat verify` tells everything that is wrong; get the release again",
        )
    with atomic.naming(path):
        shutil.copyfile(released, path)
    return path


def _content(release: Release) -> dict[str, Any]:
    """Give what the templates tell."""
    about, table, frame = release.about, release.table, release.frame
    date, doi = date_and_doi(release)
    position = _named(table, RA), _named(table, DEC)
    return {
        "about": about,
        "authors": about.makers,
        "columns": [_column(column) for column in table.column],
        "cone": _cone(release, *position),
        "description": " ".join([*content(release), scale(about), edition(about)]),
        "key": _named(table, ID),
        "licence": _licence(about.rights),
        "n_rows": frame.height,
        "position": None if None in position else position,
        "schema": schema_name(about.name),
        "sources": [_source(reference) for reference in about.reference],
        "subjects": [*SUBJECTS, *([DISTANCES] if _has_distances(release) else [])],
        "table": table,
        "times": [column.name for column in table.column if frame_of(column) == "times"],
        "wavebands": _wavebands(frame),
        "date": date,
        "doi": doi,
    }


def _named(table: Table, ucd: str) -> str | None:
    return next((column.name for column in table.column if column.ucd == ucd), None)


def _column(column: Column) -> dict[str, Any]:
    return {
        "name": column.name,
        "type": _type(column),
        "unit": column.unit_in("votable"),
        "ucd": column.ucd,
        "verb_level": _verb_level(column),
        "required": not column.nullable,
        "description": " ".join(column.full_description.split()),
        "null": column.null,
    }


def _type(column: Column) -> str:
    if column.dtype == "string":
        return "text" if datatype(column) == "char" else "unicode"
    if array := ARRAY.fullmatch(column.dtype):
        return f"{TYPES[array[1]]}[{array[2]}]"
    return TYPES[column.dtype]


def _verb_level(column: Column) -> int:
    """Give from which verbosity a cone search gives a column: 1 for 10, 2 for 20, 3 for 30.

    Identifier and position are always given; what describes the star comes first, errors and
    quality numbers next, the values of each estimator last.
    """
    if column.ucd in (ID, RA, DEC):
        return 1
    if column.estimator is not None:
        return 30
    return 20 if column.ucd.startswith("stat.") else 10


def _cone(release: Release, ra: str | None, dec: str | None) -> dict[str, Any] | None:
    """Give the position of a star to test the cone search with, or None without positions."""
    key = _named(release.table, ID)
    if key is None or ra is None or dec is None:
        return None
    placed = release.frame.select(star=key, ra=ra, dec=dec).drop_nulls()
    return None if placed.is_empty() else placed.row(0, named=True) | {"radius": RADIUS}


def _licence(rights: str | None) -> str | None:
    return f"https://spdx.org/licenses/{rights}.html" if rights in LICENCES else None


def _source(reference: str) -> dict[str, str]:
    """Give a reference as it is written, and as a bibcode where it has one."""
    parsed = parse(reference)
    code = None if parsed is None else bibcode(parsed)
    return {"reference": f"{reference} ({code})" if code else reference, "told": code or reference}


def _has_distances(release: Release) -> bool:
    name = "distance_p50"
    return name in release.frame.columns and release.frame[name].count() > 0


def _wavebands(frame: pl.DataFrame) -> list[str]:
    """Give the parts of the spectrum that the light curves are of."""
    bands = set(frame["band"].drop_nulls()) if "band" in frame.columns else set()
    found = {"Infrared" if band in INFRARED else "Optical" for band in bands}
    return sorted(found) or ["Optical"]


def _check_text(release: Release) -> None:
    """Raise where DaCHS would count two units of UTF-16 as one, so that answers lose rows."""
    for column in release.table.column:
        if column.dtype != "string":
            continue
        if bad := release.frame[column.name].str.contains(BEYOND_BMP).sum():
            raise ReleaseError(
                f"{bad} cells hold characters beyond U+FFFF, with which answers of DaCHS lose rows",
                column=column.name,
                hint="leave the column out with --columns, or write the text otherwise where it is"
                " read",
            )


def _meta(words: str) -> str:
    r"""Give text for metadata, in which DaCHS takes ``\`` as the start of a macro."""
    return " ".join(words.split()).replace("\\", "\\\\")


def _comment(words: str) -> str:
    """Give text for a comment of XML, in which two hyphens may not follow one another."""
    return " ".join(words.split()).replace("--", "- -")
