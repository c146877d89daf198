"""How the cells of one column changed between two catalogues."""

import math
from collections import Counter
from dataclasses import dataclass

import polars as pl

from rrcat.release.medians import Medians
from rrcat.release.sides import AFTER, Pair
from rrcat.schema import Column

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


class ColumnCounter:
    """Counts what changed in the cells of one column, of one stretch after another."""

    def __init__(self, column: Column) -> None:
        self.column = column
        self._n = Counter(appeared=0, vanished=0, changed=0)
        self._largest: list[Shift] = []
        self._set: Counter[str] = Counter()
        self._cleared: Counter[str] = Counter()

    def add(self, pair: Pair, medians: Medians) -> None:
        """Count the cells of a stretch, and give their shifts to the medians."""
        name = self.column.name
        if name not in pair.differs.columns:
            return
        before, after = pair.both[name], pair.both[f"{name}{AFTER}"]
        self._n["appeared"] += int((before.is_null() & after.is_not_null()).sum())
        self._n["vanished"] += int((before.is_not_null() & after.is_null()).sum())
        changed = self._changed(pair)
        self._n["changed"] += changed.height
        if "shift" in changed.columns:
            medians.add(("column", name), changed["shift"].to_numpy())
            top = changed.sort("shift", "source_id", descending=[True, False]).head(SHIFTS_SHOWN)
            found = [*self._largest, *(Shift(*row) for row in top.iter_rows())]
            found.sort(key=lambda one: (-one.shift, one.source_id))
            self._largest = found[:SHIFTS_SHOWN]
        for bit in self.column.bits:
            had, has = (changed["before"] & bit.value) != 0, (changed["after"] & bit.value) != 0
            self._set[bit.name] += int((has & ~had).sum())
            self._cleared[bit.name] += int((had & ~has).sum())

    def add_again(self, pair: Pair, medians: Medians) -> None:
        """Give the shifts of a stretch in a later pass, where they are asked for."""
        name = self.column.name
        if name in pair.differs.columns and medians.wants(("column", name)):
            medians.add(("column", name), self._changed(pair)["shift"].to_numpy())

    def diff(self, medians: Medians) -> ColumnDiff | None:
        """Give how the column changed; None where no cell differs."""
        if not self._n.total():
            return None
        names = [bit.name for bit in self.column.bits]
        bits = [BitChange(name, self._set[name], self._cleared[name]) for name in names]
        return ColumnDiff(
            name=self.column.name,
            unit=self.column.unit_in("votable"),
            **self._n,
            median=medians.of(("column", self.column.name)),
            largest=tuple(self._largest),
            bits=tuple(bit for bit in bits if bit.set or bit.cleared),
        )

    def _changed(self, pair: Pair) -> pl.DataFrame:
        """Give ``source_id, before, after`` of cells with another value; numbers with ``shift``."""
        name, before, after = self.column.name, pl.col("before"), pl.col("after")
        cells = pair.both.select("source_id", before=name, after=f"{name}{AFTER}")
        changed = cells.filter(before != after)  # which is null where one of them is
        if not changed.schema["before"].is_numeric() or self.column.bits:
            return changed
        # as floats, since a difference of integers may overflow
        shift = (after.cast(pl.Float64) - before.cast(pl.Float64)).abs()
        if circle := _circle(self.column):
            shift = pl.min_horizontal(shift, circle - shift)
        return changed.with_columns(shift=shift)


def _circle(column: Column) -> float | None:
    """Give the full circle of a column of angles that run all around it."""
    circle = FULL_CIRCLE.get(column.unit_in("votable"))
    if circle is None or column.range is None:
        return None
    low, high = column.range
    return circle if math.isclose(high - low, circle) else None
