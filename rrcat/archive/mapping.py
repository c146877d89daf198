"""From a table of an archive to one in our columns. Nothing is judged here."""

import difflib
import re
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import polars as pl

from rrcat.archive.cells import map_cells
from rrcat.archive.columns import TableMapping
from rrcat.archive.config import FileTable, TimeSystem
from rrcat.archive.readers import RawTable, read, with_nulls, without
from rrcat.archive.times import check_time_system, is_epoch, shift_times
from rrcat.errors import ArchiveError
from rrcat.schema import Column, load

ROW = "row in the file"
"""Column that carries the number of each row, counted from 1, for messages."""

MAX_ID = 2**63 - 2

ARCHIVE_ID = Column(
    name="archive_id",
    dtype="string",
    ucd="meta.id",
    description="Designation in the archive, in tables that have no such column of their own.",
)


def map_table(raw: RawTable, config: TableMapping, time: TimeSystem, place: Path) -> pl.DataFrame:
    """Give the rows of a table in our columns, wherever the table is from.

    The frame holds the columns that the recipe maps, in the types and units of the schema and
    with our origin of time, and :data:`ROW`. Identifiers are valid, and there in every row unless
    the table may have rows without. ``place`` says in messages where the table is.

    Raises
    ------
    ArchiveError
        A column is missing, has a type or unit that cannot be ours, or a cell cannot be read; or
        the table states another time system than the recipe.
    """
    raw = replace(raw, frame=with_nulls(raw.frame, config.null_values))
    return _mapped(raw, _numbered(raw, config, place), config, time, place)


def map_file(config: FileTable, time: TimeSystem, base: Path) -> tuple[pl.DataFrame, int]:
    """Read a file and give what :func:`map_table` gives of it, and how many rows the file has.

    Raises
    ------
    ArchiveError
        As there; or no row is left.
    """
    raw, rows = _read(config, base)
    kept = _kept(rows, config, base)
    return _mapped(raw, kept, config, time, base / config.file), rows.height


def map_stars(
    config: FileTable, time: TimeSystem, base: Path
) -> tuple[pl.DataFrame, int, pl.DataFrame]:
    """Give what :func:`map_file` gives, and the stars of which `where` leaves out every row.

    Those are a frame of their identifiers, ``source_id`` or ``archive_id``, sorted; one that
    cannot be read is left out for good with its row.
    """
    raw, rows = _read(config, base)
    kept = _kept(rows, config, base)
    frame = _mapped(raw, kept, config, time, base / config.file)
    name = _identifier(config)
    source, dtype = config.columns[name], frame.schema[name]
    if source.column is None:
        return frame, rows.height, frame.select(name).clear()
    cell = without(pl.col(source.column), rows.schema[source.column], source.null_values)
    left_out = (
        rows.join(kept.select(ROW), on=ROW, how="anti")
        .select(cell.cast(dtype, strict=False).alias(name))
        .drop_nulls()
        .unique()
        .join(frame.select(name), on=name, how="anti")
        .sort(name)
    )
    return frame, rows.height, left_out


def _read(config: FileTable, base: Path) -> tuple[RawTable, pl.DataFrame]:
    """Read the file; give it, and its rows with their numbers."""
    path = base / config.file
    ours = _our_columns(config)
    text = {s.column for n, s in config.columns.items() if ours[n].dtype == "string" and s.column}
    raw = read(path, table=config.table, text=text, null_values=config.null_values)
    return raw, _numbered(raw, config, path)


def _numbered(raw: RawTable, config: TableMapping, path: Path) -> pl.DataFrame:
    """Give the rows with their numbers, after a look whether every column asked for is there."""
    _require(raw, config, path)
    if ROW in raw.frame.columns:
        raise ArchiveError(
            f"a column has the name {ROW!r}, under which rows are counted here",
            file=path,
            column=ROW,
            hint="rename the column in the file",
        )
    return raw.frame.with_row_index(ROW, offset=1)


def _kept(rows: pl.DataFrame, config: FileTable, base: Path) -> pl.DataFrame:
    path = base / config.file
    kept = sql_filter(rows, config.where, file=path)
    if kept.is_empty():
        raise ArchiveError(
            "no row of the file is left" if rows.height else "the file has no rows",
            file=path,
            where=config.where if rows.height else None,
            hint="check `where`" if rows.height else "give a file with rows; is it complete?",
        )
    return kept


def _mapped(
    raw: RawTable, rows: pl.DataFrame, config: TableMapping, time: TimeSystem, path: Path
) -> pl.DataFrame:
    ours = _our_columns(config)
    frame = rows.select(ROW)
    identifier = _identifier(config)
    for name in sorted(config.columns, key=lambda name: name != identifier):
        cells = map_cells(rows, rows[ROW], config.columns[name], ours[name], raw.units, path)
        frame = frame.with_columns(cells)
        if name == identifier:
            _check_identifiers(frame, identifier, config, path)
        if is_epoch(ours[name].ucd):
            check_time_system(raw.times.get(config.columns[name].column or ""), time, path)
    return shift_times(frame, config.schema_name, time)


def _our_columns(config: TableMapping) -> dict[str, Column]:
    return {column.name: column for column in (ARCHIVE_ID, *load(config.schema_name).column)}


def _identifier(config: TableMapping) -> str:
    return "source_id" if "source_id" in config.columns else "archive_id"


def sql_filter(frame: pl.DataFrame, where: str | None, **place: object) -> pl.DataFrame:
    """Give the rows for which an SQL expression over the columns is true; all for None."""
    if where is None:
        return frame
    try:
        return frame.filter(pl.sql_expr(where))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        reason = re.split(r"; valid columns|\n", str(error).strip())[0]
        raise ArchiveError(
            f"cannot follow `where = {where!r}`: {reason}",
            hint="it is an SQL expression such as `period > 0.2 AND pulsation_type = 'RRab'`; "
            f"the columns are {', '.join(name for name in frame.columns if name != ROW)}",
            **place,
        ) from None


def _require(raw: RawTable, config: TableMapping, path: Path) -> None:
    there = raw.frame.columns
    for name, source in config.columns.items():
        for asked in source.asked:
            if asked not in there:
                raise ArchiveError(
                    f"the file has no column {asked!r}, which the recipe takes for {name}",
                    file=path,
                    column=asked,
                    hint=_nearest(asked, there),
                )


def _nearest(asked: str, there: Collection[str]) -> str:
    folded = {name.casefold(): name for name in there}
    near = [folded[n] for n in difflib.get_close_matches(asked.casefold(), folded, n=3, cutoff=0.5)]
    if near:
        return f"did you mean {' or '.join(map(repr, near))}?"
    return f"its columns are {', '.join(there)}"


def _check_identifiers(frame: pl.DataFrame, name: str, config: TableMapping, path: Path) -> None:
    source = config.columns[name].column
    without_id = frame.filter(pl.col(name).is_null())
    if without_id.height and not config.nameless_rows:
        raise ArchiveError(
            f"{without_id.height} of {frame.height} rows have no {name}",
            file=path,
            column=source,
            row=without_id[ROW][0],
            hint=f"leave them out: where = '\"{source}\" IS NOT NULL'",
        )
    if name == "source_id":
        bad = frame.filter(~pl.col(name).is_between(0, MAX_ID))
        if bad.height:
            raise ArchiveError(
                f"{bad.height} of {frame.height} rows have a source_id that is none, the first is "
                f"{bad[name][0]}",
                file=path,
                column=source,
                row=bad[ROW][0],
                hint=f"identifiers are whole numbers from 0 to {MAX_ID}; 2^63 - 1 and negative "
                "numbers stand for missing ones: correct the rows or leave them out with `where`",
            )
