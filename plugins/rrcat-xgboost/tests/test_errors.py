import numpy as np
import pytest
from rrcat_xgboost.errors import learn_errors


def residuals(n, seed=0):
    """Scatter of 0.1 dex of its own, and what shapes leave open."""
    rng = np.random.default_rng(seed)
    variance = rng.choice([0.0, 0.09], n)
    return rng.normal(0.0, np.sqrt(0.01 + variance)), variance


def test_errors_cover_68_per_cent_of_sharp_and_of_blurred_stars():
    errors = learn_errors(*residuals(4_000), spread=0.5)
    fresh, variance = residuals(4_000, seed=1)
    within = np.abs(fresh) <= errors(variance)
    assert within[variance == 0].mean() == pytest.approx(0.68, abs=0.06)
    assert within[variance > 0].mean() == pytest.approx(0.68, abs=0.06)
    assert within.mean() == pytest.approx(0.68, abs=0.03)


def test_few_stars_are_covered_on_average():
    covered = [
        float(np.mean(np.abs(residuals(100, 900 + s)[0]) <= learn_errors(r, v, 0.5)(v).mean()))
        for s in range(50)
        for r, v in [residuals(17, s)]
    ]
    assert 0.6 < np.mean(covered) < 0.85


def test_a_shape_that_says_nothing_costs_no_more_than_the_spread():
    errors = learn_errors(*residuals(500), spread=0.5)
    assert errors(np.array([1e9])) == pytest.approx(errors(np.array([0.25])))


def test_perfect_predictions_have_an_error_that_is_positive():
    errors = learn_errors(np.zeros(20), np.zeros(20), spread=0.5)
    assert errors(np.zeros(1))[0] > 0
