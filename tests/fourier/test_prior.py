import json
import tomllib

import numpy as np
import pytest
import tomli_w

from rrcat.canonical import json_bytes
from rrcat.errors import FrameError
from rrcat.fourier import N_COEFFICIENTS, Prior, Shapes, learn_prior, posterior

ERROR = 0.01


def stars(n, seed=0, observed=N_COEFFICIENTS):
    """Shapes drawn from a mean that slopes with period, and what was measured of them."""
    rng = np.random.default_rng(seed)
    period = rng.uniform(0.4, 0.8, n)
    decay = 0.8 ** np.arange(N_COEFFICIENTS)
    true = 0.2 * decay * (1.0 - 2.0 * (period[:, np.newaxis] - 0.6))
    true = true + rng.normal(0.0, 0.03, (n, N_COEFFICIENTS)) * decay
    measured = true + rng.normal(0.0, ERROR, (n, N_COEFFICIENTS))
    precision = np.where(np.arange(N_COEFFICIENTS) < observed, ERROR**-2, 0.0)
    information = np.broadcast_to(np.diag(precision), (n, N_COEFFICIENTS, N_COEFFICIENTS))
    given = Shapes(period, information, measured * precision, np.ones(n, bool), np.zeros(n))
    return true, measured, given


def test_the_prior_is_learned_from_uncertain_shapes():
    _, _, given = stars(2_000)
    prior = learn_prior(given)
    decay = 0.8 ** np.arange(N_COEFFICIENTS)
    assert prior.mean_at(np.array([0.6]))[0] == pytest.approx(0.2 * decay, abs=0.004)
    slope = prior.mean_at(np.array([0.65]))[0] - prior.mean_at(np.array([0.55]))[0]
    assert slope == pytest.approx(-0.04 * decay, abs=0.004)
    assert np.sqrt(np.diagonal(prior.covariance)) == pytest.approx(0.03 * decay, rel=0.2, abs=3e-3)


def test_the_posterior_is_nearer_to_the_truth_than_the_measurement():
    true, measured, given = stars(500)
    value, _ = posterior(learn_prior(given), given)
    assert np.mean((value - true) ** 2) < 0.6 * np.mean((measured - true) ** 2)


def test_a_coefficient_without_data_is_as_uncertain_as_the_prior():
    _, _, complete = stars(500)
    prior = learn_prior(complete)
    _, _, given = stars(20, seed=1, observed=5)
    _, covariance = posterior(prior, given)
    assert (covariance[:, 4, 4] < ERROR**2).all()
    assert covariance[:, 5, 5] == pytest.approx(prior.covariance[5, 5], rel=0.05)


@pytest.mark.parametrize("n", [10, 17])
def test_few_stars_teach_a_prior_that_is_sound(n):
    _, _, given = stars(n, observed=5)
    prior = learn_prior(given)
    assert np.linalg.eigvalsh(prior.covariance).min() > 0
    assert np.abs(prior.mean).max() < 1.0


def test_stars_of_one_period_teach_a_prior_too():
    _, _, given = stars(50)
    same = Shapes(np.full(50, 0.5), given.information, given.moment, given.observed, given.noise)
    value, _ = posterior(learn_prior(same), same)
    assert np.isfinite(value).all()


def test_a_star_without_a_fit_has_the_shape_of_its_period():
    _, _, known = stars(50)
    prior = learn_prior(known)
    _, _, nothing = stars(3, seed=1, observed=0)
    value, covariance = posterior(prior, nothing)
    assert value == pytest.approx(prior.mean_at(nothing.period))
    assert covariance == pytest.approx(np.broadcast_to(prior.covariance, covariance.shape))


@pytest.mark.parametrize("rows", [slice(0), slice(5)], ids=["no star", "no period"])
def test_a_prior_is_not_learned_without_periods(rows):
    _, _, given = stars(5)
    some = Shapes(np.full(5, np.nan), given.information, given.moment, given.observed, given.noise)
    with pytest.raises(FrameError, match="needs stars with periods"):
        learn_prior(some[np.arange(5)[rows]])


@pytest.mark.parametrize(
    "kept",
    [
        lambda plain: json.loads(json_bytes(plain)),
        lambda plain: tomllib.loads(tomli_w.dumps(plain)),
    ],
    ids=["JSON", "TOML"],
)
def test_a_prior_survives_text_to_the_last_bit(kept):
    _, _, given = stars(30)
    prior = learn_prior(given)
    again = Prior.from_plain(kept(prior.as_plain()))
    for before, after in zip(posterior(prior, given), posterior(again, given), strict=True):
        assert np.array_equal(before, after)
