import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from rrcat.errors import FrameError
from rrcat.fourier import FEATURE_COLUMNS, FitSettings, fit_light_curves
from rrcat.harmonic import COVARIANCE_LENGTH, MAX_HARMONICS
from rrcat.lightcurve import fold
from rrcat.schema import check, conform, load

COUNTS = ["n_observations", "n_epochs", "n_rejected", "n_clipped", "n_repeated"]
ALWAYS = ["source_id", "band", "fit_status", *COUNTS]


@pytest.fixture(scope="module")
def observed(simulated):
    """Light curves and stars of five RRab, as frames."""
    curves = simulated("RRab", 5, noise=(0.01, 0.01))
    lengths = np.diff(curves.offsets)
    light_curves = pl.DataFrame(
        {
            "source_id": np.repeat(np.arange(1, 6), lengths),
            "band": "G",
            "time": curves.time,
            "mag": curves.mag,
            "mag_error": curves.error,
        }
    )
    stars = pl.DataFrame({"source_id": np.arange(1, 6), "period": curves.truth["period"]})
    return light_curves, stars


def status_of(light_curves, stars, **settings):
    return fit_light_curves(light_curves, stars, ["G"], FitSettings(**settings))["fit_status"]


def test_features_conform_to_their_schema(observed):
    features = fit_light_curves(*observed, ["G"])
    assert features.schema == FEATURE_COLUMNS
    table = load("features")
    of_the_fit = [name for name in table.names if name in FEATURE_COLUMNS]
    assert of_the_fit == list(FEATURE_COLUMNS)
    check(conform(features, table), table)
    assert (features["fit_status"] == "ok").all()


def test_every_star_asked_for_has_a_row_in_every_band(observed):
    light_curves, stars = observed
    more = pl.concat([stars, pl.DataFrame({"source_id": [99], "period": [0.5]})])
    features = fit_light_curves(light_curves, more, ["RP", "G", "BP"])
    assert features.height == 18
    assert features.select("source_id", "band").equals(
        features.select("source_id", "band").sort("source_id", "band")
    )
    counted = dict(features["fit_status"].value_counts().iter_rows())
    assert counted == {"ok": 5, "no_light_curve": 13}


def test_light_curves_of_other_stars_are_not_fitted(observed):
    light_curves, stars = observed
    assert fit_light_curves(light_curves, stars.head(2), ["G"])["source_id"].to_list() == [1, 2]


def test_no_stars_give_no_features(observed):
    light_curves, stars = observed
    features = fit_light_curves(light_curves, stars.clear(), ["G"])
    assert features.height == 0
    assert features.schema == FEATURE_COLUMNS


@pytest.mark.parametrize("period", [None, 0.0, -0.5, float("nan"), float("inf"), 1e-5, 100.0])
def test_star_without_a_usable_period_says_so(observed, period):
    light_curves, stars = observed
    stars = stars.with_columns(period=pl.Series([period, *stars["period"][1:]], dtype=pl.Float64))
    features = fit_light_curves(light_curves, stars, ["G"])
    assert features["fit_status"].to_list() == ["no_period", *["ok"] * 4]


def test_three_points_are_too_few(observed):
    light_curves, stars = observed
    few = light_curves.group_by("source_id", maintain_order=True).head(3)
    features = fit_light_curves(few, stars, ["G"])
    assert (features["fit_status"] == "too_few_epochs").all()
    assert features["n_epochs"].to_list() == [3] * 5


@settings(max_examples=15, deadline=None)
@given(st.lists(st.sampled_from([15.0, 1e300, -1e300, 0.0, 99.999]), min_size=12, max_size=12))
def test_senseless_magnitudes_give_a_row_that_conforms(mags):
    light_curves = pl.DataFrame(
        {"source_id": 1, "band": "G", "time": np.linspace(0, 900, 12), "mag": mags}
    )
    stars = pl.DataFrame({"source_id": [1], "period": [0.5]})
    features = fit_light_curves(light_curves, stars, ["G"])
    table = load("features")
    check(conform(features, table), table)
    assert features["fit_status"].item() in {"ok", "fit_failed"}


def test_constant_star_fails_with_a_reason():
    light_curves = pl.DataFrame(
        {"source_id": 1, "band": "G", "time": np.linspace(0, 900, 30), "mag": 15.0}
    )
    stars = pl.DataFrame({"source_id": [1], "period": [0.5]})
    assert status_of(light_curves, stars).to_list() == ["fit_failed"]


def test_only_counts_stand_where_there_is_no_fit(observed):
    light_curves, stars = observed
    features = fit_light_curves(light_curves.head(5), stars, ["G"])
    others = [name for name in FEATURE_COLUMNS if name not in ALWAYS]
    assert features.select(pl.col(others).is_null().all()).row(0) == (True,) * len(others)
    assert features.select(pl.col(ALWAYS).is_not_null().all()).row(0) == (True,) * len(ALWAYS)


def test_every_observation_is_used_or_counted(observed):
    light_curves, stars = observed
    spoiled = pl.concat([light_curves, light_curves.head(20)]).with_columns(
        mag=pl.when(pl.int_range(pl.len()) % 23 == 0).then(float("nan")).otherwise("mag")
    )
    features = fit_light_curves(spoiled, stars, ["G"])
    total = features["n_epochs"] + features["n_rejected"] + features["n_clipped"]
    assert (total == features["n_observations"]).all()
    assert features["n_observations"].sum() == spoiled.height
    assert features["n_rejected"].sum() > 0


def test_order_of_rows_does_not_matter(observed):
    light_curves, stars = observed
    shuffled = light_curves.sample(fraction=1.0, shuffle=True, seed=3)
    assert_frame_equal(
        fit_light_curves(light_curves, stars, ["G"]),
        fit_light_curves(shuffled, stars.reverse(), ["G"]),
        check_exact=True,
    )


def test_partition_of_the_stars_does_not_matter(observed):
    light_curves, stars = observed
    whole = fit_light_curves(light_curves, stars, ["G"])
    parts = [fit_light_curves(light_curves, stars.slice(i, 1), ["G"]) for i in range(5)]
    assert_frame_equal(whole, pl.concat(parts), check_exact=True)


def test_phase_and_phase_times_period_give_the_same_features(observed):
    light_curves, stars = observed
    joined = light_curves.join(stars, on="source_id")
    phase = pl.Series(fold(joined["time"].to_numpy(), joined["period"].to_numpy()))
    by_phase = joined.drop("time", "period").with_columns(phase=phase)
    by_time = joined.with_columns(time=phase * pl.col("period")).drop("period")
    features = fit_light_curves(by_phase, stars, ["G"])
    assert_frame_equal(features, fit_light_curves(by_time, stars, ["G"]), check_exact=True)
    assert (features["fit_status"] == "ok").all()
    assert features["period_fixed"].all()
    assert features["period_error"].null_count() == 5
    # It goes by way of the frequency, which may round.
    np.testing.assert_allclose(features["period"], stars["period"], rtol=3e-16)


def test_folding_costs_little_where_the_period_is_right(observed):
    light_curves, stars = observed
    joined = light_curves.join(stars, on="source_id")
    phase = pl.Series(fold(joined["time"].to_numpy(), joined["period"].to_numpy()))
    folded = fit_light_curves(joined.drop("time").with_columns(phase=phase), stars, ["G"])
    free = fit_light_curves(light_curves, stars, ["G"])
    assert ((folded["a1"] - free["a1"]).abs() < 0.01).all()


def test_harmonics_beyond_the_order_are_null_and_nan_in_the_covariance(observed):
    light_curves, stars = observed
    features = fit_light_curves(light_curves, stars, ["G"], FitSettings(max_order=5))
    assert features["n_harmonics"].max() <= 5
    for k in range(6, MAX_HARMONICS + 1):
        assert features[f"a{k}"].null_count() == 5
        assert features[f"phi{k}1_error"].null_count() == 5
    covariance = features["covariance"].to_numpy()
    assert covariance.shape == (5, COVARIANCE_LENGTH)
    assert np.isfinite(covariance[:, 0]).all()
    assert np.isnan(covariance[:, -1]).all()


def test_covariance_of_the_frame_keeps_the_variances(observed):
    features = fit_light_curves(*observed, ["G"])
    variance = features["covariance"].to_numpy()[:, 0]
    assert np.allclose(np.sqrt(variance), features["period_error"], rtol=1e-5)


def test_period_is_taken_as_it_is_when_it_is_not_to_be_fitted(observed):
    light_curves, stars = observed
    features = fit_light_curves(light_curves, stars, ["G"], FitSettings(free_period=False))
    # It goes by way of the frequency, which may round.
    np.testing.assert_allclose(features["period"], stars["period"], rtol=3e-16)
    assert features["period_fixed"].all()


@pytest.mark.parametrize("column", ["source_id", "period"])
def test_missing_column_of_the_stars_is_named(observed, column):
    light_curves, stars = observed
    with pytest.raises(FrameError, match=column):
        fit_light_curves(light_curves, stars.drop(column), ["G"])


@pytest.mark.parametrize("column", ["source_id", "band", "mag"])
def test_missing_column_of_the_light_curves_is_named(observed, column):
    light_curves, stars = observed
    with pytest.raises(FrameError, match=column):
        fit_light_curves(light_curves.drop(column), stars, ["G"])


def test_light_curves_need_time_or_phase(observed):
    light_curves, stars = observed
    with pytest.raises(FrameError, match="neither time nor phase"):
        fit_light_curves(light_curves.drop("time"), stars, ["G"])


def test_star_listed_twice_is_named(observed):
    light_curves, stars = observed
    with pytest.raises(FrameError, match="star: 2"):
        fit_light_curves(light_curves, pl.concat([stars, stars[1:2]]), ["G"])


@pytest.mark.parametrize("error", [1e-300, 1e-160, 1e160, 1e300])
def test_no_error_of_a_magnitude_ends_the_build(observed, error):
    light_curves, stars = observed
    extreme = light_curves.with_columns(
        mag_error=pl.when(pl.col("source_id") == 1).then(error).otherwise("mag_error")
    )
    features, table = fit_light_curves(extreme, stars, ["G"]), load("features")
    check(conform(features, table), table)
    covariance = features["covariance"].explode().drop_nulls()
    assert not covariance.is_infinite().any()
    others = pl.col("source_id") > 1
    assert_frame_equal(
        features.filter(others), fit_light_curves(light_curves, stars, ["G"]).filter(others)
    )


@pytest.mark.parametrize("mag", [1e200, -1e200, 1e308])
def test_no_magnitude_ends_the_build(observed, mag):
    light_curves, stars = observed
    first = pl.int_range(pl.len()) == 0
    extreme = light_curves.with_columns(mag=pl.when(first).then(mag).otherwise("mag"))
    features, table = fit_light_curves(extreme, stars, ["G"]), load("features")
    check(conform(features, table), table)
    assert features["fit_status"].is_in(["ok", "fit_failed"]).all()


def test_a_period_beyond_the_range_of_the_table_is_no_fit(observed):
    light_curves, stars = observed
    settings = FitSettings(period_range=(1e-4, 1e3), free_period=False)
    long = stars.with_columns(period=pl.lit(20.0))
    features, table = fit_light_curves(light_curves, long, ["G"], settings), load("features")
    check(conform(features, table), table)
    assert (features["fit_status"] == "fit_failed").all()
