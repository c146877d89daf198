import numpy as np
import polars as pl
import pytest

from rrcat.canonical import json_bytes
from rrcat.harmonic import COVARIANCE_LENGTH, covariance_index


def with_period(stars: pl.DataFrame, period: float) -> pl.DataFrame:
    return stars.with_columns(period=pl.Series([0.5, period, 0.31]))


@pytest.mark.parametrize("period", [0.0, -0.5, float("nan"), float("inf"), 0.001, 500.0])
def test_an_impossible_period_is_refused(refused, stars, period):
    message = refused(stars=with_period(stars, period))
    assert "1 of 3 rows have a period that is 0, negative, NaN or outside 0.01 to 10 d" in message
    assert f"12: {period}" in message
    assert "stars.csv, row: 2, star: 12, column: period" in message
    assert "null_values = ['0']" in message
    assert "bad_stars = 'keep'" in message


@pytest.mark.parametrize("period", [0.0, -0.5, float("nan"), 500.0])
def test_an_impossible_period_may_be_kept_as_null(ingested, stars, period):
    got = ingested(stars=with_period(stars, period), bad_stars="keep")
    assert got.stars["period"].to_list() == [0.5, None, 0.31]
    assert got.account["stars"]["bad_periods"]["count"] == 1
    assert got.account["stars"]["bad_periods"]["first"][0]["source_id"] == 12


def test_a_hint_followed_mends_it(ingested, stars):
    mended = {"column": "period", "null_values": ["0"]}
    columns = {"source_id": "source_id", "period": mended}
    got = ingested(stars=with_period(stars, 0.0), star_table={"columns": columns})
    assert got.stars["period"].to_list() == [0.5, None, 0.31]


def test_an_unknown_period_is_no_bad_one(ingested, stars):
    got = ingested(stars=stars.with_columns(period=pl.Series([0.5, None, 0.31])))
    assert got.stars["period"].null_count() == 1
    assert got.account["stars"]["bad_periods"]["count"] == 0


def first_points(curves: pl.DataFrame, number: int) -> pl.DataFrame:
    """Give the light curves with so many points left of star 12."""
    rank = pl.int_range(pl.len()).over("source_id")
    return curves.filter((pl.col("source_id") != 12) | (rank < number))


@pytest.mark.parametrize("number", [1, 3, 4])
def test_a_light_curve_of_few_points_is_refused(refused, curves, number):
    message = refused(light_curves=first_points(curves, number))
    assert f"1 of 3 stars have a light curve of fewer than 5 usable points: 12: {number}" in message
    assert "light_curves.parquet, star: 12" in message
    assert "bad_stars = 'keep'" in message


def test_five_points_are_enough(ingested, curves):
    account = ingested(light_curves=first_points(curves, 5)).account["light_curves"]
    assert account["short_light_curves"]["count"] == 0


def test_a_light_curve_of_few_points_may_stay(ingested, curves):
    got = ingested(light_curves=first_points(curves, 3), bad_stars="keep")
    assert got.light_curves.filter(pl.col("source_id") == 12).height == 3
    assert got.account["light_curves"]["short_light_curves"] == {
        "count": 1,
        "first": [{"source_id": 12, "points": 3}],
    }


def test_points_without_magnitude_or_rejected_are_not_usable(refused, curves):
    few = curves.with_columns(
        mag=pl.when((pl.col("source_id") == 11) & (pl.col("time") > 1710))
        .then(float("nan"))
        .otherwise("mag"),
        bad=(pl.col("source_id") == 13) & (pl.col("time") > 1706),
    )
    columns = {"source_id": "source_id", "time": "time", "mag": "mag", "band": {"value": "G"}}
    message = refused(light_curves=few, curve_table={"columns": columns | {"rejected": "bad"}})
    assert "2 of 3 stars have a light curve" in message
    assert "11: 3, 13: 2" in message


def test_one_good_band_is_enough(ingested, curves):
    bands = first_points(curves, 3).with_columns(band=pl.lit("BP"))
    both = pl.concat([curves.with_columns(band=pl.lit("G")), bands])
    columns = {"source_id": "source_id", "time": "time", "mag": "mag", "band": "band"}
    account = ingested(light_curves=both, curve_table={"columns": columns}).account["light_curves"]
    assert account["bands"] == ["BP", "G"]
    assert account["short_light_curves"]["count"] == 0


def test_a_star_without_any_usable_point_is_counted_and_stays(ingested, curves):
    none = curves.with_columns(
        mag=pl.when(pl.col("source_id") == 12).then(None).otherwise("mag"),
    )
    got = ingested(light_curves=none)
    assert got.account["light_curves"]["without_usable_point"]["first"] == [{"source_id": 12}]
    assert 12 in got.stars["source_id"]


def folded(curves: pl.DataFrame) -> pl.DataFrame:
    return curves.with_columns(phase=(pl.col("time") - 1700) / 40.7)


FOLDED = {"source_id": "source_id", "phase": "phase", "mag": "mag", "band": {"value": "G"}}


def test_phases_stand_instead_of_times(ingested, curves):
    got = ingested(light_curves=folded(curves), curve_table={"columns": FOLDED}).light_curves
    assert got["phase"].is_between(0, 1).all()
    assert got["time"].null_count() == got.height


def test_a_phase_out_by_rounding_is_taken(ingested, curves):
    rounded = folded(curves).with_columns(phase=pl.col("phase") * (1 + 2e-16) - 1e-12)
    got = ingested(light_curves=rounded, curve_table={"columns": FOLDED}).light_curves
    assert got["phase"].is_between(0, 1).all()


def test_a_phase_outside_the_cycle_is_refused(refused, curves):
    beyond = folded(curves).with_columns(pl.col("phase") + 0.1)
    message = refused(light_curves=beyond, curve_table={"columns": FOLDED})
    assert "6 of 36 phases are outside 0 to 1: 11: 1.009" in message
    assert "light_curves.parquet, row: 11, star: 11, column: phase" in message
    assert "mapped as `time`" in message


@pytest.mark.parametrize("period", [np.nan, np.inf])
def test_the_account_of_a_period_that_is_no_number_can_be_written(ingested, stars, period):
    given = ingested(stars=with_period(stars, period), bad_stars="keep")
    assert json_bytes(given.account)


FEATURES = pl.DataFrame(
    {"source_id": [11, 12], "P": [0.5, 0.6], "phi31": [2.0, 2.1], "phi31_error": [0.1, -1.0]}
)
MAPPED = {
    "source_id": "source_id",
    "band": {"value": "G"},
    "period": "P",
    "phi31": "phi31",
    "phi31_error": "phi31_error",
}


def test_a_standard_error_below_zero_is_refused(refused):
    message = refused(features=FEATURES, feature_table={"columns": MAPPED})
    assert "1 of 2 rows have a phi31_error below zero: 12: -1.0" in message
    assert "features.parquet, row: 2, star: 12, column: phi31_error" in message


def test_a_standard_error_below_zero_may_be_kept_as_null(ingested):
    got = ingested(features=FEATURES, feature_table={"columns": MAPPED}, bad_stars="keep")
    assert got.features["phi31_error"].to_list() == [0.1, None]
    assert got.account["features"]["negative_errors"] == {
        "phi31_error": {"count": 1, "first": [{"source_id": 12}]}
    }


def test_the_error_of_a_period_below_zero_is_refused(refused, stars):
    columns = {"source_id": "source_id", "period": "period", "period_error": "period_error"}
    message = refused(
        stars=stars.with_columns(period_error=pl.Series([1e-5, 1e-5, -1e-5])),
        star_table={"columns": columns},
    )
    assert "stars.csv, row: 3, star: 13, column: period_error" in message


@pytest.mark.parametrize(("place", "bad"), [(("a3", "a3"), True), (("a3", "phi31"), False)])
def test_a_variance_below_zero_is_refused_and_a_covariance_is_not(refused, ingested, place, bad):
    covariance = np.full((2, COVARIANCE_LENGTH), np.nan, dtype=np.float32)
    covariance[1, covariance_index(*place)] = -1e-3
    given = {
        "features": FEATURES.with_columns(
            pl.col("phi31_error").abs(), covariance=pl.Series(covariance)
        ),
        "feature_table": {"columns": MAPPED | {"covariance": "covariance"}},
    }
    if bad:
        message = refused(**given)
        assert "1 of 2 rows have variances of a covariance below zero: 12" in message
    else:
        assert ingested(**given).features["covariance"].null_count() == 0
