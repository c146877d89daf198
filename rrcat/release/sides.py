"""Two catalogues side by side: their stars matched, and which of their cells moved."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import polars as pl

from rrcat import schema
from rrcat.errors import ReleaseError
from rrcat.release.candidate import FACTS, Candidate, read_candidate
from rrcat.release.manifest import MANIFEST, read_manifest
from rrcat.schema import Column, Table

ROUNDING = 1e-6
"""Shift of a number that another processor may make, relative to it or in its unit."""

AFTER = " after"
"""What the columns of the later catalogue have behind their name."""

STATUS = "meta.code.status"


@dataclass(frozen=True, eq=False)
class Side:
    """One of two catalogues that are compared: a release or a candidate."""

    label: str
    folder: Path
    facts: dict[str, Any]
    table: Table
    frame: pl.DataFrame

    @classmethod
    def of(cls, candidate: Candidate) -> "Side":
        """Take a candidate that is read already."""
        label = f"{candidate.facts['name']} (candidate)"
        return cls(label, candidate.folder, candidate.facts, candidate.table, candidate.frame)


def open_side(folder: Path) -> Side:
    """Read a release or a candidate to compare it.

    Raises
    ------
    ReleaseError
        The folder is neither, or its catalogue cannot be read.
    """
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
        return Side(label, folder, manifest.facts, schema.read(folder / "schema.toml"), frame)
    if (folder / FACTS).is_file():
        return Side.of(read_candidate(folder))
    raise ReleaseError(
        "the folder holds neither a release nor a finished candidate",
        file=folder,
        hint="give what `rrcat release` or `rrcat build` made",
    )


@dataclass(frozen=True, eq=False)
class Pair:
    """Two catalogues, from ``before`` to ``after``, their stars matched by ``source_id``."""

    before: Side
    after: Side

    @cached_property
    def shared(self) -> list[Column]:
        """The columns of the later table, without ``source_id``, that both have in one type."""
        old, new = self.before.table, self.after.table
        return [
            column
            for column in new.column
            if column.name != "source_id"
            and column.name in old.names
            and old[column.name].dtype == column.dtype
        ]

    @cached_property
    def both(self) -> pl.DataFrame:
        """The stars of both; each shared column twice, the later one with :data:`AFTER`."""
        names = [column.name for column in self.shared]
        return self.before.frame.select("source_id", *names).join(
            self.after.frame.select("source_id", *names),
            on="source_id",
            how="inner",
            suffix=AFTER,
            maintain_order="left",
        )

    @cached_property
    def differs(self) -> pl.DataFrame:
        """For each shared column in which any cell differs, whether it does ``(n_both,)``."""
        names = [column.name for column in self.shared]
        cells = self.both.select(
            pl.col(name).ne_missing(pl.col(f"{name}{AFTER}")) for name in names
        )
        return cells.select(name for name in cells.columns if cells[name].any())

    @cached_property
    def moved(self) -> pl.DataFrame:
        """As :attr:`differs`, of cells that had a value and whose shift is more than rounding."""
        return self.both.select(self._each(_moved))

    @cached_property
    def filled(self) -> pl.DataFrame:
        """As :attr:`differs`, of cells that newly have a value."""
        return self.both.select(self._each(_filled))

    def _each(self, ask: Callable[[Column, set[int]], pl.Expr]) -> Iterator[pl.Expr]:
        for column in self.shared:
            if column.name in self.differs.columns:
                known = {bit.value for bit in self.before.table[column.name].bits}
                yield ask(column, known).alias(column.name)

    def only_in(self, which: Literal["before", "after"]) -> tuple[int, ...]:
        """Give the stars that one of the two has alone, in ascending order."""
        one, other = self.before.frame, self.after.frame
        if which == "after":
            one, other = other, one
        return tuple(one.join(other, on="source_id", how="anti")["source_id"].sort())


def _moved(column: Column, known_bits: set[int]) -> pl.Expr:
    before, after = pl.col(column.name), pl.col(f"{column.name}{AFTER}")
    gone = before.is_not_null() & after.is_null()
    if column.ucd == STATUS:
        return (before == "ok") & after.ne_missing(pl.lit("ok"))
    if column.bits:
        # A bit that the table defines newly adds something; it changes nothing.
        mask = pl.lit(sum(known_bits), dtype=column.polars)
        return (before & mask) != (after & mask)
    if column.dtype in ("float32", "float64"):
        allowed = ROUNDING * (1 + before.abs())
        return (gone | ((after - before).abs() > allowed)).fill_null(False)
    return (gone | (before != after)).fill_null(False)


def _filled(column: Column, known_bits: set[int]) -> pl.Expr:
    before, after = pl.col(column.name), pl.col(f"{column.name}{AFTER}")
    if column.ucd == STATUS:
        return before.ne_missing(pl.lit("ok")) & (after == "ok").fill_null(False)
    if column.bits:
        added = sum({bit.value for bit in column.bits} - known_bits)
        return (after & pl.lit(added, dtype=column.polars)) != 0
    return before.is_null() & after.is_not_null()
