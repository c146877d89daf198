"""Checks of frames against their table definition."""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from rrcat.errors import FrameError
from rrcat.schema.definition import Column, Table

SHOWN = 5


@dataclass(frozen=True)
class Violation:
    """One rule that a frame breaks: which column, which rule, how often, and where first."""

    column: str
    rule: str
    count: int
    rows: tuple[str, ...] = ()

    def __str__(self) -> str:
        if not self.count:
            return f"{self.column}: {self.rule}"
        more = ", ..." if self.count > len(self.rows) else ""
        plural = "row" if self.count == 1 else "rows"
        where = f" ({'; '.join(self.rows)}{more})" if self.rows else ""
        return f"{self.column}: {self.rule} in {self.count} {plural}{where}"


def conform(frame: pl.DataFrame, table: Table) -> pl.DataFrame:
    """Give the frame with the table's columns in order: absent optional ones null, types cast.

    NaN becomes null, since a frame says "missing" in one way only. Casts that would change a
    value, and unknown or missing required columns, are left for :func:`check` to name.
    """
    columns = []
    for column in table.column:
        if column.name not in frame.columns:
            if not column.required:
                columns.append(pl.lit(None, dtype=column.polars).alias(column.name))
            continue
        expression = pl.col(column.name)
        if frame.schema[column.name].is_float():
            expression = expression.fill_nan(None)
        if _keeps_values(frame[column.name], column.polars):
            expression = expression.cast(column.polars)
        columns.append(expression)
    unknown = [pl.col(name) for name in frame.columns if name not in table.names]
    return frame.select(*columns, *unknown)


def _keeps_values(cells: pl.Series, want: pl.DataType) -> bool:
    """Whether a cast keeps every value, or is the usual rounding between floats."""
    have = cells.dtype
    if have.is_integer() and want.is_integer():
        return cells.cast(want, strict=False).null_count() == cells.null_count()
    return have == pl.Null or (have.is_numeric() and want.is_float())


def check(frame: pl.DataFrame, table: Table, *, file: object = None) -> None:
    """Raise unless the frame conforms to the table.

    Raises
    ------
    FrameError
        Names the table and, for every broken rule, the column, the rule, how many rows break it
        and the first of them.
    """
    broken = list(violations(frame, table))
    if broken:
        lines = "".join(f"\n  {violation}" for violation in broken)
        raise FrameError(
            f"{table.name} {table.version}: {len(broken)} broken "
            f"{'rule' if len(broken) == 1 else 'rules'}{lines}",
            file=file,
            hint=f"`rrcat schema show {table.name}` lists the columns and their rules",
        )


def violations(frame: pl.DataFrame, table: Table) -> Iterator[Violation]:
    """Yield every rule of the table that the frame breaks, in the order of the columns."""
    for name in frame.columns:
        if name not in table.names:
            yield Violation(name, "is no column of the table", 0)
    for column in table.column:
        if column.name not in frame.columns:
            if column.required:
                yield Violation(column.name, "required column is missing", 0)
        elif frame.schema[column.name] != column.polars:
            have = frame.schema[column.name]
            yield Violation(column.name, f"has type {have} instead of {column.polars}", 0)
        else:
            yield from _cells(frame, table, column)
    yield from _rows(frame, table)


def _cells(frame: pl.DataFrame, table: Table, column: Column) -> Iterator[Violation]:
    cell = pl.col(column.name)
    rules: list[tuple[str, pl.Expr]] = []
    if not column.nullable:
        rules.append(("is null", cell.is_null()))
    if column.polars.is_float():
        rules.append(("is NaN or infinite (missing values are null)", ~cell.is_finite()))
    if column.range is not None:
        low, high = column.range
        unit = f" {column.unit_in('votable')}" if column.unit else ""
        rules.append((f"is outside {low} to {high}{unit}", ~cell.is_between(low, high)))
    if column.values is not None:
        listed = ", ".join(column.values)
        rules.append((f"is none of {listed}", ~cell.is_in(list(column.values))))
    for rule, bad in rules:
        yield from _broken(frame, table, column.name, rule, bad)


def _rows(frame: pl.DataFrame, table: Table) -> Iterator[Violation]:
    present = set(frame.columns)
    if table.key and present.issuperset(table.key):
        key = ", ".join(table.key)
        yield from _broken(
            frame, table, key, "key is not unique", pl.struct(table.key).is_duplicated()
        )
    for group in table.any_of:
        known = [name for name in group if name in present]
        if not known:
            yield Violation(" or ".join(group), "one of the columns is needed", 0)
        else:
            yield from _broken(
                frame,
                table,
                " or ".join(group),
                "all are null",
                pl.all_horizontal(pl.col(name).is_null() for name in known),
            )
    if table.sort and present.issuperset(table.sort):
        order = frame.select(table.sort)
        if not order.equals(order.sort(table.sort, maintain_order=True)):
            yield Violation(", ".join(table.sort), "rows are not sorted by it", 0)


def _broken(
    frame: pl.DataFrame, table: Table, name: str, rule: str, bad: pl.Expr
) -> Iterator[Violation]:
    rows = frame.with_row_index("row").filter(bad)
    if rows.height:
        shown = [c for c in dict.fromkeys((*table.key, *name.split(", "))) if c in frame.columns]
        first = tuple(
            ", ".join(f"{what} {cell}" for what, cell in row.items())
            for row in rows.select("row", *shown).head(SHOWN).iter_rows(named=True)
        )
        yield Violation(name, rule, rows.height, first)
