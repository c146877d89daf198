"""Sequences are the observations of the fit, folded so that the first harmonic starts at 0."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from rrcat import schema
from rrcat.fourier import FitSettings, fit_light_curves
from rrcat.harmonic import evaluate
from rrcat.lightcurve import CleaningSettings, clean, sequences

AMPLITUDES, PHASES = [0.30, 0.12, 0.06], [1.0, 2.0, 3.0]
N_EPOCHS = 60
STARS = pl.DataFrame({"source_id": [1, 2, 3], "period": [0.55, 0.61, 0.34]})


def light_curves(seed: int = 0, noise: float = 0.01, error: float | None = 0.005) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    curves = []
    for source_id, period in STARS.rows():
        time = rng.uniform(0.0, 900.0, N_EPOCHS)
        mag = evaluate(time, period, 0.0, 15.0, AMPLITUDES, PHASES)
        curves.append(
            pl.DataFrame(
                {
                    "source_id": source_id,
                    "band": "G",
                    "time": time,
                    "mag": mag + rng.uniform(-noise, noise, N_EPOCHS),
                    "mag_error": error,
                },
                schema_overrides={"mag_error": pl.Float64},
            )
        )
    return pl.concat(curves)


def fitted(curves: pl.DataFrame, **settings: object) -> pl.DataFrame:
    return fit_light_curves(curves, STARS, ["G"], FitSettings(**settings))


def points(frame: pl.DataFrame) -> pl.DataFrame:
    """Give a row for each point."""
    return frame.explode("phase", "mag", "mag_error")


def test_a_sequence_is_the_series_seen_from_where_its_first_harmonic_has_phase_zero():
    curves = light_curves()
    given = sequences(curves, fitted(curves))
    schema.check(given, schema.load("sequences"))
    assert given["n_points"].to_list() == [N_EPOCHS] * 3
    from_first = [phi - k * PHASES[0] for k, phi in enumerate(PHASES, start=1)]
    for row in given.iter_rows(named=True):
        phase = np.array(row["phase"])
        assert (np.diff(phase) >= 0.0).all()
        series = evaluate(phase, 1.0, 0.0, 0.0, AMPLITUDES, from_first)
        assert np.abs(np.array(row["mag"]) - series).max() < 0.03
        assert row["mean_mag"] == pytest.approx(15.0, abs=0.005)
        assert row["mag_error"] == pytest.approx([0.005] * N_EPOCHS)


def test_what_the_fit_has_clipped_is_left_out():
    curves = light_curves().with_row_index()
    spoilt = pl.when(pl.col("index").is_in([7, 70])).then(pl.col("mag") + 0.4).otherwise("mag")
    curves = curves.with_columns(mag=spoilt)
    features = fitted(curves)
    assert features["n_clipped"].to_list() == [1, 1, 0]
    given = sequences(curves, features)
    assert given["n_points"].to_list() == features["n_epochs"].to_list()
    left = points(given).with_columns(mag=pl.col("mag") + pl.col("mean_mag"))
    for index in (7, 70):
        assert (left["mag"] - curves["mag"][index]).abs().min() > 1e-3


def test_an_observation_far_off_with_a_large_error_is_kept_and_a_nearer_one_left_out():
    off, error = {5: 0.2, 9: 0.15}, {5: 0.15}
    curves = (
        light_curves(error=0.03)
        .with_row_index()
        .with_columns(
            mag=pl.col("mag") + pl.col("index").replace_strict(off, default=0.0),
            mag_error=pl.col("index").replace_strict(error, default=pl.col("mag_error")),
        )
    )
    features = fitted(curves)
    assert features["n_clipped"][0] == 1
    left = points(sequences(curves, features)).filter(source_id=1)
    assert left["mag_error"].max() == pytest.approx(0.15)


def test_cleaning_is_that_of_the_fit():
    curves = light_curves().with_columns(rejected=pl.int_range(pl.len()) < 10)
    assert sequences(curves, fitted(curves))["n_points"].to_list() == [50, 60, 60]
    everything = CleaningSettings(use_rejection_flags=False)
    features = fit_light_curves(curves, STARS, ["G"], FitSettings(), everything)
    assert sequences(curves, features, everything)["n_points"].to_list() == [60, 60, 60]


def test_a_light_curve_without_a_fit_has_no_sequence():
    curves = light_curves().filter((pl.col("source_id") != 2) | (pl.int_range(pl.len()) < 64))
    features = fitted(curves)
    assert features["fit_status"].to_list() == ["ok", "too_few_epochs", "ok"]
    assert sequences(curves, features)["source_id"].to_list() == [1, 3]


def test_unknown_errors_are_one_null_and_not_a_list():
    curves = light_curves(error=None)
    assert sequences(curves, fitted(curves))["mag_error"].to_list() == [None] * 3


def test_a_folded_light_curve_gives_the_sequence_of_the_one_it_was_folded_from():
    curves = light_curves()
    folded = curves.join(STARS, on="source_id").select(
        "source_id", "band", "mag", "mag_error", phase=pl.col("time") / pl.col("period") % 1.0
    )
    by_time = points(sequences(curves, fitted(curves, free_period=False)))
    by_phase = points(sequences(folded, fitted(folded)))
    assert_frame_equal(by_time, by_phase, abs_tol=1e-5)


@settings(deadline=None, max_examples=10)
@given(shift=st.floats(-500.0, 500.0))
def test_a_shift_in_time_changes_no_sequence(shift):
    curves = light_curves()
    shifted = curves.with_columns(pl.col("time") + shift)
    one = points(sequences(curves, fitted(curves)))
    other = points(sequences(shifted, fitted(shifted)))
    turned = (one["phase"] - other["phase"] + 0.5) % 1.0 - 0.5
    assert turned.abs().max() < 1e-4
    assert (one["mag"] - other["mag"]).abs().max() < 1e-4


def test_order_and_company_change_no_bit():
    curves = light_curves()
    features = fitted(curves)
    whole = sequences(curves, features)
    turned = sequences(
        curves.sample(fraction=1.0, shuffle=True, seed=1), features.reverse(), CleaningSettings()
    )
    assert_frame_equal(turned, whole)
    for star in (1, 2, 3):
        alone = sequences(curves, features.filter(source_id=star))
        assert_frame_equal(alone, whole.filter(source_id=star))


def test_a_phase_that_rounds_to_one_stays_below_it():
    curves = light_curves()
    features = fitted(curves).with_columns(reference_time=curves["time"][0] + 1e-9, phi1=0.0)
    nearly_one = sequences(curves, features)["phase"][0].max()
    assert 0.9999 < nearly_one < 1.0


def test_features_of_an_archive_fold_and_clip_nothing():
    curves = light_curves()
    archive = fitted(curves).select(
        "source_id", "band", "fit_status", "period", "reference_time", "phi1", "zp_mag", "a1"
    )
    assert sequences(curves, archive)["n_points"].to_list() == [N_EPOCHS] * 3
    without_phase = archive.with_columns(phi1=pl.lit(None, pl.Float64))
    assert sequences(curves, without_phase).is_empty()


def test_no_light_curves_give_a_frame_without_rows():
    curves = light_curves()
    empty = sequences(curves.clear(), fitted(curves).clear())
    assert_frame_equal(empty, schema.load("sequences").empty())


def test_errors_that_32_bits_cannot_hold_are_the_nearest_they_can():
    curves = light_curves(error=1e-60)
    given = points(sequences(curves, fitted(curves)))
    schema.check(sequences(curves, fitted(curves)), schema.load("sequences"))
    assert given["mag_error"].min() > 0.0


def test_real_sequences_rest_on_as_many_points_as_their_fits(data_dir):
    folder = data_dir / "gaia_dr2_g_folded"
    stars = pl.read_csv(folder / "stars.csv").drop_nulls("period").head(200)
    curves = (
        pl.read_parquet(folder / "light_curves.parquet")
        .join(stars, on="source_id", how="semi")
        .with_columns(band=pl.lit("G"))
    )
    features = fit_light_curves(curves, stars, ["G"])
    given = sequences(curves, features)
    schema.check(given, schema.load("sequences"))
    ok = features.filter(fit_status="ok")
    assert given["source_id"].to_list() == ok["source_id"].to_list()
    assert given["n_points"].to_list() == ok["n_epochs"].to_list()
    assert ok["n_clipped"].sum() > 10
    assert clean(curves)[0].height - ok["n_clipped"].sum() == given["n_points"].sum()
