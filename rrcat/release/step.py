"""How far a version must move for what has changed: major, minor or patch."""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from rrcat.errors import ReleaseError
from rrcat.release.about import version_key
from rrcat.release.facts_diff import FactChange
from rrcat.release.sides import Pair
from rrcat.schema import SchemaDiff
from rrcat.schema.diff import LEVELS, Level

SINGLE_ROWS = 0.001
"""Share of the rows, and at least one of them, that a correction of single rows may touch."""

# Facts without which numbers mean something else.
MEANING = {
    "scale": "the metallicity scale",
    "coordinates": "the system of the positions",
    "time_system": "the system of the times",
}


@dataclass(frozen=True)
class Moves:
    """How many stars moved: ``corrected`` ones had a value, ``filled`` ones only gained some.

    ``differ`` says whether any cell does, be it by rounding.
    """

    n_both: int = 0
    corrected: int = 0
    filled: int = 0
    differ: bool = False

    @classmethod
    def of(cls, pair: Pair) -> "Moves":
        """Count those of a pair, or of one of its stretches."""
        return cls(pair.both.height, *_stars(pair), differ=bool(pair.differs.width))

    def __add__(self, other: "Moves") -> "Moves":
        return Moves(
            self.n_both + other.n_both,
            self.corrected + other.corrected,
            self.filled + other.filled,
            self.differ or other.differ,
        )


@dataclass(frozen=True)
class Step:
    """The step that changes ask for, and what asks for it, in words.

    ``level`` is ``none`` where nothing has changed that a version tells of.
    """

    level: Level
    why: tuple[str, ...]


def step_for(pair: Pair, moves: Moves, facts: tuple[FactChange, ...], table: SchemaDiff) -> Step:
    """Give the step that the differences of two catalogues ask for.

    The rules are those of ``docs/releases.md``. Only the reasons for the largest step are given.
    """
    asked = list(_reasons(pair, moves, facts, table))
    level: Level = max((level for level, _ in asked), key=LEVELS.index, default="none")
    return Step(level, tuple(why for of, why in asked if of == level))


def _reasons(
    pair: Pair, moves: Moves, facts: tuple[FactChange, ...], table: SchemaDiff
) -> Iterator[tuple[Level, str]]:
    changed = {fact.key.partition(".")[0] for fact in facts}
    for key, what in MEANING.items():
        if key in changed:
            yield "major", f"{what} is another"
    old, new = pair.before.table.names, pair.after.table.names
    if gone := [name for name in old if name not in new]:
        yield "major", f"columns are gone: {', '.join(gone)}"
    if more := [name for name in new if name not in old]:
        yield "minor", f"columns are added: {', '.join(more)}"
    if table.level != "none":
        yield table.level, f"the table asks for a {table.level} step"
    n_before, n_both = pair.before.n_rows, moves.n_both
    allowed = max(1, int(SINGLE_ROWS * n_before))
    removed, added = n_before - n_both, pair.after.n_rows - n_both
    corrected, filled = moves.corrected, moves.filled
    alone: Level = "major" if removed + corrected > allowed else "patch"
    if removed:
        yield alone, f"{_counted(removed, n_before)} {'is' if removed == 1 else 'are'} gone"
    if corrected:
        yield alone, f"values of {_counted(corrected, n_both)} have changed or are gone"
    if added:
        yield "minor", f"{_counted(added)} {'is' if added == 1 else 'are'} added"
    if filled:
        of_some: Level = "minor" if filled > allowed else "patch"
        yield of_some, f"{_counted(filled, n_both)} have values where there were none"
    if facts and not (removed or corrected or added or filled):
        yield "patch", "the values are the same, what they were made from is not"
    if moves.differ and not (corrected or filled):
        yield "patch", "values differ by no more than rounding, or in the reasons for their absence"


def _stars(pair: Pair) -> tuple[int, int]:
    """Count the stars with a value that moved or vanished, and those that only gained some."""
    if not pair.differs.width:
        return 0, 0
    moved, filled = pair.moved, pair.filled
    # What is said of a star changes with its first value: flags, and reasons.
    said = [c.name for c in pair.shared if c.bits and c.name in moved.columns]
    if "feh" in pair.both.columns:
        had = pair.both["feh"].is_not_null()
        moved = moved.with_columns(moved[name] & had for name in said)
    corrected = moved.select(pl.any_horizontal(pl.all())).to_series()
    gained = filled.select(pl.any_horizontal(pl.all())).to_series() & ~corrected
    return int(corrected.sum()), int(gained.sum())


def _counted(n: int, of: int | None = None) -> str:
    whole = "" if of is None else f" of {of:,}"
    return f"{n:,}{whole} {'star' if n == 1 and of is None else 'stars'}"


def check_step(before: str, after: str, step: Step) -> None:
    """Raise unless a version moves as far as what has changed asks.

    Before 1.0.0 a catalogue is a draft: there a minor step does for a major one, a patch for the
    rest.

    Raises
    ------
    ReleaseError
        It does not; says why, and which version would.
    """
    given, draft = step_between(before, after), version_key(before)[0] == 0
    wanted = step.level
    if draft:
        wanted = "minor" if wanted == "major" else "patch"
    if LEVELS.index(given) >= LEVELS.index(wanted):
        return
    major, minor, _ = version_key(before)
    enough = f"{major}.{minor + 1}.0" if wanted == "minor" else f"{major + 1}.0.0"
    listed = "".join(f"\n  {why}" for why in step.why)
    raise ReleaseError(
        f"{after} is a {given} step from {before}, the changes ask for a {wanted} one{listed}",
        hint=f"choose {enough}, or give --override-step REASON, which the history will tell",
    )


def step_between(before: str, after: str) -> Level:
    """Give the step from one version to a later one."""
    old, new = version_key(before), version_key(after)
    if old[0] != new[0]:
        return "major"
    return "minor" if old[1] != new[1] else "patch"
