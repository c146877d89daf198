import polars as pl
import pytest

from rrcat.errors import FrameError
from rrcat.estimator import StarBatch


def test_checked_tables_are_sorted_and_complete(batch):
    turned = StarBatch(batch.stars.reverse(), features=batch.features.reverse()).checked()
    assert turned.stars["source_id"].to_list() == [1, 2, 3, 4, 5, 6]
    assert turned.features.select("source_id", "band").rows()[:2] == [(1, "G"), (1, "I")]
    assert turned.features["a1"].null_count() == 12


def test_nan_becomes_null(batch):
    features = batch.features.with_columns(phi31=pl.lit(float("nan")))
    assert StarBatch(batch.stars, features=features).checked().features["phi31"].null_count() == 12


def test_a_star_that_stands_twice_is_an_error(batch):
    twice = StarBatch(pl.concat([batch.stars, batch.stars.head(1)]))
    with pytest.raises(FrameError, match="key is not unique in 2 rows"):
        twice.checked()


def test_only_takes_a_star_from_every_table(batch):
    some = batch.only([2, 5, 77])
    assert some.stars["source_id"].to_list() == [2, 5]
    assert some.features["source_id"].unique().sort().to_list() == [2, 5]
    assert some.light_curves is None
    assert len(some) == 2
