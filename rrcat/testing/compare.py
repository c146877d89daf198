"""Whether what comes back is what was asked for, and the same to the last bit."""

from __future__ import annotations

import polars as pl

from rrcat.estimator.batch import StarBatch
from rrcat.testing.case import Broken


def one_row_each(predictions: pl.DataFrame, batch: StarBatch) -> None:
    """Raise :class:`Broken` unless the stars of a batch come back once each, in order."""
    if predictions["source_id"].to_list() != batch.stars["source_id"].to_list():
        raise Broken("the stars that come back are not those that were asked for")


def same(one: pl.DataFrame, other: pl.DataFrame, how: str) -> None:
    """Raise :class:`Broken` unless two frames of predictions are the same, bit by bit."""
    if one.equals(other):
        return
    if one["source_id"].to_list() != other["source_id"].to_list():
        raise Broken(f"other stars come back {how}")
    changed = one.filter(pl.Series(_differ(one, other)))
    raise Broken(
        f"{changed.height} of {one.height} stars have other predictions {how},"
        f" star {changed['source_id'][0]} first"
    )


def _differ(one: pl.DataFrame, other: pl.DataFrame) -> list[bool]:
    return [a != b for a, b in zip(one.iter_rows(), other.iter_rows(), strict=True)]
