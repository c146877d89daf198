"""Calibrators tell of an offset and of scatter, by type."""

import polars as pl
import pytest

from rrcat.catalogue.validation.calibrators import OFFSET, SCATTER, check_calibrators
from rrcat.catalogue.validation.config import CalibratorsCheck
from rrcat.catalogue.validation.evidence import judged


def checked(evidence, unseen=False):
    return check_calibrators(judged(evidence), CalibratorsCheck(), 2.5, unseen=unseen)


def test_a_catalogue_that_is_right_passes(good, one) -> None:
    results = checked(good)
    assert [result.passed for result in results] == [True, True]
    assert [row["pulsation_type"] for row in one(results, OFFSET).rows] == ["RRab", "RRc"]
    assert one(results, OFFSET).rows[0]["n"] == 200


def test_whether_the_values_had_seen_the_stars_is_told(good) -> None:
    assert "learned from" in checked(good)[0].detail
    assert "left out" in checked(good, unseen=True)[0].detail


@pytest.mark.parametrize("shift", [-0.3, 0.3])
def test_a_shift_fails(spoilt, one, shift) -> None:
    result = one(checked(spoilt(feh=pl.col("feh") + shift)), OFFSET)
    assert result.passed is False
    assert result.value == pytest.approx(shift, abs=0.05)


def test_a_shift_of_one_type_fails(spoilt, one) -> None:
    step = pl.when(pl.col("pulsation_type") == "RRc").then(0.3).otherwise(0.0)
    assert one(checked(spoilt(feh=pl.col("feh") + step)), OFFSET).passed is False


def test_values_of_other_stars_scatter_too_much(spoilt, one) -> None:
    away = pl.when(pl.col("source_id") % 2 == 0).then(-1.0).otherwise(1.0)
    results = checked(spoilt(feh=pl.col("feh") + away))
    assert one(results, SCATTER).passed is False


def test_few_calibrators_of_a_type_settle_nothing(good, spoilt) -> None:
    few = spoilt(feh=pl.when(pl.col("source_id") < 10).then("feh"))
    assert [result.passed for result in checked(few)] == [None, None]
