import numpy as np
import pytest
from hypothesis import given as cases
from hypothesis import strategies as st
from rrcat_stan.draws import probability
from rrcat_stan.population import given, predict
from rrcat_stan.predictors import Measured
from scipy import stats

SCATTERS = {
    "normal": {},
    "mixture": {"share": np.full(60, 0.1), "excess": np.full(60, 0.8)},
    "student-t": {"freedom": np.full(60, 5.0)},
}


def some_stars(n=12, size=2, *, seed=0):
    rng = np.random.default_rng(seed)
    root = 0.3 * rng.normal(size=(n, size, size))
    return Measured(
        rng.normal(size=n),
        np.full(n, 1e-4),
        rng.normal(size=(n, size)),
        root @ root.transpose(0, 2, 1) + 0.01 * np.eye(size),
    )


def joint(draws, stars, k, n):
    """Mean and covariance of (x, feh) of one star under one draw, written out."""
    mu = draws.mu[k] + draws.gamma[k] * stars.period[n]
    cov, beta = draws.cov[k], draws.beta[k]
    feh = draws.alpha[k] + draws.delta[k] * stars.period[n] + beta @ mu
    between = cov @ beta
    own = beta @ between + draws.delta[k] ** 2 * stars.period_variance[n]
    x_cov = cov + draws.error_scale[k] ** 2 * stars.s[n]
    return mu, x_cov, feh, between, own


@pytest.mark.parametrize("size", [1, 2, 4])
def test_it_is_the_conditional_of_the_joint_gaussian(made_draws, size):
    draws, stars = made_draws(20, size), some_stars(5, size)
    said = given(draws, stars)
    for k in (0, 7, 19):
        for n in range(5):
            mu, x_cov, feh, between, own = joint(draws, stars, k, n)
            weights = np.linalg.solve(x_cov, between)
            assert said.mean[k, n] == pytest.approx(feh + weights @ (stars.x[n] - mu))
            assert said.variance[k, n] == pytest.approx(own - weights @ between)
            density = stats.multivariate_normal.logpdf(stars.x[n], mu, x_cov)
            assert said.log_density[k, n] == pytest.approx(density)


def test_without_errors_it_is_the_line(made_draws):
    draws, stars = made_draws(), some_stars()
    exact = Measured(stars.period, np.zeros(12), stars.x, np.zeros_like(stars.s))
    said = predict(draws, exact)
    assert said.feh == pytest.approx(said.plug_in)
    assert given(draws, exact).variance == pytest.approx(0.0, abs=1e-12)


def test_with_boundless_errors_it_is_the_mean_of_the_population_at_that_period(made_draws):
    draws, stars = made_draws(), some_stars()
    unknown = Measured(stars.period, stars.period_variance, stars.x, 1e12 * np.eye(2) + 0 * stars.s)
    mean = draws.alpha + np.sum(draws.beta * draws.mu, axis=1)
    slope = draws.delta + np.sum(draws.beta * draws.gamma, axis=1)
    wanted = mean.mean() + slope.mean() * stars.period
    assert predict(draws, unknown).feh == pytest.approx(wanted, abs=1e-5)


def test_a_companion_that_is_not_there_is_one_that_says_nothing(made_draws):
    draws, stars = made_draws(freedom=np.full(60, 9.0)), some_stars()
    without = Measured(stars.period, stars.period_variance, stars.x.copy(), stars.s.copy())
    without.x[:, 1] = np.nan
    silent = Measured(stars.period, stars.period_variance, stars.x, stars.s.copy())
    silent.s[:, :, 1] = silent.s[:, 1, :] = 0.0
    silent.s[:, 1, 1] = 1e14
    one, other = predict(draws, without), predict(draws, silent)
    assert one.feh == pytest.approx(other.feh, abs=1e-6)
    assert one.error == pytest.approx(other.error, abs=1e-6)


@pytest.mark.parametrize("scatter", SCATTERS)
def test_the_percentiles_are_those_of_all_draws_together(made_draws, scatter):
    draws, stars = made_draws(60, 2, **SCATTERS[scatter]), some_stars(30)
    said, each = predict(draws, stars), given(draws, stars)
    # Student's t is spread over the draws, not integrated for each.
    close = 0.01 if scatter == "student-t" else 2e-6
    for wanted, at in ((0.16, said.p16), (0.84, said.p84)):
        reached = probability(draws, each.mean, each.variance, at).mean(axis=0)
        assert reached == pytest.approx(np.full(30, wanted), abs=close)


def test_outliers_widen_what_is_said_of_a_star(made_draws):
    stars = some_stars()
    plain = predict(made_draws(), stars)
    assert (predict(made_draws(**SCATTERS["student-t"]), stars).error > plain.error).all()
    assert (predict(made_draws(**SCATTERS["mixture"]), stars).error > plain.error).all()


@cases(st.integers(1, 40), st.sampled_from(sorted(SCATTERS)))
def test_a_star_gets_the_same_bits_alone_and_among_others(made_draws, n, scatter):
    draws, stars = made_draws(60, 3, **SCATTERS[scatter]), some_stars(40, 3)
    whole = predict(draws, stars)
    rows = np.arange(40) < n
    part = predict(draws, stars[rows])
    assert np.array_equal(part.feh, whole.feh[rows])
    assert np.array_equal(part.error, whole.error[rows])


def test_a_star_far_from_all_others_still_has_percentiles(made_draws):
    stars = some_stars(1)
    far = Measured(np.array([50.0]), stars.period_variance, stars.x + 80.0, stars.s)
    said = predict(made_draws(**SCATTERS["mixture"]), far)
    assert said.p16 < said.feh < said.p84
    assert np.isfinite(said.error).all()
