"""What changed between two catalogues: rows, columns, values, reasons."""

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from rrcat import schema
from rrcat.errors import ReleaseError
from rrcat.release.candidate import FACTS, read_candidate
from rrcat.release.facts_diff import FactChange, facts_diff
from rrcat.release.manifest import MANIFEST, read_manifest
from rrcat.schema import Column, SchemaDiff, Table

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
    """All differences between two catalogues, from ``before`` to ``after``."""

    before: str
    after: str
    n_before: int
    n_after: int
    added: tuple[int, ...]
    removed: tuple[int, ...]
    n_changed: int
    columns: tuple[ColumnDiff, ...]
    statuses: tuple[tuple[str, str, int], ...]
    facts: tuple[FactChange, ...]
    schema: SchemaDiff

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
    (old_name, old_facts, old_table, old) = _open(a)
    (new_name, new_facts, new_table, new) = _open(b)
    shared = [
        name
        for name in old_table.names
        if name in new_table.names
        and name != "source_id"
        and old_table[name].dtype == new_table[name].dtype
    ]
    both = old.select("source_id", *shared).join(
        new.select("source_id", *shared),
        on="source_id",
        how="inner",
        suffix=" after",
        maintain_order="left",
    )
    differs = {name: both[name].ne_missing(both[f"{name} after"]) for name in shared}
    changed = pl.DataFrame(differs).select(pl.any_horizontal(pl.all())).to_series()
    return ReleaseDiff(
        before=old_name,
        after=new_name,
        n_before=old.height,
        n_after=new.height,
        added=_only_in(new, old),
        removed=_only_in(old, new),
        n_changed=int(changed.sum()),
        columns=tuple(_column(both, new_table[name]) for name in shared if differs[name].any()),
        statuses=_statuses(both),
        facts=facts_diff(old_facts, new_facts),
        schema=schema.diff(old_table, new_table),
    )


def _open(folder: Path) -> tuple[str, dict[str, Any], Table, pl.DataFrame]:
    """Give the label, the facts, the table definition and the rows of a release or candidate."""
    if (folder / MANIFEST).is_file():
        manifest = read_manifest(folder)
        path = folder / f"{manifest.name}.parquet"
        try:
            frame = pl.read_parquet(path, glob=False)
        except (OSError, pl.exceptions.PolarsError) as error:
            raise ReleaseError(
                f"the catalogue cannot be read: {error}",
                file=path,
                hint="`rrcat verify` tells what else is wrong with the release",
            ) from None
        label = f"{manifest.name} {manifest.version}"
        return label, manifest.facts, schema.read(folder / "schema.toml"), frame
    if (folder / FACTS).is_file():
        candidate = read_candidate(folder)
        label = f"{candidate.facts['name']} (candidate)"
        return label, candidate.facts, candidate.table, candidate.frame
    raise ReleaseError(
        "the folder holds neither a release nor a finished candidate",
        file=folder,
        hint="give what `rrcat release` or `rrcat build` made",
    )


def _only_in(one: pl.DataFrame, other: pl.DataFrame) -> tuple[int, ...]:
    return tuple(one.join(other, on="source_id", how="anti")["source_id"].sort())


def _column(both: pl.DataFrame, column: Column) -> ColumnDiff:
    name = column.name
    before, after = pl.col(name), pl.col(f"{name} after")
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
    before, after = changed[column.name], changed[f"{column.name} after"]
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
    before, after = "feh_status", "feh_status after"
    counts = both.filter(pl.col(before) != pl.col(after)).group_by(before, after).len()
    return tuple(counts.sort("len", before, after, descending=[True, False, False]).iter_rows())
