"""What changed between two catalogues: rows, columns, values, reasons, and why."""

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from rrcat import schema
from rrcat.release.causes import CauseCount, causes_of, counts
from rrcat.release.changed_stars import StarChange, changed_most
from rrcat.release.facts_diff import FactChange, facts_diff
from rrcat.release.origins import origins
from rrcat.release.sides import AFTER, Pair, open_side
from rrcat.release.step import Step, step_for
from rrcat.schema import Column, SchemaDiff

SHIFTS_SHOWN = 5
FULL_CIRCLE = {"rad": math.tau, "deg": 360.0}


@dataclass(frozen=True)
class Shift:
    """One number that moved: of which star, from what to what.

    ``shift`` is how far, without sign; an angle goes the short way round.
    """

    source_id: int
    before: float
    after: float
    shift: float


@dataclass(frozen=True)
class BitChange:
    """One bit of flags: for how many stars it was newly set, and cleared."""

    name: str
    set: int
    cleared: int


@dataclass(frozen=True)
class ColumnDiff:
    """How the cells of one column changed, among the stars in both catalogues.

    ``changed`` counts cells with a value in both. For numbers, ``median`` is the median shift of
    the cells that changed, without sign and in ``unit``, and ``largest`` are the largest shifts,
    the largest first; for text and flags there are none. Flags have ``bits`` instead.
    """

    name: str
    unit: str
    appeared: int
    vanished: int
    changed: int
    median: float | None
    largest: tuple[Shift, ...]
    bits: tuple[BitChange, ...]


@dataclass(frozen=True)
class ReleaseDiff:
    """All differences between two catalogues, from ``before`` to ``after``.

    ``rows_why`` are the causes that stars may have come or gone for, ``causes`` and ``stars`` why
    values changed, ``estimators`` how those differ that both have; ``step`` is how far all of it
    asks the version to move.
    """

    before: str
    after: str
    n_before: int
    n_after: int
    added: tuple[int, ...]
    removed: tuple[int, ...]
    rows_why: tuple[str, ...]
    n_changed: int
    causes: tuple[CauseCount, ...]
    stars: tuple[StarChange, ...]
    estimators: dict[str, tuple[str, ...]]
    columns: tuple[ColumnDiff, ...]
    statuses: tuple[tuple[str, str, int], ...]
    facts: tuple[FactChange, ...]
    schema: SchemaDiff
    step: Step

    @property
    def is_empty(self) -> bool:
        """Whether the two catalogues hold the same rows under the same definition.

        They may have been made from different facts all the same.
        """
        return not (self.added or self.removed or self.n_changed or self.schema.changes)

    def as_dict(self) -> dict[str, Any]:
        """Give the differences as plain data."""
        return asdict(self) | {"is_empty": self.is_empty, "schema_level": self.schema.level}


def diff(a: Path, b: Path) -> ReleaseDiff:
    """Compare two folders, releases or candidates, from ``a`` to ``b``.

    Stars are matched by ``source_id``. Columns that only one of the two has are told as changes of
    the schema, those of another type are not compared cell by cell.

    Raises
    ------
    ReleaseError
        A folder is neither a release nor a candidate, or its catalogue cannot be read.
    """
    return differences(Pair(open_side(a), open_side(b)))


def differences(pair: Pair) -> ReleaseDiff:
    """Tell the differences of two catalogues that are opened."""
    old, new = pair.before, pair.after
    facts = facts_diff(old.facts, new.facts)
    table = schema.diff(old.table, new.table)
    found = origins(pair, facts)
    causes = causes_of(pair, found)
    added, removed = pair.only_in("after"), pair.only_in("before")
    return ReleaseDiff(
        before=old.label,
        after=new.label,
        n_before=old.frame.height,
        n_after=new.frame.height,
        added=added,
        removed=removed,
        rows_why=(found.rows or ("not known",)) if added or removed else (),
        n_changed=causes.height,
        causes=counts(causes),
        stars=changed_most(pair, found, causes),
        estimators=found.estimators,
        columns=tuple(
            _column(pair.both, column)
            for column in pair.shared
            if column.name in pair.differs.columns
        ),
        statuses=_statuses(pair.both),
        facts=facts,
        schema=table,
        step=step_for(pair, facts, table),
    )


def _column(both: pl.DataFrame, column: Column) -> ColumnDiff:
    name = column.name
    before, after = pl.col(name), pl.col(f"{name}{AFTER}")
    changed = both.filter(before.is_not_null() & after.is_not_null() & (before != after))
    median: float | None = None
    largest: list[Shift] = []
    if both.schema[name].is_numeric() and not column.bits and changed.height:
        # as floats, since a difference of integers may overflow
        shift = (after.cast(pl.Float64) - before.cast(pl.Float64)).abs()
        if circle := _circle(column):
            shift = pl.min_horizontal(shift, circle - shift)
        moved = changed.select("source_id", before, after, shift=shift)
        median = float(np.median(moved["shift"]))
        top = moved.sort("shift", "source_id", descending=[True, False]).head(SHIFTS_SHOWN)
        largest = [Shift(*row) for row in top.iter_rows()]
    return ColumnDiff(
        name=name,
        unit=column.unit_in("votable"),
        appeared=both.filter(before.is_null() & after.is_not_null()).height,
        vanished=both.filter(before.is_not_null() & after.is_null()).height,
        changed=changed.height,
        median=median,
        largest=tuple(largest),
        bits=tuple(_bits(changed, column)),
    )


def _bits(changed: pl.DataFrame, column: Column) -> Iterator[BitChange]:
    """Yield the bits of a column of flags that differ."""
    before, after = changed[column.name], changed[f"{column.name}{AFTER}"]
    for bit in column.bits:
        had, has = (before & bit.value) != 0, (after & bit.value) != 0
        if (had != has).any():
            yield BitChange(bit.name, int((has & ~had).sum()), int((had & ~has).sum()))


def _circle(column: Column) -> float | None:
    """Give the full circle of a column of angles that run all around it."""
    circle = FULL_CIRCLE.get(column.unit_in("votable"))
    if circle is None or column.range is None:
        return None
    low, high = column.range
    return circle if math.isclose(high - low, circle) else None


def _statuses(both: pl.DataFrame) -> tuple[tuple[str, str, int], ...]:
    """Count the stars by the status they had and the one they have, where they differ."""
    if "feh_status" not in both.columns:
        return ()
    before, after = "feh_status", f"feh_status{AFTER}"
    counts = both.filter(pl.col(before) != pl.col(after)).group_by(before, after).len()
    return tuple(counts.sort("len", before, after, descending=[True, False, False]).iter_rows())
