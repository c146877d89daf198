import numpy as np
import pytest
from rrcat_gp.evidence import _evidence, _numbers, learn_numbers
from scipy.optimize import check_grad


def sample(n, law, seed=0, noise=0.1, columns=4):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, columns))
    return x, law(x) + rng.normal(0.0, noise, n), np.zeros(n), np.zeros(n)


def test_the_gradient_is_that_of_the_likelihood():
    x, y, _, _ = sample(25, lambda x: np.sin(x[:, 0]))
    of_shape, of_label = np.linspace(0.0, 0.2, 25), np.linspace(0.1, 0.0, 25)
    place = np.log([0.2, 0.5, 0.05, 0.8, 1.2, 1.0, 2.0, 3.0, 4.0])
    arguments = (x, x @ x.T + 1.0, y, of_shape, of_label)
    off = check_grad(
        lambda p: _evidence(p, *arguments)[0], lambda p: _evidence(p, *arguments)[1], place
    )
    assert off < 1e-4 * np.linalg.norm(_evidence(place, *arguments)[1])


def test_the_likelihood_is_that_of_the_joint_gaussian():
    x, y, none, _ = sample(6, lambda x: x[:, 0])
    place = np.log([0.2, 0.5, 0.05, 1.0, 1.0, 1.0, 2.0, 3.0, 4.0])
    numbers = _numbers(place)
    apart = (((x[:, None] - x[None]) / numbers.length) ** 2).sum(axis=2)
    covariance = 0.2 * (1 + x @ x.T) + 0.5 * np.exp(-0.5 * apart) + 0.05 * np.eye(6)
    wanted = 0.5 * y @ np.linalg.solve(covariance, y) + 0.5 * np.linalg.slogdet(covariance)[1]
    assert _evidence(place, x, x @ x.T + 1.0, y, none, none)[0] == pytest.approx(wanted)


def test_a_column_that_matters_gets_a_short_length():
    numbers = learn_numbers(*sample(150, lambda x: np.sin(2.0 * x[:, 1])))
    assert numbers.length.argmin() == 1
    assert numbers.scatter == pytest.approx(0.01, rel=0.5)


def test_a_straight_law_needs_no_curve():
    straight = learn_numbers(*sample(150, lambda x: 0.8 * x[:, 0] - 0.5 * x[:, 2]))
    bent = learn_numbers(*sample(150, lambda x: np.sin(2.0 * x[:, 0])))
    assert straight.length.min() > 2.0 * bent.length.min()


def test_noise_is_put_down_to_the_shapes_that_are_uncertain():
    x, y, none, _ = sample(300, lambda x: 0.8 * x[:, 0], noise=0.05)
    of_shape = np.tile([0.0, 0.3], 150)
    y = y + np.random.default_rng(1).normal(0.0, 1.0, 300) * np.sqrt(of_shape)
    numbers = learn_numbers(x, y, of_shape, none)
    assert numbers.measured == pytest.approx(1.0, rel=0.3)
    assert numbers.scatter < 0.02
