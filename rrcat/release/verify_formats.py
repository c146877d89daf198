"""Whether every format of a release holds the same rows, described as the table definition says.

Each format speaks for itself, so that where all of them disagree with what they are compared with,
that is at fault, and where two agree against the Parquet file, it is the Parquet file.
"""

import re
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from rrcat.release.about import About
from rrcat.release.finding import Finding
from rrcat.release.fits_check import fits_problems
from rrcat.release.manifest import MANIFEST, Manifest
from rrcat.release.parquet import CONTENT_KEY, VERSION_KEY
from rrcat.release.reading import as_read, read_fits, read_votable
from rrcat.release.votable import document
from rrcat.release.votable_check import votable_problems
from rrcat.schema import Table, violations

FORMATS = {"parquet": "parquet", "votable": "vot", "fits": "fits"}
FIELD = re.compile(r'<FIELD name="(\w+)"')


@dataclass(frozen=True)
class _Read:
    """One format: what is wrong with its description, or its rows and what they should be."""

    file: str
    problems: list[str]
    rows: pl.DataFrame = field(default_factory=pl.DataFrame)
    expected: pl.DataFrame = field(default_factory=pl.DataFrame)


def files_of(name: str) -> dict[str, str]:
    """Give the file of each format of a catalogue."""
    return {form: f"{name}.{suffix}" for form, suffix in FORMATS.items()}


def format_findings(folder: Path, manifest: Manifest, table: Table) -> Iterator[Finding]:
    """Check the rows against their table, and every format against the Parquet file."""
    files = files_of(manifest.name)
    try:
        about = About.of(manifest.facts, manifest.version, manifest.date)
        resolved = manifest.facts["recipe"]["catalogue"]["name"]
    except (KeyError, TypeError, ValueError) as error:
        yield Finding(MANIFEST, f"lacks {error}")
        return
    if resolved != manifest.name:
        yield Finding(MANIFEST, f"is of {manifest.name}, its recipe of {resolved}")
    try:
        frame = pl.read_parquet(folder / files["parquet"], glob=False)
    except pl.exceptions.PolarsError as error:
        yield Finding(files["parquet"], f"cannot be read: {error}")
        return
    broken = [Finding(files["parquet"], str(broken)) for broken in violations(frame, table)]
    if frame.height != manifest.n_rows:
        broken.append(
            Finding(MANIFEST, f"tells {manifest.n_rows} rows, the Parquet file has {frame.height}")
        )
    yield from broken
    if broken:
        return
    path = folder / files["parquet"]
    parquet = _Read(path.name, list(_parquet(path, table, about, frame.height)))
    others = [
        _read(folder / files[form], form, frame, table, about) for form in ("votable", "fits")
    ]
    if all(read.problems for read in (parquet, *others)):
        # All three cannot be wrong in the same way.
        of_columns = all(read.problems[0].startswith("column ") for read in others)
        at_fault = "schema.toml" if of_columns else MANIFEST
        yield Finding(at_fault, f"disagrees with every format: {others[0].problems[0]}")
        return
    for read in (parquet, *others):
        yield from (Finding(read.file, problem) for problem in read.problems)
    yield from _cells(parquet.file, [read for read in others if not read.problems])


def _parquet(path: Path, table: Table, about: About, n_rows: int) -> Iterator[str]:
    told = pl.read_parquet_metadata(path)
    have, want = told.get(CONTENT_KEY), document(table, about, n_rows)
    if told.get(VERSION_KEY) == "1.0" and have == want:
        return
    pairs = zip((have or "").splitlines(), want.splitlines(), strict=False)
    line = next((a for a, b in pairs if a != b), "")
    column = FIELD.search(line)
    yield f"{f'column {column[1]}: ' if column else ''}" + (
        "does not describe its columns as the table definition does"
    )


def _read(path: Path, form: str, frame: pl.DataFrame, table: Table, about: About) -> _Read:
    problems: Callable[[Path, Table, About], list[str]]
    problems, reader = {
        "votable": (votable_problems, read_votable),
        "fits": (fits_problems, read_fits),
    }[form]
    # What astropy only warns of is wrong in a release.
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            if found := problems(path, table, about):
                return _Read(path.name, found)
            rows = reader(path, table)
            if rows.height != frame.height:
                lost = f"has {rows.height} rows, the Parquet file has {frame.height}"
                return _Read(path.name, [lost])
            return _Read(path.name, [], rows, as_read(frame, table, form))
        except Exception as error:  # whatever a reader does with a broken file is a finding
            return _Read(path.name, [f"cannot be read: {type(error).__name__}: {error}"])


def _cells(parquet: str, formats: list[_Read]) -> Iterator[Finding]:
    """Tell the cells in which the formats differ, of the file that is alone with them."""
    found = [dict(_differing(read)) for read in formats]
    alone: set[str] = set()
    if len(formats) == 2:
        one, other = formats
        alone = {name for name in found[0] if name in found[1] and _same(one, other, name)}
    for name in sorted(alone):
        n, row, have, true = found[0][name]
        yield Finding(parquet, _told(name, n, row, true, have, "VOTable and FITS"))
    for read, told in zip(formats, found, strict=True):
        for name, (n, row, have, true) in told.items():
            if name not in alone:
                what = _told(name, n, row, have, true, "the Parquet file")
                yield Finding(read.file, what)


def _differing(read: _Read) -> Iterator[tuple[str, tuple[int, int, object, object]]]:
    """Yield each column that differs: in how many cells, where first, what is there and should."""
    for column in read.expected:
        found = read.rows[column.name]
        differs = column.ne_missing(found)
        if n := int(differs.sum()):
            row = differs.arg_true()[0]
            yield column.name, (n, row, found[row], column[row])


def _same(one: _Read, other: _Read, name: str) -> bool:
    """Whether two formats differ from the Parquet file in the same cells of a column, and alike."""
    differs = [read.expected[name].ne_missing(read.rows[name]) for read in (one, other)]
    if not differs[0].equals(differs[1]):
        return False
    # Text that FITS escapes is not the same in both.
    return one.rows[name].dtype == pl.String or one.rows[name].equals(other.rows[name])


def _told(name: str, n: int, row: int, have: object, true: object, reference: str) -> str:
    return (
        f"column {name}: {n} cells differ from {reference}; in row {row}, {have!r} instead of"
        f" {true!r}"
    )
