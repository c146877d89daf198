"""An earlier catalogue shows what has moved."""

import polars as pl
import pytest

from rrcat.catalogue.validation.config import EarlierCatalogue
from rrcat.catalogue.validation.earlier import MOST_TOLD, OFFSET, SCATTER, check_earlier

SETTINGS = EarlierCatalogue(file="old.csv", scale="C21", columns={"source_id": "id", "feh": "feh"})


def checked(evidence, rows=None):
    rows = evidence.rows if rows is None else rows
    return check_earlier(rows, evidence.reference, SETTINGS, 2.5)


def test_the_same_values_pass(good, one) -> None:
    results = checked(good)
    assert [result.passed for result in results] == [True, True]
    assert one(results, OFFSET).rows[0]["scatter"] == pytest.approx(0.1, abs=0.01)


def test_a_shift_fails(good, spoilt, one) -> None:
    rows = spoilt(feh=pl.col("feh") - 0.3).rows
    result = one(checked(good, rows), OFFSET)
    assert result.passed is False
    assert result.value == pytest.approx(-0.3, abs=0.02)


def test_other_stars_under_the_same_numbers_fail(good, spoilt, one) -> None:
    rows = spoilt(feh=2.5 * pl.col("feh").shuffle(seed=3) + 2.25).rows
    assert one(checked(good, rows), SCATTER).passed is False


def test_stars_far_off_are_told_the_farthest_first(good, spoilt, one) -> None:
    far = pl.when(pl.col("source_id") == 7).then(3.0).when(pl.col("source_id") <= 40).then(1.5)
    result = one(checked(good, spoilt(feh=pl.col("feh") + far.fill_null(0.0)).rows), SCATTER)
    assert result.rows[0]["source_id"] == 7
    assert len(result.rows) == MOST_TOLD


def test_no_common_stars_settle_nothing(good, spoilt) -> None:
    rows = spoilt(source_id=pl.col("source_id") + 1_000_000).rows
    assert [result.passed for result in checked(good, rows)] == [None, None]
