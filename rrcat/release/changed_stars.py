"""The stars whose [Fe/H] changed most between two catalogues, and what is seen of why."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from rrcat.release.causes import groups_of
from rrcat.release.origins import Origins
from rrcat.release.sides import AFTER, Pair
from rrcat.schema.definition import word

# Those that explain most come first where few are told.
TELLING = ("pulsation_type", "band", "period", "n_epochs", "phi31", "a1", "n_harmonics", "phi21")
STARS = 20
TOLD = 3


@dataclass(frozen=True)
class Cause:
    """One cause, a key of :data:`rrcat.release.causes.CAUSES`, and what is seen of it, in words."""

    kind: str
    detail: str


@dataclass(frozen=True)
class StarChange:
    """A star whose [Fe/H] moved, appeared or vanished; ``shift`` [dex] is without sign."""

    source_id: int
    before: float | None
    after: float | None
    shift: float | None
    causes: tuple[Cause, ...]


class ChangedMost:
    """The stars whose [Fe/H] moved most, then some whose [Fe/H] vanished or appeared."""

    def __init__(self) -> None:
        self._moved: list[dict[str, Any]] = []
        self._turned: list[dict[str, Any]] = []

    def add(self, pair: Pair, causes: pl.DataFrame) -> None:
        """Look at a stretch; ``causes`` are what :func:`rrcat.release.causes.causes_of` gives."""
        if "feh" not in pair.differs.columns:
            return
        moved = causes.filter(pl.col("shift") > 0)
        moved = moved.sort("shift", "source_id", descending=[True, False]).head(STARS)
        alone = pl.col("feh").is_null() != pl.col(f"feh{AFTER}").is_null()
        alone_in = pair.both.select("source_id", "feh", f"feh{AFTER}").filter(alone)
        turned = causes.join(alone_in, on="source_id", how="semi", maintain_order="left")
        self._moved += _rows(pair, moved)
        self._moved.sort(key=lambda row: (-row["shift"], row["source_id"]))
        del self._moved[STARS:]
        self._turned += _rows(pair, turned.head(STARS // 2))
        del self._turned[STARS // 2 :]

    def stars(self, pair: Pair, found: Origins) -> tuple[StarChange, ...]:
        """Give the stars, and what is seen of why."""
        return tuple(
            StarChange(
                source_id=row["source_id"],
                before=row["feh"],
                after=row[f"feh{AFTER}"],
                shift=row["shift"],
                causes=tuple(
                    Cause(kind, _detail(kind, row, pair, found)) for kind in row["causes"].split()
                ),
            )
            for row in (*self._moved, *self._turned)
        )


def _rows(pair: Pair, causes: pl.DataFrame) -> list[dict[str, Any]]:
    """Give all that is known of some stars."""
    return causes.join(pair.both, on="source_id", maintain_order="left").to_dicts()


def _detail(kind: str, row: Mapping[str, Any], pair: Pair, found: Origins) -> str:
    """Say of one star what is seen of a cause."""
    if kind == "input":
        return _inputs(row, pair)
    if kind == "estimator":
        return "; ".join(_estimators(row, found))
    if kind == "combination":
        return _combination(row, found)
    if kind == "scale":
        return f"{pair.before.facts['scale']} -> {pair.after.facts['scale']}"
    if kind == "software":
        return ", ".join(found.software)
    return f"beside the values {_others(found)}"


def _inputs(row: Mapping[str, Any], pair: Pair) -> str:
    names = groups_of(pair)["input"]
    ordered = [*(n for n in TELLING if n in names), *(n for n in names if n not in TELLING)]
    told = []
    for name in ordered:
        before, after = row[name], row[f"{name}{AFTER}"]
        if before != after:
            unit = pair.after.table[name].unit_in("votable")
            told.append(f"{name} {step(before, after)} {unit}".rstrip())
    more = f" and {len(told) - TOLD} more" if len(told) > TOLD else ""
    return ", ".join(told[:TOLD]) + more


def _estimators(row: Mapping[str, Any], found: Origins) -> Iterator[str]:
    for id, how in found.estimators.items():
        name = f"feh_{word(id)}"
        if name not in row:
            yield f"{id}: {', '.join(how)}"
        elif row[name] != row[f"{name}{AFTER}"]:
            yield f"{id} {step(row[name], row[f'{name}{AFTER}'])} dex: {', '.join(how)}"


def _combination(row: Mapping[str, Any], found: Origins) -> str:
    before, after = row.get("feh_method"), row.get(f"feh_method{AFTER}")
    if before != after:
        return f"the value is of {after or 'none'}, it was of {before or 'none'}"
    return f"weights or calibrated errors of {row[f'pulsation_type{AFTER}']} stars differ"


def _others(found: Origins) -> str:
    """Name what differs between two catalogues though no mark of it is seen."""
    told = [f"the estimators {', '.join(found.estimators)}"] if found.estimators else []
    told += [f"the recipe ({', '.join(found.recipe[:TOLD])})"] if found.recipe else []
    told += [f"the input files {', '.join(found.inputs[:TOLD])}"] if found.inputs else []
    told += [f"the versions of {', '.join(found.software[:TOLD])}"] if found.software else []
    return f"{', '.join(told)} differ" if told else "nothing differs that the catalogues tell of"


def step(before: Any, after: Any) -> str:
    """Give two cells in few letters: as many significant digits as tell them apart, at least 4."""
    pairs = ((cell(before, digits), cell(after, digits)) for digits in range(4, 18))
    told = next((pair for pair in pairs if pair[0] != pair[1]), (cell(before), cell(after)))
    return " -> ".join(told)


def cell(value: Any, digits: int = 4) -> str:
    """Give a cell in few letters: so many significant digits."""
    if value is None:
        return "none"
    return f"{value:.{digits}g}" if isinstance(value, float) else str(value)
