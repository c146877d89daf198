"""What changed between two versions of a table, and what that asks of its version number."""

from dataclasses import dataclass
from typing import Literal

from rrcat.schema.definition import Table

Level = Literal["none", "patch", "minor", "major"]
LEVELS: tuple[Level, ...] = ("none", "patch", "minor", "major")

# A reader's program breaks on these; the others it survives.
BREAKING = ("dtype", "unit", "nullable", "null", "bits", "length")


@dataclass(frozen=True)
class Change:
    """One difference between two tables."""

    column: str
    what: str
    before: str
    after: str
    level: Level


@dataclass(frozen=True)
class SchemaDiff:
    """All differences between two tables, and the step in version they ask for."""

    before: str
    after: str
    changes: tuple[Change, ...]

    @property
    def level(self) -> Level:
        """The largest step that any change asks for."""
        return max((change.level for change in self.changes), key=LEVELS.index, default="none")

    @property
    def version_is_honest(self) -> bool:
        """Whether the version number moved at least as far as the changes ask."""
        return LEVELS.index(_step(self.before, self.after)) >= LEVELS.index(self.level)


def diff(a: Table, b: Table) -> SchemaDiff:
    """Compare two versions of a table, from ``a`` to ``b``.

    A removed column or a change of type, unit, null or flag bit is major, a new column is minor,
    words and wider limits are patches. A column that may newly be null, or whose values are newly
    limited, is major: programs rely on both. Which estimators have columns of their own is a matter
    of the catalogue and not of the version of its table.
    """
    changes = []
    old, new = {c.name: c for c in a.defined}, {c.name: c for c in b.defined}
    for name in [*old, *(name for name in new if name not in old)]:
        if name not in new:
            level: Level = "none" if old[name].estimator else "major"
            changes.append(Change(name, "column", "present", "removed", level))
        elif name not in old:
            level = "none" if new[name].estimator else "minor"
            changes.append(Change(name, "column", "absent", "added", level))
        else:
            before, after = old[name].model_dump(), new[name].model_dump()
            for what in before:
                if before[what] != after[what]:
                    level = _level(what, before[what], after[what])
                    changes.append(Change(name, what, str(before[what]), str(after[what]), level))
    for what in ("key", "sort", "any_of", "description"):
        if getattr(a, what) != getattr(b, what):
            level = "patch" if what == "description" else "major"
            changes.append(
                Change("(table)", what, str(getattr(a, what)), str(getattr(b, what)), level)
            )
    return SchemaDiff(a.version, b.version, tuple(changes))


def _level(what: str, before: object, after: object) -> Level:
    if what == "bits":
        kept = {(bit["value"], bit["name"]) for bit in after}  # type: ignore[attr-defined]
        gone = {(bit["value"], bit["name"]) for bit in before} - kept  # type: ignore[attr-defined]
        return "major" if gone else "minor"
    if what == "nullable":
        return "major" if after else "minor"
    if what == "values":
        narrower = before is None or (after is not None and not set(before) <= set(after))  # type: ignore[call-overload]
        return "major" if narrower else "minor"
    return "major" if what in BREAKING or what == "required" else "patch"


def _step(before: str, after: str) -> Level:
    old, new = ([int(part) for part in version.split(".")] for version in (before, after))
    for level, o, n in zip(("major", "minor", "patch"), old, new, strict=True):
        if n != o:
            return level if n > o else "none"  # type: ignore[return-value]
    return "none"
