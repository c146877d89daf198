"""The numbers a reader asks for first: how many values, of what kind, and why not more."""

from dataclasses import dataclass

import polars as pl

from rrcat.release.batches import Rows
from rrcat.schema import Bit, Table


@dataclass(frozen=True)
class TypeSummary:
    """Stars of one pulsation type: how many, how many with a value, how [Fe/H] is spread."""

    name: str
    n_rows: int
    n_values: int
    feh_min: float | None
    feh_p16: float | None
    feh_p50: float | None
    feh_p84: float | None
    feh_max: float | None


@dataclass(frozen=True)
class Summary:
    """Counts of a catalogue. ``statuses``, ``types`` and ``bits`` are in the table's order.

    ``n_unflagged`` are the stars with a value and no warning among their flags; ``errors`` are
    least, median and greatest of the standard errors of [Fe/H], in dex.
    """

    n_rows: int
    n_values: int
    n_unflagged: int
    statuses: dict[str, int]
    types: tuple[TypeSummary, ...]
    bits: tuple[tuple[Bit, int], ...]
    filled: dict[str, int]
    errors: tuple[float | None, float | None, float | None]


def summarise(rows: Rows, table: Table) -> Summary:
    """Count the rows, values, reasons and flags of a conforming catalogue."""
    filled = rows.lazy().select(pl.col(table.names).count()).collect(engine="streaming")
    few = rows.lazy().select("feh", "feh_error", "feh_status", "flags", "pulsation_type").collect()
    statuses = dict(few["feh_status"].value_counts().iter_rows())
    flags, warnings = few["flags"], table["flags"].warnings
    good = pl.col("feh").is_not_null() & ((pl.col("flags") & warnings) == 0)
    return Summary(
        n_rows=few.height,
        n_values=few["feh"].count(),
        n_unflagged=few.filter(good).height,
        statuses={
            name: statuses[name] for name in table["feh_status"].values or () if name in statuses
        },
        types=tuple(_types(few, table)),
        bits=tuple((bit, int(((flags & bit.value) != 0).sum())) for bit in table["flags"].bits),
        filled=filled.row(0, named=True),
        errors=(
            _quantile(few["feh_error"], 0),
            _quantile(few["feh_error"], 0.5),
            _quantile(few["feh_error"], 1),
        ),
    )


def _types(frame: pl.DataFrame, table: Table) -> list[TypeSummary]:
    known = [*(table["pulsation_type"].values or ()), None]
    found = []
    for name in known:
        rows = frame.filter(pl.col("pulsation_type").eq_missing(pl.lit(name, dtype=pl.String)))
        if rows.height:
            feh = rows["feh"]
            spread = [_quantile(feh, q) for q in (0, 0.16, 0.5, 0.84, 1)]
            found.append(TypeSummary(name or "unknown", rows.height, feh.count(), *spread))
    return found


def _quantile(cells: pl.Series, q: float) -> float | None:
    value = cells.quantile(q, interpolation="linear")
    return None if value is None else float(value)
