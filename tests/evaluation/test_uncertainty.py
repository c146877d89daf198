"""Calibrated errors cover what they say, follow the conditions, and believe few stars little."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rrcat.evaluation.uncertainty import (
    CONDITIONS,
    ErrorCalibration,
    conditions,
    learn_error_calibration,
    learn_scale,
    matrix,
    quantile,
    usual_pulls,
)


def stars(n, seed, *, factor=1.0, faint=0.0, freedom=None):
    """Give residuals, errors that are too small by a factor, and conditions."""
    random = np.random.default_rng(seed)
    epochs, phi31, mag = (random.normal(*of, n) for of in ((3.5, 0.3), (-2, 0.6), (17, 1.2)))
    error = random.uniform(0.1, 0.3, n)
    noise = random.normal(size=n) if freedom is None else random.standard_t(freedom, n)
    residual = noise * error * factor * np.exp(faint * (mag - 17))
    return residual, error, np.column_stack([epochs, phi31, mag])


def covered(residual, error):
    pull = np.abs(residual) / error
    return (pull < 1).mean(), (pull < 1.96).mean()


@pytest.mark.parametrize("freedom", [None, 8])
def test_other_stars_are_covered_as_often_as_is_said(freedom):
    learned = learn_error_calibration(*stars(3000, 1, factor=1.7, faint=0.3, freedom=freedom))
    residual, error, told = stars(20000, 2, factor=1.7, faint=0.3, freedom=freedom)
    calibrated = learned.calibrated(error, told)
    inner, outer = covered(residual, calibrated)
    assert inner == pytest.approx(0.683, abs=0.03)
    assert outer == pytest.approx(0.95, abs=0.015)
    pull = np.abs(residual) / calibrated
    assert (pull < learned.width_68).mean() == pytest.approx(0.683, abs=0.02)
    assert (pull < learned.width_95).mean() == pytest.approx(0.95, abs=0.01)


def test_faint_stars_are_covered_nearly_as_often_as_bright_ones():
    learned = learn_error_calibration(*stars(3000, 1, faint=0.4))
    residual, error, told = stars(20000, 2, faint=0.4)
    faint = told[:, 2] > 18
    before, _ = covered(residual[faint], error[faint])
    after, _ = covered(residual[faint], learned.calibrated(error, told)[faint])
    assert before < 0.55
    assert after == pytest.approx(0.683, abs=0.05)


def test_few_stars_teach_a_level_and_hardly_a_slope():
    few = learn_error_calibration(*stars(15, 3, factor=2.0, faint=1.0))
    many = learn_error_calibration(*stars(3000, 3, factor=2.0, faint=1.0))
    assert abs(few.conditions[2].slope) < 0.35 * many.conditions[2].slope
    assert few.level > 0.3


def test_intervals_of_few_stars_hold_what_they_say_and_do_not_hang_on_one_star():
    inner, outer, length, largest = [], [], [], []
    for seed in range(200):
        residual, error, told = stars(12, seed, freedom=4)
        learned = learn_error_calibration(residual, error, told)
        others = stars(500, 1000 + seed, freedom=4)
        pull = np.abs(others[0]) / learned.calibrated(*others[1:])
        inner.append((pull < learned.width_68).mean())
        outer.append((pull < learned.width_95).mean())
        length.append(learned.level + np.log(learned.width_95))
        largest.append(np.log(quantile(np.abs(residual / error), 0.95)))
    assert np.mean(inner) == pytest.approx(0.683, abs=0.03)
    assert np.mean(outer) == pytest.approx(0.95, abs=0.015)
    assert np.std(length) < 0.8 * np.std(largest)


def test_usual_pulls_are_those_of_student_with_five_degrees_of_freedom():
    # From tables: the half-widths that hold 50, 80, 95 and 98 %.
    pulls = usual_pulls(1000)
    for share, width in ((500, 0.727), (800, 1.476), (950, 2.571), (980, 3.365)):
        assert pulls[share - 1] < width < pulls[share]


def test_without_stars_errors_stay():
    error = np.array([0.1, 0.2])
    learned = learn_error_calibration(*(np.empty(shape) for shape in (0, 0, (0, 3))))
    assert learned.calibrated(error, np.zeros((2, 3))).tolist() == error.tolist()
    assert (learned.width_68, learned.width_95) == (1.0, 1.96)


def test_an_unknown_condition_counts_as_the_usual_one():
    residual, error, told = stars(300, 4, faint=0.3)
    told[::3, 0] = np.nan
    told[:, 1] = np.nan
    learned = learn_error_calibration(residual, error, told)
    usual = [one.centre for one in learned.conditions]
    given = learned.calibrated(np.full(2, 0.2), np.array([[np.nan] * 3, usual]))
    assert given[0] == given[1] > 0
    assert learned.conditions[1].slope == 0


def test_stars_beyond_all_calibrators_count_as_the_farthest_of_them():
    residual, error, told = stars(3000, 5, faint=0.3)
    learned = learn_error_calibration(residual, error, told)
    farthest = np.array([[3.5, -2.0, told[:, 2].max()], [3.5, -2.0, 99.0]])
    given = learned.calibrated(np.full(2, 0.2), farthest)
    assert given[0] == given[1]


def test_predictions_without_any_residual_keep_an_error():
    learned = learn_error_calibration(np.zeros(20), np.full(20, 0.2), np.zeros((20, 3)))
    assert learned.calibrated(np.array([0.2]), np.zeros((1, 3)))[0] > 0
    assert ErrorCalibration.model_validate_json(learned.model_dump_json()) == learned


@given(st.integers(1, 40), st.integers(0, 39))
def test_the_error_of_a_star_is_the_same_to_the_last_bit_in_any_company(n, start):
    residual, error, told = stars(80, 6, faint=0.3)
    told[::7] = np.nan
    learned = learn_error_calibration(residual, error, told)
    whole = learned.calibrated(error, told)
    some = slice(start, start + n)
    assert np.array_equal(whole[some], learned.calibrated(error[some], told[some]))


@given(st.integers(1, 60), st.floats(0.05, 0.99), st.integers(0, 1000))
def test_the_quantile_is_the_value_of_the_promised_rank(n, share, seed):
    values = np.random.default_rng(seed).permutation(np.arange(1.0, n + 1))
    rank = quantile(values, share)
    # Of n + 1 exchangeable values the last one is among the `rank` smallest this often.
    assert rank == n or rank / (n + 1) >= share > (rank - 1) / (n + 1)


@given(st.floats(0.3, 9.0))
def test_a_scale_makes_errors_larger_by_what_they_are_too_small(factor):
    pull = np.abs(np.random.default_rng(1).normal(size=4000))
    assert learn_scale(factor * pull) == pytest.approx(factor * learn_scale(pull), rel=1e-9)
    assert learn_scale(pull) == pytest.approx(1.0, abs=0.04)


def test_the_scale_stays_within_bounds():
    assert learn_scale(np.zeros(3)) == 0.25
    assert learn_scale(np.full(3, 1e9)) == 10


def test_conditions_are_those_of_the_band_and_null_where_there_are_none():
    features = pl.DataFrame(
        {
            "source_id": [1, 1, 2],
            "band": ["G", "I", "G"],
            "n_epochs": [100, 7, 0],
            "phi31_error": [0.1, 0.2, None],
            "int_average_mag": [15.0, 14.0, 16.0],
        }
    )
    found = conditions(features, "G")
    assert found.columns == ["source_id", *CONDITIONS]
    assert found.row(0) == pytest.approx((1, np.log(100), np.log(0.1), 15.0))
    assert found.row(1) == (2, None, None, 16.0)
    assert np.isnan(matrix(found)).tolist() == [[False] * 3, [True, True, False]]
