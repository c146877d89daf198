import numpy as np
import pytest
from rrcat_xgboost.prior import learn_prior, posterior
from rrcat_xgboost.shapes import SIZE, Shapes

ERROR = 0.01


def stars(n, seed=0, observed=SIZE):
    """Shapes drawn from a mean that slopes with period, and what was measured of them."""
    rng = np.random.default_rng(seed)
    period = rng.uniform(0.4, 0.8, n)
    decay = 0.8 ** np.arange(SIZE)
    true = 0.2 * decay * (1.0 - 2.0 * (period[:, np.newaxis] - 0.6))
    true = true + rng.normal(0.0, 0.03, (n, SIZE)) * decay
    measured = true + rng.normal(0.0, ERROR, (n, SIZE))
    precision = np.where(np.arange(SIZE) < observed, ERROR**-2, 0.0)
    information = np.broadcast_to(np.diag(precision), (n, SIZE, SIZE))
    given = Shapes(period, information, measured * precision, np.ones(n, bool), np.zeros(n))
    return true, measured, given


def test_the_prior_is_learned_from_uncertain_shapes():
    _, _, given = stars(2_000)
    prior = learn_prior(given)
    decay = 0.8 ** np.arange(SIZE)
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
