"""Whether every format of a release holds the same rows, described as the table definition says.

Each format speaks for itself, so that where all of them disagree with what they are compared with,
that is at fault, and where two agree against the Parquet file, it is the Parquet file. The files
are read side by side, some thousand rows at a time.
"""

import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from rrcat.canonical import ROWS_IN_GROUP
from rrcat.release.about import About
from rrcat.release.finding import Finding
from rrcat.release.fits_check import fits_problems
from rrcat.release.manifest import MANIFEST, Manifest
from rrcat.release.parquet import CONTENT_KEY, VERSION_KEY
from rrcat.release.reading import as_read, fits_batches, votable_batches
from rrcat.release.votable import document
from rrcat.release.votable_check import votable_problems
from rrcat.schema import Table, violations

FORMATS = {"parquet": "parquet", "votable": "vot", "fits": "fits"}
FIELD = re.compile(r'<FIELD name="(\w+)"')
# Polars panics, which is no Exception, where a file says of itself what cannot be.
POLARS_ERRORS = (OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException)

Batches = Callable[[Path, Table], Iterator[pl.DataFrame]]
READERS: dict[str, tuple[Callable[[Path, Table, About], list[str]], Batches]] = {
    "votable": (votable_problems, votable_batches),
    "fits": (fits_problems, fits_batches),
}


@dataclass
class _Difference:
    """Cells of a column that differ: how many, where first, what is there and what should be.

    ``alone`` tells whether the other format has the same in all of them.
    """

    n: int
    row: int
    have: object
    true: object
    alone: bool


@dataclass
class _Read:
    """One format as it is read: what is wrong with it, and the cells that differ by column."""

    form: str
    file: str
    problems: list[str]
    rows: Iterator[pl.DataFrame] = field(default_factory=lambda: iter(()))
    n_rows: int = 0
    different: dict[str, _Difference] = field(default_factory=dict)

    def next(self) -> pl.DataFrame | None:
        """Give the next rows; None where there are none, or they cannot be read."""
        with _strictly():
            try:
                rows = next(self.rows, None)
            except Exception as error:  # whatever a reader does with a broken file is a finding
                self.problems.append(_unreadable(error))
                return None
        self.n_rows += 0 if rows is None else rows.height
        return rows


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
    path = folder / files["parquet"]
    rows = pl.scan_parquet(path, glob=False)
    try:
        names, n_rows = rows.collect_schema().names(), rows.select(pl.len()).collect().item()
        broken = [Finding(path.name, str(broken)) for broken in violations(rows, table)]
    except POLARS_ERRORS as error:
        yield Finding(path.name, f"cannot be read: {error}")
        return
    if names != table.names and not broken:
        other = f"has the columns {', '.join(names)} instead of {', '.join(table.names)}"
        broken.append(Finding(path.name, other))
    if n_rows != manifest.n_rows:
        broken.append(
            Finding(MANIFEST, f"tells {manifest.n_rows} rows, the Parquet file has {n_rows}")
        )
    yield from broken
    if broken:
        return
    compare = compared({form: folder / name for form, name in files.items()}, table, about, n_rows)
    try:
        yield from compare
    except POLARS_ERRORS as error:
        yield Finding(path.name, f"cannot be read: {error}")


def compared(
    files: Mapping[str, Path], table: Table, about: About, n_rows: int
) -> Iterator[Finding]:
    """Compare each format with the Parquet file, cell by cell, and all with what describes them."""
    path = files["parquet"]
    parquet = _Read("parquet", path.name, list(_parquet(path, table, about, n_rows)))
    others = [_read(files[form], form, table, about) for form in READERS]
    if all(read.problems for read in (parquet, *others)):
        # All three cannot be wrong in the same way.
        of_columns = all(read.problems[0].startswith("column ") for read in others)
        at_fault = "schema.toml" if of_columns else MANIFEST
        yield Finding(at_fault, f"disagrees with every format: {others[0].problems[0]}")
        return
    rows = pl.scan_parquet(path, glob=False)
    _compare(rows, n_rows, table, [read for read in others if not read.problems])
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


def _read(path: Path, form: str, table: Table, about: About) -> _Read:
    problems, batches = READERS[form]
    with _strictly():
        try:
            found = problems(path, table, about)
        except Exception as error:
            found = [_unreadable(error)]
    return _Read(form, path.name, found, batches(path, table))


@contextmanager
def _strictly() -> Iterator[None]:
    """Take as an error what astropy only warns of: it is wrong in a release.

    That it leaves a file open after an error of its own is no fault of the file.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", ResourceWarning)
        yield


def _unreadable(error: Exception) -> str:
    return f"cannot be read: {type(error).__name__}: {error}"


def _compare(rows: pl.LazyFrame, n_rows: int, table: Table, formats: list[_Read]) -> None:
    """Read the rows of all formats side by side, and note in which cells they differ."""
    for first in range(0, n_rows, ROWS_IN_GROUP):
        true = rows.slice(first, ROWS_IN_GROUP).select(table.names).collect()
        batches = []
        for read in formats:
            found = None if read.problems else read.next()
            if found is not None and found.height == true.height:
                batches.append((read, found, as_read(true, table, read.form)))
        for name in table.names:
            _compare_column(name, first, batches)
    for read in formats:
        while not read.problems and read.next() is not None:
            pass
        if not read.problems and read.n_rows != n_rows:
            read.problems.append(f"has {read.n_rows} rows, the Parquet file has {n_rows}")


def _compare_column(
    name: str, first: int, batches: list[tuple[_Read, pl.DataFrame, pl.DataFrame]]
) -> None:
    differs = [true[name].ne_missing(found[name]) for _, found, true in batches]
    if not any(one.any() for one in differs):
        return
    same = len(batches) == 2 and differs[0].equals(differs[1])
    if same:
        one, other = (found[name] for _, found, _ in batches)
        # Text that FITS escapes is not the same in both.
        same = one.dtype == pl.String or one.equals(other)
    for (read, found, true), which in zip(batches, differs, strict=True):
        if not which.any():
            continue
        row = which.arg_true()[0]
        known = read.different.setdefault(
            name, _Difference(0, first + row, found[name][row], true[name][row], alone=True)
        )
        known.n += int(which.sum())
        known.alone &= same


def _cells(parquet: str, formats: list[_Read]) -> Iterator[Finding]:
    """Tell the cells in which the formats differ, of the file that is alone with them."""
    alone: set[str] = set()
    if len(formats) == 2:
        one, other = (read.different for read in formats)
        alone = {name for name in one if name in other and one[name].alone and other[name].alone}
        for name in sorted(alone):
            told = one[name]
            yield Finding(
                parquet, _told(name, told.n, told.row, told.true, told.have, "VOTable and FITS")
            )
    for read in formats:
        for name, told in read.different.items():
            if name not in alone:
                yield Finding(
                    read.file,
                    _told(name, told.n, told.row, told.have, told.true, "the Parquet file"),
                )


def _told(name: str, n: int, row: int, have: object, true: object, reference: str) -> str:
    return (
        f"column {name}: {n} cells differ from {reference}; in row {row}, {have!r} instead of"
        f" {true!r}"
    )
