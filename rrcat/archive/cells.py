"""From the cells of an archive to those of one of our columns: types, words, units, arrays."""

import functools
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from rrcat.archive.columns import Source
from rrcat.archive.readers import without
from rrcat.archive.units import to_schema_unit
from rrcat.errors import ArchiveError
from rrcat.schema import Column

SHOWN = 5

_IDENTIFIER_HINT = (
    "write the file again with the identifiers as integers or as text: 64-bit ones do not survive "
    "as floating-point numbers"
)
_TYPE_HINTS = {
    "bool": "say what is true and what is false: values = { 'Y' = true, 'N' = false }",
    "string": "write what each value stands for: values = { '1' = 'RRab' }",
}


def map_cells(
    frame: pl.DataFrame,
    rows: pl.Series,
    source: Source,
    column: Column,
    units: Mapping[str, str],
    path: Path,
) -> pl.Series:
    """Give one of our columns from the columns of a table, in the type and unit of the schema.

    Parameters
    ----------
    frame
        The table, in its own columns; all that ``source`` asks for are there.
    rows
        Number of each row, for messages.
    source, column
        Where the values come from, and the column they become.
    units
        Those that the table states, by the name of its column.
    path
        Where the table is, for messages.

    Raises
    ------
    ArchiveError
        The type or unit cannot be ours, or a cell cannot be read or stored.
    """
    cells = _values(frame, rows, source, column, units, path)
    if column.dtype == "string":
        _check_text(cells, rows, source.column, path)
    return cells


def _values(
    frame: pl.DataFrame,
    rows: pl.Series,
    source: Source,
    column: Column,
    units: Mapping[str, str],
    path: Path,
) -> pl.Series:
    if source.value is not None:
        cells = pl.repeat(source.value, frame.height, eager=True)
        return _cast(cells, rows, column, str(source.value), path)
    if source.any:
        flags = [_cast(frame[name], rows, column, name, path) for name in source.any]
        return functools.reduce(lambda one, other: one | other, flags).alias(column.name)
    read = [_column(frame[name], rows, source, column, units, path) for name in source.asked]
    return read[0] if source.column else pl.select(pl.coalesce(map(_known, read))).to_series()


def _known(cells: pl.Series) -> pl.Series:
    return cells.fill_nan(None) if cells.dtype.is_float() else cells


def _column(
    cells: pl.Series,
    rows: pl.Series,
    source: Source,
    column: Column,
    units: Mapping[str, str],
    path: Path,
) -> pl.Series:
    """Give one column of the archive as one of ours."""
    name = cells.name
    if source.element is not None:
        cells = _elements(cells, source.element, path)
    cells = cells.to_frame().select(without(pl.col(name), cells.dtype, source.null_values))[name]
    if source.contains is not None:
        cells = cells.cast(pl.String).str.contains(source.contains, literal=True)
    elif source.values:
        cells = _translate(cells, rows, source, path)
    series = _cast(cells, rows, column, name, path)
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
