"""Residuals that follow latitude, crowding, magnitude or extinction are found."""

from dataclasses import replace

import polars as pl
import pytest

from rrcat.catalogue.validation.config import ClustersCheck, TrendsCheck
from rrcat.catalogue.validation.evidence import judged
from rrcat.catalogue.validation.trends import AGAINST, NO_REFERENCE, check_trends

CROWDED = 1.0 + pl.col("source_id") % 100 / 50
BY = {
    "Galactic latitude": pl.col("gal_b").abs() / 60,
    "crowding": CROWDED / 2,
    "magnitude": pl.col("int_average_mag") / 6,
    "extinction": pl.col("ebv") / 0.4,
}


def checked(evidence):
    crowded = evidence.rows.with_columns(phot_bp_rp_excess_factor=CROWDED)
    known = replace(evidence, rows=crowded)
    results = check_trends(known, judged(known), TrendsCheck(), ClustersCheck(), 2.5)
    return dict(zip(AGAINST, results, strict=True))


@pytest.mark.parametrize("name", list(AGAINST))
def test_a_catalogue_that_is_right_has_no_trend(good, name) -> None:
    result = checked(good)[name]
    assert result.passed is True
    assert {row["residuals"] for row in result.rows} >= {"calibrators", "cluster members"}


@pytest.mark.parametrize("name", list(AGAINST))
def test_a_trend_fails_and_is_told_with_its_error(spoilt, name) -> None:
    result = checked(spoilt(feh=pl.col("feh") + 0.8 * BY[name]))[name]
    assert result.passed is False
    row = next(row for row in result.rows if row["residuals"] == "calibrators")
    assert row["change"] == pytest.approx(row["slope"] * (row["high"] - row["low"]), abs=0.01)
    assert 0 < row["slope_error"] < abs(row["slope"]) / 2.5


def test_without_a_reference_estimators_are_compared(good) -> None:
    nobody = replace(good, calibrators=None, rows=good.rows.filter(pl.col("source_id") <= 1500))
    result = checked(nobody)["magnitude"]
    assert result.passed is True
    assert [row["residuals"] for row in result.rows] == ["stars (one less two)"]
    trend = good.rows.select("source_id", mag="int_average_mag")
    moved = good.predictions.join(trend, on="source_id", how="left").with_columns(
        feh=pl.when(pl.col("estimator") == "two")
        .then(pl.col("feh") + 0.2 * (pl.col("mag") - 16))
        .otherwise("feh")
    )
    assert checked(replace(nobody, predictions=moved))["magnitude"].passed is False


def test_where_nothing_can_be_compared_it_says_so(good) -> None:
    alone = good.predictions.filter(estimator="one")
    nobody = replace(
        good,
        calibrators=None,
        predictions=alone,
        order=("one",),
        rows=good.rows.filter(pl.col("source_id") <= 1500),
    )
    for result in checked(nobody).values():
        assert result.passed is None
        assert result.detail.endswith(NO_REFERENCE)


def test_what_nobody_knows_of_the_stars_cannot_be_a_trend(spoilt) -> None:
    nothing = pl.lit(None, dtype=pl.Float64)
    result = checked(spoilt(ebv=nothing, g_absorption=nothing))["extinction"]
    assert result.passed is None
    assert "have a known extinction" in result.detail


def test_absorption_stands_in_for_reddening_in_its_units(spoilt, good) -> None:
    dusty = pl.col("ebv") > 0.2
    mixed = spoilt(
        ebv=pl.when(~dusty).then("ebv"), g_absorption=pl.when(dusty).then(2.74 * pl.col("ebv"))
    )
    before, after = (checked(one)["extinction"].rows for one in (good, mixed))
    assert after[0]["slope"] == pytest.approx(before[0]["slope"], abs=1e-3)


def test_where_all_stars_are_alike_nothing_can_be_said(spoilt) -> None:
    assert checked(spoilt(ebv=pl.lit(0.1)))["extinction"].passed is None
