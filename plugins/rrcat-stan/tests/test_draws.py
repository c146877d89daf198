import numpy as np
import pytest
from rrcat_stan.draws import components, log_density, probability
from scipy import stats

SCATTERS = {
    "normal": {},
    "mixture": {"share": np.full(60, 0.1), "excess": np.full(60, 0.8)},
    "student-t": {"freedom": np.full(60, 5.0)},
}
MEAN = np.linspace(-2.2, -0.6, 60 * 4).reshape(60, 4)
VARIANCE = np.full((60, 4), 0.03)


@pytest.mark.parametrize("scatter", SCATTERS)
def test_the_density_is_the_slope_of_the_probability(made_draws, scatter):
    draws = made_draws(60, 2, **SCATTERS[scatter])
    low, high = (probability(draws, MEAN, VARIANCE, -1.3 + step) for step in (-1e-5, 1e-5))
    density = np.exp(log_density(draws, MEAN, VARIANCE, -1.3))
    assert density.shape == (60, 4)
    assert (high - low) / 2e-5 == pytest.approx(density, rel=1e-5, abs=1e-9)


def test_a_mixture_is_the_sum_of_its_two_gaussians(made_draws):
    draws = made_draws(60, 2, **SCATTERS["mixture"])
    width = np.sqrt(VARIANCE + draws.sigma[:, np.newaxis] ** 2)
    usual = stats.norm.pdf(-1.3, MEAN, width)
    unusual = stats.norm.pdf(-1.3, MEAN, np.hypot(width, 0.8))
    density = np.exp(log_density(draws, MEAN, VARIANCE, -1.3))
    assert density == pytest.approx(0.9 * usual + 0.1 * unusual)


@pytest.mark.parametrize("scatter", SCATTERS)
def test_the_gaussians_of_the_scatter_weigh_one_together(made_draws, scatter):
    weight, own, factor = components(made_draws(60, 2, **SCATTERS[scatter]))
    assert weight.sum() == pytest.approx(1.0)
    assert (own > 0.0).all()
    assert (factor > 0.0).all()
