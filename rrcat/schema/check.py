"""Checks of frames against their table definition."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

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
    types = frame.schema
    for column in table.column:
        if column.name not in types:
            if not column.required:
                columns.append(pl.lit(None, dtype=column.polars).alias(column.name))
            continue
        expression = pl.col(column.name)
        if types[column.name].is_float():
            expression = expression.fill_nan(None)
        if _keeps_values(frame[column.name], column.polars):
            expression = expression.cast(column.polars)
        columns.append(expression)
    unknown = [pl.col(name) for name in frame.columns if name not in table.names]
    return frame.select(*columns, *unknown)


def _keeps_values(cells: pl.Series, want: pl.DataType) -> bool:
    """Whether a cast keeps every value, or is the usual rounding between floats."""
    have = cells.dtype
    if isinstance(want, pl.List):
        inner = have.inner if isinstance(have, pl.List | pl.Array) else None
        return have == pl.Null or (inner is not None and (inner == pl.Null or inner.is_numeric()))
    if have.is_integer() and want.is_integer():
        return cells.cast(want, strict=False).null_count() == cells.null_count()
    return have == pl.Null or (have.is_numeric() and want.is_float())


def check(frame: pl.DataFrame | pl.LazyFrame, table: Table, *, file: object = None) -> None:
    """Raise unless the frame conforms to the table.

    Of one that is not in memory at most keys are held, and not even those where it is sorted by a
    key of one column.

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


def violations(frame: pl.DataFrame | pl.LazyFrame, table: Table) -> Iterator[Violation]:
    """Yield every rule of the table that the frame breaks: those of whole columns, then of rows."""
    rows = frame.lazy()
    types = rows.collect_schema()
    for name in types:
        if name not in table.names:
            yield Violation(name, "is no column of the table", 0)
    sound = []
    for column in table.column:
        if column.name not in types:
            if column.required:
                yield Violation(column.name, "required column is missing", 0)
        elif (have := types[column.name]) != column.polars:
            yield Violation(column.name, f"has type {have} instead of {column.polars}", 0)
        else:
            sound.append(column)
    for group in table.any_of:
        if not set(group) & set(types):
            yield Violation(" or ".join(group), "one of the columns is needed", 0)
    engine: Literal["auto", "streaming"] = (
        "streaming" if isinstance(frame, pl.LazyFrame) else "auto"
    )
    # A key whose rows ascend by it is unique and sorted; to see that, no keys need be held.
    ascends = (
        len(table.key) == 1
        and table.key == table.sort
        and table.key[0] in {column.name for column in sound}
        and _ascends(rows, table.key[0], engine)
    )
    # One pass tells how often each rule is broken; rows are looked for only where one is.
    rules = [rule for column in sound for rule in _cell_rules(column)]
    rules += _row_rules(types, table, key_is_unique=ascends)
    broken = rows.select(rule.bad.sum().alias(str(i)) for i, rule in enumerate(rules))
    counts = broken.collect(engine=engine).row(0) if rules else ()
    for rule, count in zip(rules, counts, strict=True):
        if count:
            yield Violation(rule.column, rule.words, count, _first_rows(rows, types, table, rule))
    if table.sort and set(table.sort) <= set(types) and not ascends:
        order = rows.select(table.sort).collect()
        if not order.equals(order.sort(table.sort, maintain_order=True)):
            yield Violation(", ".join(table.sort), "rows are not sorted by it", 0)


def _ascends(rows: pl.LazyFrame, name: str, engine: Literal["auto", "streaming"]) -> bool:
    """Whether each cell of a column is greater than the one before it, and none is null."""
    cell = pl.col(name)
    risen = (cell > cell.shift()).sum()
    return bool(rows.select(risen + 1 >= pl.len()).collect(engine=engine).item())


class _Rule(NamedTuple):
    column: str
    words: str
    bad: pl.Expr


def _cell_rules(column: Column) -> Iterator[_Rule]:
    name, cell = column.name, pl.col(column.name)
    if not column.nullable:
        yield _Rule(name, "is null", cell.is_null())
    if column.polars.is_float():
        yield _Rule(name, "is NaN or infinite (missing values are null)", ~cell.is_finite())
    if column.is_list:
        finite = pl.element().is_finite().fill_null(False)
        yield _Rule(name, "has null, NaN or infinite elements", ~_every(cell, finite))
    if column.range is not None:
        low, high = column.range
        unit = f" {column.unit_in('votable')}" if column.unit else ""
        if column.is_list:
            inside = pl.element().is_between(low, high)
            yield _Rule(name, f"has elements outside {low} to {high}{unit}", ~_every(cell, inside))
        else:
            yield _Rule(name, f"is outside {low} to {high}{unit}", ~cell.is_between(low, high))
    if column.values is not None:
        listed = ", ".join(column.values)
        yield _Rule(name, f"is none of {listed}", ~cell.is_in(list(column.values)))


def _every(cell: pl.Expr, element: pl.Expr) -> pl.Expr:
    return cell.list.eval(element).list.all()


def _row_rules(types: pl.Schema, table: Table, *, key_is_unique: bool) -> Iterator[_Rule]:
    present = set(types)
    if table.key and present.issuperset(table.key) and not key_is_unique:
        twice = pl.struct(table.key).is_duplicated()
        yield _Rule(", ".join(table.key), "key is not unique", twice)
    for column in table.column:
        if column.length in present and types.get(column.name) == column.polars:
            wrong = pl.col(column.name).list.len() != pl.col(column.length)
            yield _Rule(column.name, f"is not as long as {column.length} says", wrong)
    for group in table.any_of:
        if known := [pl.col(name).is_null() for name in group if name in present]:
            yield _Rule(" or ".join(group), "all are null", pl.all_horizontal(known))


def _first_rows(
    frame: pl.LazyFrame, types: pl.Schema, table: Table, rule: _Rule
) -> tuple[str, ...]:
    shown = [
        name
        for name in dict.fromkeys((*table.key, rule.column))
        if name in types and not isinstance(types[name], pl.List)  # too long to be shown
    ]
    bad = frame.with_row_index("row").filter(rule.bad).select("row", *shown)
    rows = bad.head(SHOWN).collect()
    return tuple(
        ", ".join(f"{what} {cell}" for what, cell in row.items())
        for row in rows.iter_rows(named=True)
    )
