"""What changed between two catalogues: rows, columns, values, reasons, and why."""

from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl

from rrcat import schema
from rrcat.release.causes import CauseCount, CauseCounter, causes_of
from rrcat.release.changed_stars import ChangedMost, StarChange
from rrcat.release.diff_columns import ColumnCounter, ColumnDiff
from rrcat.release.facts_diff import FactChange, facts_diff
from rrcat.release.medians import Medians
from rrcat.release.origins import Origins, origins
from rrcat.release.sides import AFTER, Pair, open_side
from rrcat.release.step import Moves, Step, step_for
from rrcat.schema import SchemaDiff


@dataclass(frozen=True)
class ReleaseDiff:
    """All differences between two catalogues, from ``before`` to ``after``.

    ``rows_why`` are the causes that stars may have come or gone for, ``causes`` and ``stars`` why
    values changed, ``estimators`` how those differ that both have; ``step`` is how far all of it
    asks the version to move; of two different catalogues it is none.

    ``warnings`` say, in words, why the differences may not be what they seem.
    """

    before: str
    after: str
    warnings: tuple[str, ...]
    same_catalogue: bool
    n_before: int
    n_after: int
    added: Sequence[int]
    removed: Sequence[int]
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
        stars = {"added": list(self.added), "removed": list(self.removed)}
        levels = {"is_empty": self.is_empty, "schema_level": self.schema.level}
        return asdict(self) | stars | levels


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
    """Tell the differences of two catalogues that are opened.

    They are walked through once, and again where medians are of more numbers than are held. Of each
    star that came or went its ``source_id`` is held, of the others nothing.

    Raises
    ------
    ReleaseError
        A catalogue cannot be read, or its rows are not sorted.
    """
    old, new = pair.before, pair.after
    facts = facts_diff(old.facts, new.facts)
    table = schema.diff(old.table, new.table)
    found = origins(pair, facts)
    told = _Walked(pair, found)
    is_one = old.facts["name"] == new.facts["name"]
    return ReleaseDiff(
        before=old.label,
        after=new.label,
        warnings=tuple(_warnings(pair)),
        same_catalogue=is_one,
        n_before=old.n_rows,
        n_after=new.n_rows,
        added=told.added,
        removed=told.removed,
        rows_why=(found.rows or ("not known",)) if told.added or told.removed else (),
        n_changed=told.n_changed,
        causes=told.causes.counts(told.medians),
        stars=told.stars.stars(pair, found),
        estimators=found.estimators,
        columns=tuple(one for column in told.columns if (one := column.diff(told.medians))),
        statuses=tuple((*one, n) for one, n in sorted(told.statuses.items(), key=_most_first)),
        facts=facts,
        schema=table,
        step=step_for(pair, told.moves, facts, table) if is_one else Step("none", ()),
    )


class _Walked:
    """What is counted while two catalogues are walked through."""

    def __init__(self, pair: Pair, found: Origins) -> None:
        self.added, self.removed = array("q"), array("q")
        self.n_changed, self.moves = 0, Moves()
        self.causes, self.stars = CauseCounter(), ChangedMost()
        self.columns = [ColumnCounter(column) for column in pair.shared]
        self.statuses: Counter[tuple[str, str]] = Counter()
        self.medians = Medians()
        for stretch in pair.stretches():
            self._count(stretch, causes_of(stretch, found))
        while self.medians.end_pass():
            ask_causes = self.causes.asks_again(self.medians)
            for stretch in pair.stretches():
                if ask_causes:
                    self.causes.add_again(causes_of(stretch, found), self.medians)
                for column in self.columns:
                    column.add_again(stretch, self.medians)

    def _count(self, stretch: Pair, causes: pl.DataFrame) -> None:
        self.added.frombytes(stretch.only_in("after").to_numpy().tobytes())
        self.removed.frombytes(stretch.only_in("before").to_numpy().tobytes())
        self.n_changed += causes.height
        self.moves += Moves.of(stretch)
        self.causes.add(causes, self.medians)
        self.stars.add(stretch, causes)
        for column in self.columns:
            column.add(stretch, self.medians)
        if "feh_status" in stretch.both.columns:
            status = stretch.both.select(before="feh_status", after=f"feh_status{AFTER}")
            turned = status.filter(pl.col("before") != pl.col("after"))
            for before, after, n in turned.group_by("before", "after").len().iter_rows():
                self.statuses[before, after] += n


def _most_first(counted: tuple[tuple[str, str], int]) -> tuple[int, tuple[str, str]]:
    return -counted[1], counted[0]


def _warnings(pair: Pair) -> Iterator[str]:
    """Say why differences may not be what they seem."""
    names = [side.facts["name"] for side in (pair.before, pair.after)]
    if names[0] != names[1]:
        yield (
            f"these are two catalogues, {names[0]} and {names[1]}, and not versions of one: stars"
            " are matched by source_id alone, and no step of a version follows"
        )
    for side in (pair.before, pair.after):
        if side.warning is not None:
            yield f"{side.label}: {side.warning}; `rrcat verify {side.folder}` tells what else"
