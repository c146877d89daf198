"""Metrics are unweighted, averaged over repeats, and counted against every star asked for."""

import numpy as np
import polars as pl
import pytest

from rrcat.evaluation.metrics import bootstrap, metrics, per_star


def predictions(true, given, error=0.2, repeat=0):
    return pl.DataFrame(
        {
            "repeat": repeat,
            "source_id": range(len(true)),
            "feh_true": true,
            "feh": given,
            "feh_error": error,
        },
        schema_overrides={"feh_true": pl.Float64, "feh": pl.Float64, "feh_error": pl.Float64},
    )


def random_predictions(repeats=1, n=400, scatter=0.2):
    random = np.random.default_rng(4)
    true = random.normal(-1.5, 0.5, n)
    return pl.concat(
        predictions(true, true + random.normal(0, scatter, n), scatter, repeat)
        for repeat in range(repeats)
    )


def test_metrics_of_a_worked_example():
    told = metrics(predictions([-2.0, -1.0, 0.0], [-1.9, -1.0, -0.3]), seed=0)
    assert told["n_asked"] == told["n"] == 3
    assert told["rmse"] == pytest.approx((0.10 / 3) ** 0.5, abs=1e-6)
    assert told["mae"] == pytest.approx(0.4 / 3, abs=1e-6)
    assert told["bias"] == pytest.approx(-0.2 / 3, abs=1e-6)
    assert told["r2"] == pytest.approx(1 - 0.10 / 2, abs=1e-6)
    assert told["slope"] == pytest.approx(0.8, abs=1e-6)
    assert told["coverage_68"] == pytest.approx(2 / 3, abs=1e-6)
    assert told["coverage_95"] == 1.0
    assert told["rmse_std"] is None


def test_stars_without_value_count_as_asked():
    told = metrics(predictions([-2.0, -1.0, 0.0], [-2.0, -1.0, None], [0.1, 0.1, None]), seed=0)
    assert (told["n_asked"], told["n"]) == (3, 2)


def test_true_values_that_are_all_one_have_neither_r2_nor_slope():
    """They may differ in the last digit, where spectra were pooled."""
    told = metrics(predictions([-1.5, -1.5 + 2e-16, -1.5], [-1.4, -1.5, -1.7]), seed=0)
    assert told["r2"] is told["slope"] is None
    assert told["rmse"] == pytest.approx((0.05 / 3) ** 0.5, abs=1e-6)


def test_values_without_error_have_no_coverage():
    told = metrics(predictions([-2.0, -1.0], [-1.9, -1.2], [0.1, None]), seed=0)
    assert told["coverage_68"] is told["coverage_95"] is None
    assert told["rmse"] is not None


def test_without_any_value_the_metrics_are_null():
    told = metrics(predictions([-2.0, -1.0], [None, None], [None, None]), seed=0)
    assert (told["n_asked"], told["n"]) == (2, 0)
    assert {told[name] for name in told if name not in ("n_asked", "n")} == {None}


def test_a_single_star_has_no_slope():
    told = metrics(predictions([-2.0], [-1.9]), seed=0)
    assert told["rmse"] == pytest.approx(0.1)
    assert told["r2"] is told["slope"] is told["rmse_error"] is None


def test_repeats_are_averaged_and_their_spread_is_told():
    one = predictions([-2.0, -1.0], [-1.9, -0.9])
    other = predictions([-2.0, -1.0], [-1.7, -0.7], repeat=1)
    told = metrics(pl.concat([one, other]), seed=0)
    assert told["rmse"] == pytest.approx(0.2, abs=1e-6)
    assert told["rmse_std"] == pytest.approx(0.2 / 2**0.5, abs=1e-6)
    assert told["n_asked"] == 2


def test_honest_errors_cover_what_they_promise():
    told = metrics(random_predictions(), seed=0)
    assert told["coverage_68"] == pytest.approx(0.683, abs=0.05)
    assert told["coverage_95"] == pytest.approx(0.95, abs=0.03)


def test_the_bootstrap_error_is_that_of_theory():
    """The RMSE of n normal residuals has a standard error of RMSE / sqrt(2 n)."""
    told = metrics(random_predictions(n=800), seed=0)
    assert told["rmse_error"] == pytest.approx(0.2 / 1600**0.5, rel=0.15)


def test_more_repeats_of_the_same_stars_do_not_make_the_bootstrap_error_smaller():
    once = random_predictions(n=200)
    often = pl.concat(once.with_columns(repeat=pl.lit(r, pl.Int64)) for r in range(5))
    assert metrics(often, seed=0)["rmse_error"] == metrics(once, seed=0)["rmse_error"]


def test_the_order_of_the_rows_leaves_no_trace():
    rows = random_predictions(repeats=3, n=50)
    assert metrics(rows, seed=0) == metrics(rows.reverse(), seed=0)


def test_a_star_is_one_row_of_the_bootstrap_however_often_it_was_predicted():
    assert per_star(random_predictions(repeats=3, n=20)).height == 20


def test_one_star_cannot_be_drawn_again():
    assert bootstrap(1, lambda drawn: drawn.mean(axis=1), seed=0) is None
