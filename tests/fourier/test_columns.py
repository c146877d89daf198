import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rrcat.fourier import (
    COEFFICIENT_COLUMNS,
    N_COEFFICIENTS,
    branches,
    coefficient_columns,
    column_errors,
    column_index,
    learn_prior,
    posterior,
    shapes,
)
from rrcat.testing import synthetic_batch

DRAWS = 100_000
PHASES = column_index([f"phi{k}1" for k in range(2, 7)])
UNKNOWN = np.pi / np.sqrt(3.0)


def turned(angle, n=1, amplitude=0.1):
    """Coefficients with phi21 ... all at one angle."""
    values = np.zeros((n, N_COEFFICIENTS))
    values[:, 0] = 0.3
    values[:, 1::2], values[:, 2::2] = amplitude * np.cos(angle), amplitude * np.sin(angle)
    return values


def correlated(size, seed=0):
    """A covariance in which every coefficient moves with every other, about ``size`` each."""
    mixing = np.eye(N_COEFFICIENTS) + 0.3 * np.random.default_rng(seed).normal(
        size=(N_COEFFICIENTS, N_COEFFICIENTS)
    )
    return size**2 * (mixing @ mixing.T)[np.newaxis]


def drawn(mean, covariance):
    """Columns of draws of the coefficients, phases about those of the mean."""
    values = np.random.default_rng(1).multivariate_normal(mean[0], covariance[0], DRAWS)
    zeros = np.zeros(DRAWS)
    return coefficient_columns(zeros, zeros, values, branches(mean))


def test_columns_are_what_their_names_say():
    row = coefficient_columns(np.array([0.5]), np.array([-8.0]), turned(1.0), np.zeros(5))[0]
    got = dict(zip(COEFFICIENT_COLUMNS, row, strict=True))
    assert (got["period"], got["a1"], got["noise"]) == (0.5, 0.3, -8.0)
    assert got["a2"] == pytest.approx(0.1)
    assert got["r21"] == got["r71"] == pytest.approx(1 / 3)
    assert got["phi31"] == pytest.approx(1.0)
    assert got["sin8"] == pytest.approx(0.1 * np.sin(1.0))


def test_phases_on_both_sides_of_the_wrap_are_neighbours():
    both = np.concatenate([turned(np.pi - 0.01), turned(-np.pi + 0.01)])
    zeros = np.zeros(2)
    columns = coefficient_columns(zeros, zeros, both, branches(both))
    assert np.ptp(columns[:, column_index(["phi31"])]) == pytest.approx(0.02)


@pytest.mark.parametrize("angle", [0.0, 1.0, 3.1, -2.0])
def test_small_errors_are_the_scatter_of_draws(angle):
    mean, covariance = turned(angle), correlated(0.002)
    assert column_errors(mean, covariance)[0] == pytest.approx(
        drawn(mean, covariance).std(axis=0), rel=0.02
    )


@pytest.mark.parametrize("strength", [0.0, 0.3, 0.7, 1.0, 2.0, 4.0])
def test_errors_of_phases_of_any_strength_are_near_the_scatter_of_draws(strength):
    size = 0.01
    mean = turned(0.5, amplitude=strength * size)
    covariance = size**2 * np.eye(N_COEFFICIENTS)[np.newaxis]
    scatter = drawn(mean, covariance)[:, PHASES].std(axis=0)
    assert column_errors(mean, covariance)[0, PHASES] == pytest.approx(scatter, rel=0.20)


@given(st.floats(0.0, 1.0), st.floats(-np.pi, np.pi), st.floats(0.0, 10.0))
def test_no_phase_is_less_known_than_any_angle_on_the_circle(amplitude, angle, size):
    errors = column_errors(turned(angle, amplitude=amplitude), correlated(size))
    assert np.isfinite(errors).all()
    assert (errors >= 0.0).all()
    assert (errors[:, PHASES] <= UNKNOWN * (1.0 + 1e-12)).all()


def test_a_phase_without_amplitude_may_be_anywhere():
    errors = column_errors(turned(0.0, amplitude=0.0), correlated(0.01))
    assert errors[0, PHASES] == pytest.approx(UNKNOWN)


def test_period_and_noise_are_taken_as_known():
    errors = column_errors(turned(1.0), correlated(0.01))
    assert errors[0, column_index(["period", "noise"])].tolist() == [0.0, 0.0]


def test_the_error_of_a_ratio_knows_what_amplitudes_share():
    mean = turned(0.0, amplitude=0.3)
    together = 0.01**2 * np.ones((1, N_COEFFICIENTS, N_COEFFICIENTS))
    assert column_errors(mean, together)[0, column_index(["r21"])] == pytest.approx(0.0, abs=1e-9)


def test_a_star_has_the_same_columns_and_errors_in_any_company():
    given = shapes(synthetic_batch(60, seed=2, bands=["G"])[0].features)
    prior = learn_prior(given)
    values, covariance = posterior(prior, given)
    centres = branches(values)
    whole = coefficient_columns(given.period, given.noise, values, centres)
    errors = column_errors(values, covariance)
    for rows in (np.array([7]), np.arange(3, 40)):
        some = given[rows]
        part, uncertain = posterior(prior, some)
        columns = coefficient_columns(some.period, some.noise, part, centres)
        assert np.array_equal(columns, whole[rows])
        assert np.array_equal(column_errors(part, uncertain), errors[rows])


def test_a_harmonic_that_was_not_fitted_is_less_certain():
    features = synthetic_batch(60, seed=2, bands=["G"])[0].features
    given = shapes(features)
    errors = column_errors(*posterior(learn_prior(given), given))
    fitted = features["n_harmonics"].to_numpy() >= 5
    of_fifth = errors[:, column_index(["cos5", "sin5"])]
    assert (of_fifth[~fitted].min(axis=0) > of_fifth[fitted].max(axis=0)).all()
