"""Why values moved between two catalogues, as far as what they hold can tell.

A cause is told where its mark is seen: input where the columns of the star's light curve moved; an
estimator where its value moved and it differs itself; the combination where what it learned for
the pulsation type differs, or where another estimator is taken though none has moved. Where several
marks are seen all are told, since their shares cannot be. Where none is seen, the cause is not
known, and what else differs is named.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rrcat.catalogue.combination import COMBINATION as COMBINED
from rrcat.release.medians import Medians
from rrcat.release.origins import Origins
from rrcat.release.sides import AFTER, Pair

CAUSES = {
    "input": "light curve, period or type",
    "estimator": "estimator",
    "combination": "combination",
    "scale": "metallicity scale",
    "software": "versions of software",
    "unknown": "not known",
    "distance": "distance alone",
    "flags": "flags alone",
    "other": "other columns alone",
    "rounding": "rounding alone",
}
"""Causes in the order in which they are told; the last ones are of stars whose [Fe/H] stayed."""

# What tells of the star itself, and says nothing of its metallicity.
PLACE = ("archive_id", "ra", "dec", "epoch")
INPUT = (
    *("pulsation_type", "variable_type", "band", "period", "int_average_mag", "peak_to_peak"),
    *("a1", "a2", "a3", "phi21", "phi31", "n_harmonics", "n_epochs", "n_rejected", "n_clipped"),
    *("reduced_chi2", "phase_coverage", "residual_scatter"),
)
VALUE = ("feh",)
DISTANCE = ("absolute_mag", "absorption", "ebv", "distance")
FLAGS = ("flags", "hull_distance")


@dataclass(frozen=True)
class CauseCount:
    """Stars that changed for the same causes; shifts of their [Fe/H] [dex], where it has any."""

    causes: tuple[str, ...]
    n: int
    median: float | None
    largest: float | None


def causes_of(pair: Pair, found: Origins) -> pl.DataFrame:
    """Give ``source_id``, ``causes`` and ``shift`` of [Fe/H] [dex] of each star that changed.

    ``causes`` is a text of keys of :data:`CAUSES` with blanks between, in their order.
    """
    if not pair.differs.width:
        none = {"source_id": pl.Int64, "shift": pl.Float64, "causes": pl.String}
        return pl.DataFrame(schema=none)
    changed = _any(pair.differs, pair.differs.columns)
    marks = _marks(pair, found)
    words = pl.concat_str(
        [pl.when(name).then(pl.lit(name)) for name in CAUSES], separator=" ", ignore_nulls=True
    )
    shift: pl.Expr = pl.lit(None, dtype=pl.Float64)
    if "feh" in pair.both.columns:
        shift = (pl.col(f"feh{AFTER}") - pl.col("feh")).abs()
    return pl.concat(
        [pair.both.select("source_id", shift=shift), marks.select(causes=words)], how="horizontal"
    ).filter(changed)


class CauseCounter:
    """Counts stars by causes, as :func:`causes_of` gives them of one stretch after another."""

    def __init__(self) -> None:
        self._n: Counter[str] = Counter()
        self._largest: dict[str, float] = {}

    def add(self, causes: pl.DataFrame, medians: Medians) -> None:
        """Count the stars of a stretch, and give their shifts to the medians."""
        grouped = causes.group_by("causes").agg(n=pl.len(), largest=pl.col("shift").max())
        for words, n, largest in grouped.iter_rows():
            self._n[words] += n
            if largest is not None:
                self._largest[words] = max(largest, self._largest.get(words, largest))
        for words, shifts in _shifts(causes):
            medians.add(("causes", words), shifts)

    def asks_again(self, medians: Medians) -> bool:
        """Whether shifts are asked for in a later pass."""
        return any(medians.wants(("causes", words)) for words in self._n)

    def add_again(self, causes: pl.DataFrame, medians: Medians) -> None:
        """Give the shifts of a stretch in a later pass, where they are asked for."""
        for words, shifts in _shifts(causes):
            if medians.wants(("causes", words)):
                medians.add(("causes", words), shifts)

    def counts(self, medians: Medians) -> tuple[CauseCount, ...]:
        """Give the numbers, those of most stars first."""
        ordered = sorted(self._n.items(), key=lambda one: (-one[1], one[0]))
        return tuple(
            CauseCount(
                causes=tuple(words.split()),
                n=n,
                median=medians.of(("causes", words)),
                largest=self._largest.get(words),
            )
            for words, n in ordered
        )


def _shifts(causes: pl.DataFrame) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Yield the shifts of [Fe/H] [dex] of the stars of each kind of causes."""
    for (words,), some in causes.drop_nulls("shift").group_by("causes"):
        yield str(words), some["shift"].to_numpy()


def _marks(pair: Pair, found: Origins) -> pl.DataFrame:
    """Give for each cause whether its mark is seen ``(n_both,)``."""
    both, groups = pair.both, groups_of(pair)
    seen = pair.moved.select(pair.moved[name] | pair.filled[name] for name in pair.moved.columns)
    none = _any(both, [])

    def any_of(names: Sequence[str]) -> pl.Series:
        return _any(seen, [name for name in names if name in seen.columns])

    value, input = any_of(groups["value"]), any_of(groups["input"])
    estimator, of_any = none, none
    for id in _ids(pair):
        own = any_of(groups.get(id, []))
        of_any = of_any | own
        if id in found.estimators:
            estimator = estimator | (own if id in groups else value & _given_by(both, id))
    moved = value | of_any
    types = both[f"pulsation_type{AFTER}"] if "pulsation_type" in both.columns else None
    combination = none
    if types is not None and found.combined:
        combination = value & types.is_in(list(found.combined)).fill_null(False)
    if "feh_method" in seen.columns:
        # Another one is taken, and not because an input or a value of one has moved.
        chosen = seen["feh_method"] & ~input & ~of_any
        combination = combination | (chosen if found.order or groups["ids"] else none)
    scale = value if found.scale else none
    known = input | estimator | combination | scale
    left = moved & ~known
    alone = bool(found.software) and not (
        found.inputs or found.estimators or found.combined or found.recipe
    )
    stayed = ~(moved | input)
    distance = any_of(groups["distance"]) & stayed
    flags = any_of(groups["flags"]) & stayed & ~distance
    other = any_of([*groups["other"], *groups["place"]]) & stayed & ~distance & ~flags
    marks = {
        "input": input,
        "estimator": estimator,
        "combination": combination,
        "scale": scale,
        "software": left if alone else none,
        "unknown": none if alone else left,
        "distance": distance,
        "flags": flags,
        "other": other,
    }
    told = pl.DataFrame({name: series.alias(name) for name, series in marks.items()})
    return told.with_columns(rounding=~pl.any_horizontal(pl.all()))


def groups_of(pair: Pair) -> dict[str, list[str]]:
    """Sort the shared columns by what they tell of; those of an estimator by its id."""
    groups: dict[str, list[str]] = {
        name: [] for name in ("value", "distance", "flags", "place", "other", "input", "ids")
    }
    for column in pair.shared:
        if column.estimator:
            groups.setdefault(column.estimator, [])
            groups["ids"].append(column.name)
            groups[column.estimator].append(column.name)
            continue
        name = column.name
        if name.startswith(VALUE):
            groups["value"].append(name)
        elif name.startswith(DISTANCE):
            groups["distance"].append(name)
        elif name in FLAGS:
            groups["flags"].append(name)
        elif name in PLACE:
            groups["place"].append(name)
        else:
            groups["input" if name.removesuffix("_error") in INPUT else "other"].append(name)
    return groups


def _any(frame: pl.DataFrame, names: Sequence[str]) -> pl.Series:
    """Give whether any of some columns of truths is true in a row."""
    if not names:
        return pl.repeat(False, frame.height, eager=True)
    return frame.select(pl.any_horizontal(names)).to_series()


def _ids(pair: Pair) -> list[str]:
    """Give the estimators that both catalogues have."""
    old, new = (
        [one["id"] for one in side.facts["estimators"]] for side in (pair.before, pair.after)
    )
    return [id for id in new if id in old]


def _given_by(both: pl.DataFrame, id: str) -> pl.Series:
    """Give whether the value of a star is, or was, that of an estimator, or combined of several."""
    columns = [name for name in ("feh_method", f"feh_method{AFTER}") if name in both.columns]
    return _any(both.select(pl.col(columns).is_in([id, COMBINED]).fill_null(False)), columns)
