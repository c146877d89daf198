"""Two catalogues side by side: their stars matched, and which of their cells moved.

Both are sorted by ``source_id``. So they are walked through together, some thousand rows at a time,
and compared however long they are.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import polars as pl

from rrcat import schema
from rrcat.errors import ReleaseError, SchemaError
from rrcat.release.batches import Rows, batches, count
from rrcat.release.candidate import FACTS, Candidate, read_candidate
from rrcat.release.manifest import MANIFEST, Manifest, read_manifest
from rrcat.release.opened import check_hashes
from rrcat.schema import Column, Table

ROUNDING = 1e-6
"""Shift of a number that another processor may make, relative to it or in its unit."""

AFTER = " after"
"""What the columns of the later catalogue have behind their name."""

STATUS = "meta.code.status"


@dataclass(frozen=True, eq=False)
class Side:
    """One of two catalogues that are compared: a release or a candidate.

    ``rows`` are sorted by ``source_id``; those of a file are read when they are asked for.
    ``warning`` says why it may not be what its label says, where there is a reason.
    """

    label: str
    folder: Path
    facts: dict[str, Any]
    table: Table
    rows: Rows
    warning: str | None = None

    @classmethod
    def of(cls, candidate: Candidate) -> "Side":
        """Take a candidate that is read already."""
        label = f"{candidate.facts['name']} (candidate)"
        return cls(label, candidate.folder, candidate.facts, candidate.table, candidate.rows)

    @classmethod
    def of_release(cls, folder: Path, manifest: Manifest, warning: str | None = None) -> "Side":
        """Take a release as it lies in a folder; no hash is compared.

        Raises
        ------
        ReleaseError
            Its catalogue cannot be read, or has not the columns of its table.
        """
        path, definition = folder / f"{manifest.name}.parquet", folder / "schema.toml"
        try:
            table = schema.read(definition)
        except SchemaError as error:
            raise _unreadable(definition, error.message) from None
        rows = pl.scan_parquet(path, glob=False)
        try:
            there = rows.collect_schema()
        except (OSError, pl.exceptions.PolarsError) as error:
            raise _unreadable(path, error) from None
        for column in table.column:
            if (have := there.get(column.name)) != column.polars:
                told = "is missing" if have is None else f"is {have} instead of {column.polars}"
                raise _unreadable(path, f"column {column.name} {told}")
        label = f"{manifest.name} {manifest.version}"
        return cls(label, folder, manifest.facts, table, rows.select(table.names), warning)

    @cached_property
    def n_rows(self) -> int:
        """The number of stars."""
        return count(self.rows)

    @cached_property
    def frame(self) -> pl.DataFrame:
        """All rows in memory."""
        return self.rows.lazy().collect()


def open_side(folder: Path) -> Side:
    """Open a release or a candidate to compare it.

    A candidate whose files have changed is refused. A release is compared even so, with a warning:
    how it differs from another one may be what is asked.

    Raises
    ------
    ReleaseError
        The folder is neither, or its catalogue cannot be read.
    """
    if (folder / MANIFEST).is_file():
        manifest, warning = read_manifest(folder), None
        try:
            check_hashes(folder, manifest, ("schema.toml", f"{manifest.name}.parquet"))
        except ReleaseError as error:
            warning = error.message
        return Side.of_release(folder, manifest, warning)
    if (folder / FACTS).is_file():
        return Side.of(read_candidate(folder))
    if not folder.exists():
        raise ReleaseError(
            "there is no such folder", file=folder, hint="give that of a release or a candidate"
        )
    raise ReleaseError(
        "the folder holds neither a release nor a finished candidate",
        file=folder,
        hint="give what `rrcat release` or `rrcat build` made",
    )


def _unreadable(path: Path, why: object) -> ReleaseError:
    return ReleaseError(
        f"the catalogue cannot be read: {why}",
        file=path,
        hint="`rrcat verify` tells what else is wrong with the release",
    )


class _Ahead:
    """The next rows of a side that is walked through, up to the star ``end``; None for no more."""

    def __init__(self, side: Side, names: Sequence[str]) -> None:
        self.side = side
        self.batches = batches(side.rows, names)
        self.rows = side.rows.lazy().select(names).head(0).collect()
        self.end: int | None = None
        self.read()

    def read(self) -> None:
        """Read on."""
        try:
            rows = next(self.batches, None)
        except pl.exceptions.PolarsError as error:
            raise _unreadable(self.side.folder, error) from None
        if rows is None:
            self.end = None
            return
        self.rows, stars = rows, rows["source_id"]
        if not (stars[1:] > stars[:-1]).all() or (self.end is not None and stars[0] <= self.end):
            raise _unreadable(self.side.folder, "its stars do not stand in ascending order")
        self.end = stars[-1]

    def take(self, end: int) -> pl.DataFrame:
        """Give the rows up to a star, it among them."""
        n = int(self.rows["source_id"].search_sorted(end, side="right"))
        taken, self.rows = self.rows[:n], self.rows[n:]
        if self.rows.is_empty() and self.end is not None:
            self.read()
        return taken


@dataclass(frozen=True, eq=False)
class Pair:
    """Two catalogues, from ``before`` to ``after``, their stars matched by ``source_id``.

    What is told of each star is of all rows at once; of long catalogues ask :meth:`stretches`.
    """

    before: Side
    after: Side

    def stretches(self) -> Iterator["Pair"]:
        """Yield the pair in parts, each of both sides from one ``source_id`` to another.

        They have the shared columns alone, and no more rows than two groups of Parquet.

        Raises
        ------
        ReleaseError
            A catalogue cannot be read, or its rows are not sorted.
        """
        names = ["source_id", *(column.name for column in self.shared)]
        old, new = _Ahead(self.before, names), _Ahead(self.after, names)
        while ends := [one.end for one in (old, new) if one.end is not None]:
            before, after = old.take(min(ends)), new.take(min(ends))
            yield Pair(replace(self.before, rows=before), replace(self.after, rows=after))

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

    def only_in(self, which: Literal["before", "after"]) -> pl.Series:
        """Give the stars that one of the two has alone, in ascending order."""
        one, other = self.before.frame, self.after.frame
        if which == "after":
            one, other = other, one
        return one.select("source_id").join(other, on="source_id", how="anti")["source_id"].sort()


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
