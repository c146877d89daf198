"""What every estimator must do with stars in poor state, alone, in parts, in any order or place."""

from __future__ import annotations

import polars as pl

from rrcat import schema
from rrcat.estimator.batch import StarBatch
from rrcat.testing.case import Broken, Case
from rrcat.testing.compare import one_row_each, same


def check_null_input_has_a_reason(case: Case) -> None:
    """Features that are null or NaN give a reason or a value, never an error or NaN."""
    if case.asked.features is None:
        return
    numbers = [
        column.name
        for column in schema.load("features").column
        if column.dtype == "float64" and column.name != "period"
    ]
    for nothing in (None, float("nan")):
        hollow = case.asked.features.with_columns(
            pl.lit(nothing, pl.Float64).alias(name) for name in numbers
        )
        hollowed = StarBatch(**{**case.asked.frames(), "features": hollow})
        predictions = case.model.predict(hollowed)
        one_row_each(predictions, case.asked)


def check_poor_sequences_have_a_reason(case: Case) -> None:
    """Sequences of three points, at one phase, or without errors give a reason or a value."""
    folded = case.asked.sequences
    if folded is None:
        return
    lists = ("phase", "mag", "mag_error")
    poor = (
        folded.with_columns(
            pl.lit(3, pl.Int32).alias("n_points"), *(pl.col(n).list.head(3) for n in lists)
        ),
        folded.with_columns(phase=pl.col("phase").list.eval(pl.element() * 0.0 + 0.25)),
        folded.with_columns(mag_error=pl.lit(None, pl.List(pl.Float32))),
    )
    for sequences in poor:
        batch = StarBatch(**{**case.asked.frames(), "sequences": sequences})
        one_row_each(case.model.predict(batch), case.asked)


def check_a_single_star_is_enough(case: Case) -> None:
    """One star alone gets, to the last bit, what it gets among others."""
    whole = case.model.predict(case.asked)
    for star in case.ok()["source_id"][:3]:
        alone = case.model.predict(case.asked.only([star]))
        same(alone, whole.filter(pl.col("source_id") == star), f"star {star} alone")


def check_an_empty_batch_is_no_error(case: Case) -> None:
    """No stars give no rows."""
    if case.model.predict(case.asked.only([])).height:
        raise Broken("no star was asked for, and rows came back")


def check_order_does_not_matter(case: Case) -> None:
    """The order of rows in any table changes no bit."""
    turned = {
        name: frame.sample(fraction=1.0, shuffle=True, seed=1)
        for name, frame in case.asked.frames().items()
    }
    same(
        case.model.predict(StarBatch(**turned)),
        case.model.predict(case.asked),
        "with rows in another order",
    )


def check_partition_does_not_matter(case: Case) -> None:
    """Stars asked for in parts of any size get the same bits."""
    ids, parts, start, size = case.asked.stars["source_id"], [], 0, 1
    while start < len(ids):
        parts.append(case.model.predict(case.asked.only(ids[start : start + size])))
        start, size = start + size, 2 * size
    same(pl.concat(parts), case.model.predict(case.asked), "in parts of 1, 2, 4 ... stars")


def check_position_and_brightness_do_not_matter(case: Case) -> None:
    """Where a star stands and how bright it appears changes nothing: they carry the Galaxy."""
    elsewhere = case.asked.stars.with_columns(
        ra=(pl.col("ra") + 180.0) % 360.0,
        dec=-pl.col("dec"),
        phot_g_mean_mag=pl.col("phot_g_mean_mag") + 3.0,
    )
    moved = {**case.asked.frames(), "stars": elsewhere}
    if "sequences" in moved:
        moved["sequences"] = moved["sequences"].with_columns(mean_mag=pl.col("mean_mag") + 3.0)
    same(case.model.predict(StarBatch(**moved)), case.model.predict(case.asked), "moved on the sky")
