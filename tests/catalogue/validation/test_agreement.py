"""Estimators are held against each other."""

from dataclasses import replace

import polars as pl
import pytest

from rrcat.catalogue.validation.agreement import (
    OFFSET,
    SCATTER,
    check_agreement,
    differences,
    list_pairs,
)
from rrcat.catalogue.validation.config import AgreementCheck

SECOND = pl.col("estimator") == "two"


def checked(evidence, **cells):
    spoilt = replace(evidence, predictions=evidence.predictions.with_columns(**cells))
    return check_agreement(spoilt, AgreementCheck(), 2.5)


def test_estimators_that_agree_pass(good, one) -> None:
    results = checked(good)
    assert [result.passed for result in results] == [True, True]
    rows = one(results, OFFSET).rows
    assert [(row["first"], row["second"], row["pulsation_type"]) for row in rows] == [
        ("one", "two", "RRab"),
        ("one", "two", "RRc"),
    ]
    assert rows[0]["scatter"] == pytest.approx(0.05 * 2**0.5, abs=0.01)


def test_estimators_on_two_scales_fail(good, one) -> None:
    moved = pl.when(SECOND).then(pl.col("feh") + 0.4).otherwise("feh")
    result = one(checked(good, feh=moved), OFFSET)
    assert result.passed is False
    assert result.value == pytest.approx(-0.4, abs=0.02)


def test_estimators_that_see_other_stars_fail(good, one) -> None:
    mirrored = pl.when(SECOND).then(-3.0 - 2.5 * (pl.col("feh") + 1.5) + 1.5).otherwise("feh")
    assert one(checked(good, feh=mirrored), SCATTER).passed is False


@pytest.mark.parametrize("order", [(), ("one",), ("one", "nobody")])
def test_one_estimator_has_nobody_to_agree_with(good, order) -> None:
    results = check_agreement(replace(good, order=order), AgreementCheck(), 2.5)
    assert [result.passed for result in results] == [None, None]


def test_the_order_of_the_predictions_does_not_matter(good) -> None:
    turned = replace(good, predictions=good.predictions.reverse())
    assert list_pairs(turned, 20) == list_pairs(good, 20)


def test_a_difference_is_of_stars_that_both_know() -> None:
    values = pl.DataFrame(
        {"source_id": [1, 2, 2], "estimator": ["a", "a", "b"], "feh": [-1.0, -1.0, -1.5]}
    )
    both = differences(values, "a", "b")
    assert both.select("source_id", "difference").rows() == [(2, 0.5)]
