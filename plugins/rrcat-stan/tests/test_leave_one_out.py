import numpy as np
import pytest
from rrcat_stan.draws import Draws
from rrcat_stan.leave_one_out import leave_one_out
from rrcat_stan.predictors import Measured
from scipy import stats


def known_mean(feh, error, sigma, n_draws=4000):
    """The posterior of a mean and nothing else, of which everything is known in closed form."""
    width = np.hypot(error, sigma)
    rng = np.random.default_rng(0)
    alpha = rng.normal(feh.mean(), width / np.sqrt(feh.size), n_draws)
    nothing = np.empty((n_draws, 0))
    return Draws(
        alpha=alpha,
        delta=np.zeros(n_draws),
        beta=nothing,
        sigma=np.full(n_draws, sigma),
        mu=nothing,
        gamma=nothing,
        cov=np.empty((n_draws, 0, 0)),
        error_scale=np.ones(n_draws),
    )


def test_a_star_left_out_is_what_the_others_say():
    feh = np.array([-2.0, -1.6, -1.5, -1.4, -1.3, -1.1, -1.45, -1.55])
    stars = Measured(np.zeros(8), np.zeros(8), np.empty((8, 0)), np.empty((8, 0, 0)))
    found = leave_one_out(known_mean(feh, 0.1, 0.25), stars, feh, np.full(8, 0.1))
    others = (feh.sum() - feh) / 7
    width = np.hypot(0.1, 0.25) * np.sqrt(1 + 1 / 7)
    assert found.feh == pytest.approx(others, abs=0.01)
    assert found.log_density == pytest.approx(stats.norm.logpdf(feh, others, width), abs=0.05)
    assert found.probability == pytest.approx(stats.norm.cdf(feh, others, width), abs=0.02)
    assert (found.pareto_k < 0.5).all()
