"""One file in a plain format, with all that the format can say of its columns."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import polars as pl

from rrcat import atomic
from rrcat.errors import ReleaseError
from rrcat.release.about import About
from rrcat.release.astropy_table import astropy_table
from rrcat.release.documents import environment
from rrcat.release.fits import write_fits
from rrcat.release.opened import Release
from rrcat.release.parquet import write_parquet
from rrcat.release.votable import write_votable
from rrcat.schema import Column, Table

Write = Callable[[pl.DataFrame, Table, About, Path], None]


def votable(release: Release, output: Path) -> list[Path]:
    """Write ``NAME.vot`` as a release has it."""
    return [_written(release, output / f"{release.about.name}.vot", write_votable)]


def fits(release: Release, output: Path) -> list[Path]:
    """Write ``NAME.fits`` as a release has it."""
    return [_written(release, output / f"{release.about.name}.fits", write_fits)]


def parquet(release: Release, output: Path) -> list[Path]:
    """Write ``NAME.parquet`` as a release has it."""
    return [_written(release, output / f"{release.about.name}.parquet", write_parquet)]


def csv(release: Release, output: Path) -> list[Path]:
    """Write ``NAME.csv``, a null as nothing and an empty text as ``""``, and ``README.md``.

    The README tells what CSV cannot: what it is, and the unit and meaning of the columns.

    Raises
    ------
    ReleaseError
        A column holds arrays.
    """
    for column in release.table.column:
        if column.polars.is_nested():
            raise ReleaseError(
                "CSV has no place for arrays",
                column=column.name,
                hint="export to ecsv, or leave the column out with --columns",
            )
    path, told = output / f"{release.about.name}.csv", output / "README.md"
    text = environment(html=False).get_template("plain_README.md.j2")
    atomic.write_inside(path, release.frame.write_csv().encode())
    content = text.render(files=[path.name], about=release.about, table=release.table)
    atomic.write_inside(told, content.encode())
    return [path, told]


def ecsv(release: Release, output: Path) -> list[Path]:
    """Write ``NAME.ecsv``, with units, descriptions and UCDs in its header.

    ECSV does not tell an empty text from a null one, and both are read as null; nor does it keep
    blanks at the ends of a text.
    """
    path = output / f"{release.about.name}.ecsv"
    header = io.StringIO()
    astropy_table(release.table.empty(), release.table, release.about).write(
        header, format="ascii.ecsv", delimiter=","
    )
    # The rows by Polars, since astropy needs minutes for those of a large catalogue.
    rows = [_in_ecsv(release.frame[column.name], column) for column in release.table.column]
    body = pl.DataFrame(rows).write_csv(include_header=False)
    atomic.write_inside(path, (header.getvalue() + body).encode())
    return [path]


def _in_ecsv(cells: pl.Series, column: Column) -> pl.Series:
    if column.dtype == "bool":
        words = {True: "True", False: "False"}
        return cells.replace_strict(words, return_dtype=pl.String)
    if isinstance(column.polars, pl.Array):
        empty = [None] * column.polars.shape[0]
        return pl.Series(cells.name, [json.dumps(cell or empty) for cell in cells.to_list()])
    return cells


def _written(release: Release, path: Path, write: Write) -> Path:
    with atomic.naming(path):
        write(release.frame, release.table, release.about, path)
    return path
