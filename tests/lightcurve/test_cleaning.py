import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from pydantic import ValidationError

from rrcat.lightcurve import CleaningSettings, clean


def curve(n=6, **columns):
    base = {
        "source_id": [1] * n,
        "band": ["G"] * n,
        "time": [float(i) for i in range(n)],
        "mag": [15.0 + 0.1 * i for i in range(n)],
        "mag_error": [0.01] * n,
    }
    return pl.DataFrame({**base, **columns}, strict=False)


def counts_of(frame, settings=None):
    return clean(frame, settings)[1].row(0, named=True)


def test_clean_curve_is_kept_whole_and_sorted():
    kept, counts = clean(curve().reverse())
    assert kept["time"].to_list() == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    assert counts.row(0, named=True)["n_rejected"] == 0


def test_observations_the_archive_rejected_are_left_out_and_null_flags_are_not():
    frame = curve(rejected=[True, None, False, False, False, True])
    assert counts_of(frame)["n_flagged"] == 2
    assert counts_of(frame, CleaningSettings(use_rejection_flags=False))["n_flagged"] == 0


@pytest.mark.parametrize("bad", [None, float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("column", ["mag", "time"])
def test_non_finite_magnitude_or_time_is_left_out(column, bad):
    values = curve()[column].to_list()
    counts = counts_of(curve(**{column: [bad, *values[1:]]}))
    assert counts["n_non_finite"] == 1
    assert counts["n_epochs"] == 5


@pytest.mark.parametrize("bad", [None, float("nan"), float("inf"), 0.0, -0.01])
def test_bad_error_costs_the_observation_where_others_have_a_good_one(bad):
    counts = counts_of(curve(mag_error=[bad, *[0.01] * 5]))
    assert counts["n_bad_error"] == 1


@pytest.mark.parametrize("bad", [None, float("nan"), 0.0, -0.01])
def test_curve_without_any_good_error_keeps_all_points_with_unknown_errors(bad):
    kept, counts = clean(curve(mag_error=[bad] * 6))
    assert counts["n_epochs"].item() == 6
    assert kept["mag_error"].null_count() == 6


def test_error_five_times_the_median_is_an_outlier():
    counts = counts_of(curve(mag_error=[0.051, 0.049, *[0.01] * 4]))
    assert counts["n_error_outlier"] == 1


def test_exact_duplicates_are_dropped_once_each():
    frame = pl.concat([curve(), curve(), curve().head(1)])
    counts = counts_of(frame)
    assert counts["n_duplicate"] == 7
    assert counts["n_epochs"] == 6


def test_repeated_epochs_with_different_magnitudes_are_kept_and_counted():
    counts = counts_of(curve(time=[0.0, 0.0, 0.0, 1.0, 2.0, 2.0]))
    assert counts["n_epochs"] == 6
    assert counts["n_repeated"] == 3


def test_magnitude_error_comes_from_the_flux_where_it_is_absent():
    frame = curve().drop("mag_error").with_columns(flux=pl.lit(1000.0), flux_error=pl.lit(10.0))
    kept, _ = clean(frame)
    assert np.allclose(kept["mag_error"], 0.010857362)


def test_folded_curve_needs_no_time():
    frame = curve().drop("time").with_columns(phase=pl.Series([0.1, 0.2, 0.3, 0.4, None, 0.6]))
    kept, counts = clean(frame)
    assert counts["n_non_finite"].item() == 1
    assert kept["phase"].to_list() == [0.1, 0.2, 0.3, 0.4, 0.6]


def test_curve_with_times_does_not_fall_back_on_phases():
    frame = curve(time=[None, *range(1, 6)]).with_columns(phase=pl.lit(0.5))
    kept, counts = clean(frame)
    assert counts["n_non_finite"].item() == 1
    assert kept["phase"].null_count() == 5


def test_stars_and_bands_are_judged_apart():
    noisy = curve(mag_error=[0.2] * 6)
    frame = pl.concat([curve(), noisy.with_columns(band=pl.lit("BP"))])
    assert clean(frame)[1]["n_error_outlier"].to_list() == [0, 0]


def test_curve_with_nothing_left_still_has_its_counts():
    _, counts = clean(curve(mag=[None] * 6))
    assert counts.select("n_observations", "n_epochs", "n_repeated").row(0) == (6, 0, 0)


numbers = st.one_of(st.none(), st.sampled_from([float("nan"), float("inf"), 0.0, 0.01, 0.02, 9.0]))


@given(
    st.lists(
        st.tuples(st.integers(1, 2), numbers, numbers, numbers, st.booleans()),
        min_size=1,
        max_size=30,
    ),
    st.randoms(use_true_random=False),
)
def test_every_observation_is_accounted_for_in_any_order(rows, random):
    names = ["source_id", "time", "mag", "mag_error", "rejected"]
    schema = dict(zip(names, [pl.Int64, *[pl.Float64] * 3, pl.Boolean], strict=True))
    frame = pl.DataFrame(rows, schema=schema, orient="row").with_columns(band=pl.lit("G"))
    kept, counts = clean(frame)
    assert (counts["n_rejected"] + counts["n_epochs"] == counts["n_observations"]).all()
    assert counts["n_observations"].sum() == len(rows)
    assert kept.height == counts["n_epochs"].sum()

    random.shuffle(rows)
    shuffled = pl.DataFrame(rows, schema=schema, orient="row").with_columns(band=pl.lit("G"))
    kept_again, counts_again = clean(shuffled)
    assert_frame_equal(kept, kept_again)
    assert_frame_equal(counts, counts_again)


def test_unknown_or_impossible_settings_are_refused():
    with pytest.raises(ValidationError, match="sigma"):
        CleaningSettings(sigma=3.0)
    with pytest.raises(ValidationError, match="error_outlier_factor"):
        CleaningSettings(error_outlier_factor=0.5)


def test_three_bad_epochs_of_a_gaia_star_are_found(data_dir):
    frame = pl.read_csv(data_dir / "gaia_dr3_crestani21" / "light_curves.csv").filter(
        pl.col("source_id") == 3465394126556301056
    )
    counts = counts_of(frame.with_columns(band=pl.lit("G")))
    assert counts["n_error_outlier"] == counts["n_rejected"] == 3


def test_repeated_epochs_of_asas_are_kept(data_dir):
    frame = pl.read_parquet(data_dir / "asas_i" / "light_curves.parquet")
    ids = frame["asas_id"].unique().sort()
    frame = frame.with_columns(
        source_id=pl.col("asas_id").replace_strict(ids, range(len(ids)), return_dtype=pl.Int64),
        band=pl.lit("I"),
    )
    _, counts = clean(frame)
    assert counts.height == 2187
    assert counts["n_duplicate"].sum() > 1000
    assert counts["n_repeated"].sum() > 2500
    assert (counts["n_rejected"] + counts["n_epochs"]).sum() == 456791


def test_columns_of_nothing_but_nulls_are_taken_whatever_their_type():
    nothing = pl.Series([None] * 6)
    kept, _ = clean(curve().with_columns(mag_error=nothing, phase=nothing, rejected=nothing))
    assert kept.height == 6
