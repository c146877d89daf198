"""Why values moved between two catalogues, as far as what they hold can tell.

A cause is told where its mark is seen: input where the columns of the star's light curve moved; an
estimator where its value moved and it differs itself; the combination where what it learned for
the pulsation type differs, or where another estimator is taken though none has moved. Where several
marks are seen all are told, since their shares cannot be. Where none is seen, the cause is not
known, and what else differs is named.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from rrcat.catalogue.combination import COMBINATION as COMBINED
from rrcat.release.origins import Origins
from rrcat.release.sides import AFTER, Pair
from rrcat.schema.definition import word

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
# Those that explain most come first where few are told.
TELLING = ("pulsation_type", "band", "period", "n_epochs", "phi31", "a1", "n_harmonics", "phi21")
STARS = 20
TOLD = 3


@dataclass(frozen=True)
class Cause:
    """One cause, a key of :data:`CAUSES`, and what is seen of it, in words."""

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


def counts(causes: pl.DataFrame) -> tuple[CauseCount, ...]:
    """Count stars by their causes, those of most stars first."""
    grouped = (
        causes.group_by("causes")
        .agg(n=pl.len(), median=pl.col("shift").median(), largest=pl.col("shift").max())
        .sort("n", "causes", descending=[True, False])
    )
    rows = grouped.select("causes", "n", "median", "largest").iter_rows()
    return tuple(CauseCount(tuple(causes.split()), *rest) for causes, *rest in rows)


def changed_most(pair: Pair, found: Origins, causes: pl.DataFrame) -> tuple[StarChange, ...]:
    """Give the stars whose [Fe/H] moved most, then some whose [Fe/H] vanished or appeared."""
    if "feh" not in pair.differs.columns:
        return ()
    both = pair.both.join(causes, on="source_id", maintain_order="left")
    before, after = pl.col("feh"), pl.col(f"feh{AFTER}")
    moved = both.filter(pl.col("shift") > 0).sort("shift", "source_id", descending=[True, False])
    turned = both.filter(before.is_null() != after.is_null()).sort("source_id")
    some = pl.concat([moved.head(STARS), turned.head(STARS // 2)])
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
        for row in some.iter_rows(named=True)
    )


def _marks(pair: Pair, found: Origins) -> pl.DataFrame:
    """Give for each cause whether its mark is seen ``(n_both,)``."""
    both, groups = pair.both, _groups(pair)
    seen = pair.moved.select(pair.moved[name] | pair.filled[name] for name in pair.moved.columns)
    none = _any(both, [])

    def any_of(names: Sequence[str]) -> pl.Series:
        return _any(seen, names) if names else none

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
        combination = value & types.is_in(list(found.combined))
    if "feh_method" in seen.columns:
        # Another one is taken, and not because an input or a value of one has moved.
        chosen = seen["feh_method"] & ~input & ~of_any
        combination = combination | (chosen if found.order or groups["ids"] else none)
    scale = value if found.scale else none
    known = input | estimator | combination | scale
    left = moved & ~known
    alone = bool(found.software) and not (found.inputs or found.estimators or found.combined)
    distance, place = any_of(groups["distance"]) & ~moved, any_of(groups["place"])
    flags = any_of(groups["flags"]) & ~moved & ~distance & ~input
    other = (any_of(groups["other"]) | place) & ~moved & ~distance & ~input & ~flags
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


def _groups(pair: Pair) -> dict[str, list[str]]:
    """Sort the columns that differ by what they tell of; those of an estimator by its id."""
    groups: dict[str, list[str]] = {
        name: [] for name in ("value", "distance", "flags", "place", "other", "input", "ids")
    }
    for column in pair.shared:
        if column.estimator:
            groups.setdefault(column.estimator, [])
            groups["ids"].append(column.name)
        name = column.name
        if name not in pair.differs.columns:
            continue
        if column.estimator:
            groups[column.estimator].append(name)
        elif name.startswith(VALUE):
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


def _detail(kind: str, row: Mapping[str, Any], pair: Pair, found: Origins) -> str:
    """Say of one star what is seen of a cause."""
    if kind == "input":
        return _inputs(row, pair)
    if kind == "estimator":
        return "; ".join(_estimators(row, pair, found))
    if kind == "combination":
        return _combination(row, found)
    if kind == "scale":
        return f"{pair.before.facts['scale']} -> {pair.after.facts['scale']}"
    if kind == "software":
        return ", ".join(found.software)
    return f"beside the values {_others(found)}"


def _inputs(row: Mapping[str, Any], pair: Pair) -> str:
    names = _groups(pair)["input"]
    ordered = [*(n for n in TELLING if n in names), *(n for n in names if n not in TELLING)]
    told = []
    for name in ordered:
        before, after = row[name], row[f"{name}{AFTER}"]
        if before != after:
            unit = pair.after.table[name].unit_in("votable")
            told.append(f"{name} {cell(before)} -> {cell(after)} {unit}".rstrip())
    more = f" and {len(told) - TOLD} more" if len(told) > TOLD else ""
    return ", ".join(told[:TOLD]) + more


def _estimators(row: Mapping[str, Any], pair: Pair, found: Origins) -> Iterator[str]:
    for id, how in found.estimators.items():
        name = f"feh_{word(id)}"
        if name not in pair.both.columns:
            yield f"{id}: {', '.join(how)}"
        elif row[name] != row[f"{name}{AFTER}"]:
            yield f"{id} {cell(row[name])} -> {cell(row[f'{name}{AFTER}'])} dex: {', '.join(how)}"


def _combination(row: Mapping[str, Any], found: Origins) -> str:
    before, after = row.get("feh_method"), row.get(f"feh_method{AFTER}")
    if before != after:
        return f"the value is of {after or 'none'}, it was of {before or 'none'}"
    return f"weights or calibrated errors of {row[f'pulsation_type{AFTER}']} stars differ"


def _others(found: Origins) -> str:
    """Name what differs between two catalogues though no mark of it is seen."""
    told = [f"the estimators {', '.join(found.estimators)}"] if found.estimators else []
    told += [f"the input files {', '.join(found.inputs[:TOLD])}"] if found.inputs else []
    told += [f"the versions of {', '.join(found.software[:TOLD])}"] if found.software else []
    return f"{', '.join(told)} differ" if told else "nothing differs that the catalogues tell of"


def cell(value: Any) -> str:
    """Give a cell in few letters: four significant digits, a dash for none."""
    if value is None:
        return "none"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
