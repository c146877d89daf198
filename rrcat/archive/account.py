"""What an archive gave and what is odd about it: counts with the first few examples."""

import functools
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import polars as pl

SHOWN = 5

RECEIVED, EMPTY, FAILED = STATUSES = ("received", "empty", "failed")
"""What becomes of a star that is asked for: it came, the archive has nothing of it, or neither."""

Account = dict[str, Any]

NO_CONFLICT = pl.DataFrame(schema={"star": pl.String, "column": pl.String, "values": pl.String})


def label(frame: pl.DataFrame) -> str:
    """Give the column that names a star in messages: the archive's own designation if known."""
    return "archive_id" if "archive_id" in frame.columns else "source_id"


def tally(rows: pl.DataFrame, *shown: str) -> Account:
    """Give how many rows there are, and the first few of them in the columns to show."""
    first = rows.select(shown).head(SHOWN)
    for name in shown:
        if first.schema[name].is_float() and not first[name].is_finite().all():
            first = first.with_columns(pl.col(name).cast(pl.String))  # JSON has no NaN
    return {"count": rows.height, "first": first.to_dicts()}


def clean_numbers(frame: pl.DataFrame) -> tuple[pl.DataFrame, Account]:
    """Give the frame with NaN and infinite cells null, and how many there were in each column."""
    floats = [name for name, dtype in frame.schema.items() if dtype.is_float()]
    account: Account = {
        "nan": {name: n for name in floats if (n := frame[name].is_nan().sum())},
        "infinite": {name: n for name in floats if (n := frame[name].is_infinite().sum())},
    }
    finite = (pl.when(pl.col(name).is_finite()).then(pl.col(name)).alias(name) for name in floats)
    return frame.with_columns(finite), account


def merge_rows(
    frame: pl.DataFrame, key: list[str], conflicts: str
) -> tuple[pl.DataFrame, Account, pl.DataFrame]:
    """Make one row of all rows of a key: identical ones collapse, a value stands before a null.

    Returns the merged frame, its account, and the conflicts: one row for each key and column with
    different values (``star``, ``column``, ``values``). Where values conflict, the merged frame
    has the first one in the order of the rows, or null if ``conflicts`` says so.
    """
    distinct = frame.unique(maintain_order=True)
    others = [name for name in frame.columns if name not in key]
    known = {name: pl.col(name).drop_nulls() for name in others}
    values = distinct.group_by(key, maintain_order=True).agg(
        cells.unique(maintain_order=True) for cells in known.values()
    )
    several = {name: pl.col(name).list.len() > 1 for name in others}
    star = label(values.select(key))
    found = [
        values.filter(several[name]).select(
            pl.col(star).cast(pl.String).alias("star"),
            pl.lit(name).alias("column"),
            pl.col(name).cast(pl.List(pl.String)).list.join(", ").alias("values"),
        )
        for name in others
    ]
    conflicting = pl.concat([NO_CONFLICT, *found])
    first = (
        (pl.when(~several[name]).then(pl.col(name)) if conflicts == "null" else pl.col(name))
        .list.first()
        .alias(name)
        for name in others
    )
    account = {
        "identical_rows": frame.height - distinct.height,
        "merged_rows": distinct.height - values.height,
        "conflicts": tally(conflicting, "star", "column", "values"),
    }
    return values.with_columns(first), account, conflicting


def repeated_epochs(light_curves: pl.DataFrame) -> Account:
    """Account for times at which a star has several rows in one band; all of them stay.

    ``different_magnitudes`` counts those of the times whose magnitudes differ.
    """
    epoch = [label(light_curves), "band", "time"]
    repeated = (
        light_curves.filter(pl.col("time").is_not_null())
        .group_by(epoch)
        .agg(rows=pl.len(), magnitudes=pl.col("mag").n_unique())
        .filter(pl.col("rows") > 1)
        .sort(epoch)
    )
    return tally(repeated, *epoch, "rows", "magnitudes") | {
        "stars": repeated[epoch[0]].n_unique(),
        "different_magnitudes": repeated.filter(pl.col("magnitudes") > 1).height,
    }


def received(asked: Path) -> Account:
    """Account for the stars asked for, from a Parquet file with their ``status`` and ``reason``.

    Gives how many were ``received``, ``empty`` and ``failed``, and the commonest ``reasons``.
    """
    stars = pl.scan_parquet(asked, glob=False)
    statuses = stars.group_by("status").len().collect()
    counts = dict(statuses.iter_rows())
    reasons = (
        stars.filter(pl.col("status") == FAILED)
        .group_by("reason")
        .len("count")
        .sort("count", "reason", descending=[True, False])
        .head(SHOWN)
        .collect()
    )
    return {
        **{status: counts.get(status, 0) for status in STATUSES},
        "reasons": reasons.to_dicts(),
    }


def together(accounts: Iterable[Account]) -> Account:
    """Give the account of several sets of stars as if they had been one.

    Counts are added, examples stand in the order of the sets, and only the first of them.
    """
    return functools.reduce(_added, accounts, {})


def _added(one: Any, other: Any) -> Any:
    if isinstance(one, dict) and isinstance(other, dict):
        return {
            key: _added(one[key], other[key])
            if key in one and key in other and key != "given_as"  # no count, the same for all
            else {**one, **other}[key]
            for key in {**one, **other}
        }
    if isinstance(one, list) and isinstance(other, list):
        words = all(isinstance(each, str) for each in [*one, *other])
        return sorted({*one, *other}) if words else [*one, *other][:SHOWN]
    return one if isinstance(one, str) else one + other
