"""From the columns of an archive to ours: names, types, words, units. Nothing is judged here."""

import difflib
import functools
import re
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import polars as pl

from rrcat.archive.config import FileTable, Source, TableMapping, TimeSystem
from rrcat.archive.readers import RawTable, read, with_nulls, without
from rrcat.archive.times import check_time_system, is_epoch, shift_times
from rrcat.archive.units import to_schema_unit
from rrcat.errors import ArchiveError
from rrcat.schema import Column, load

ROW = "row in the file"
"""Column that carries the number of each row, counted from 1, for messages."""

SHOWN = 5
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
        series = _map(rows, config.columns[name], ours[name], raw.units, path)
        if ours[name].dtype == "string":
            _check_text(series, rows[ROW], config.columns[name].column, path)
        frame = frame.with_columns(series)
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


def _map(
    rows: pl.DataFrame, source: Source, column: Column, units: dict[str, str], path: Path
) -> pl.Series:
    if source.value is not None:
        cells = pl.repeat(source.value, rows.height, eager=True)
        return _cast(cells, rows[ROW], column, str(source.value), path)
    if source.any:
        flags = [_cast(rows[name], rows[ROW], column, name, path) for name in source.any]
        return functools.reduce(lambda one, other: one | other, flags).alias(column.name)
    read = [_column(rows, name, source, column, units, path) for name in source.asked]
    return read[0] if source.column else pl.select(pl.coalesce(map(_known, read))).to_series()


def _known(cells: pl.Series) -> pl.Series:
    return cells.fill_nan(None) if cells.dtype.is_float() else cells


def _column(
    rows: pl.DataFrame,
    name: str,
    source: Source,
    column: Column,
    units: dict[str, str],
    path: Path,
) -> pl.Series:
    """Give one column of the archive as one of ours."""
    cells = rows[name]
    if source.element is not None:
        cells = _elements(cells, source.element, path)
    cells = cells.to_frame().select(without(pl.col(name), cells.dtype, source.null_values))[name]
    if source.contains is not None:
        cells = cells.cast(pl.String).str.contains(source.contains, literal=True)
    elif source.values:
        cells = _translate(cells, rows[ROW], source, path)
    series = _cast(cells, rows[ROW], column, name, path)
    if source.zero_point is not None:
        return pl.select(source.zero_point - 2.5 * series.log10()).to_series()
    if column.dtype.startswith("float"):
        factor = to_schema_unit(column, source.unit, units.get(name), name, path)
        series = series if factor == 1.0 else series * factor
    return series


def _elements(cells: pl.Series, number: int, path: Path) -> pl.Series:
    """Give one element of each array, null where the array has fewer."""
    if cells.dtype == pl.Null:
        return cells
    if isinstance(cells.dtype, pl.Array):
        cells = cells.arr.to_list()
    if not isinstance(cells.dtype, pl.List):
        raise ArchiveError(
            f"column {cells.name!r} holds {cells.dtype} and no arrays",
            file=path,
            column=cells.name,
            hint="leave `element` out",
        )
    return cells.list.get(number - 1, null_on_oob=True)


def _translate(cells: pl.Series, rows: pl.Series, source: Source, path: Path) -> pl.Series:
    words = cells.cast(pl.String)
    unlisted = words.is_not_null() & ~words.is_in(list(source.values))
    if unlisted.any():
        found = words.filter(unlisted).value_counts(sort=True).rows()
        raise ArchiveError(
            "values that the recipe does not list: "
            + ", ".join(f"{word!r} ({count} rows)" for word, count in sorted(found)),
            file=path,
            column=source.column,
            row=rows.filter(unlisted)[0],
            hint="add them to `values` of this column, or to `null_values`",
        )
    return words.replace_strict(source.values, default=None)


def _cast(cells: pl.Series, rows: pl.Series, column: Column, name: str, path: Path) -> pl.Series:
    """Give the cells in the type of our column; raise where that would change a value."""
    have, want = cells.dtype, column.polars
    if have == want or have == pl.Null:
        return cells.cast(want).alias(column.name)
    identifier = column.name in ("source_id", "archive_id")
    fits = (
        have == pl.String
        or (have.is_integer() and want != pl.Boolean)
        or (have.is_integer() and cells.drop_nulls().is_in([0, 1]).all())
        or (have.is_float() and want.is_numeric() and not identifier)
    )
    if not fits or (have == pl.String and want == pl.Boolean):
        raise ArchiveError(
            f"column {name!r} holds {have} and cannot become {column.name}, which is "
            f"{column.dtype}",
            file=path,
            column=name,
            hint=_IDENTIFIER_HINT if identifier else _TYPE_HINTS.get(column.dtype),
        )
    cast = cells.cast(want, strict=False)
    lost = cast.is_null() & cells.is_not_null()
    if want.is_integer() and have.is_float():
        lost = lost | (cast.cast(pl.Float64) != cells).fill_null(False)
    if lost.any():
        raise ArchiveError(
            f"{lost.sum()} of {len(cells)} cells of column {name!r} cannot become {column.name}, "
            f"which is {column.dtype}: " + ", ".join(map(repr, cells.filter(lost).head(SHOWN))),
            file=path,
            column=name,
            row=rows.filter(lost)[0],
            hint=_IDENTIFIER_HINT
            if identifier
            else "correct them, or list them in `null_values` if they mean nothing is known",
        )
    return cast.alias(column.name)


def _check_text(cells: pl.Series, rows: pl.Series, name: str | None, path: Path) -> None:
    """Raise on text that a release cannot store, and on empty names of stars and bands."""
    control = cells.str.contains(r"\p{Cc}")
    nameless = (cells == "") & (cells.name in ("archive_id", "band"))
    for bad, what, fix in (
        (control, "hold control characters, which VOTable and FITS cannot store", "remove them"),
        (nameless, "are empty", f"say the {cells.name}, or leave the rows out with `where`"),
    ):
        if bad.any():
            raise ArchiveError(
                f"{bad.sum()} of {len(cells)} cells of {cells.name} {what}: "
                + ", ".join(map(repr, cells.filter(bad).head(SHOWN))),
                file=path,
                column=name,
                row=rows.filter(bad)[0],
                hint=fix,
            )


_IDENTIFIER_HINT = (
    "write the file again with the identifiers as integers or as text: 64-bit ones do not survive "
    "as floating-point numbers"
)
_TYPE_HINTS = {
    "bool": "say what is true and what is false: values = { 'Y' = true, 'N' = false }",
    "string": "write what each value stands for: values = { '1' = 'RRab' }",
}


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
