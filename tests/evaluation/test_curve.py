"""A curve follows many points, ignores few, and is the same for a star in any company."""

import numpy as np
import pytest
from pydantic import ValidationError

from rrcat.evaluation.curve import Curve, learn_curve


def points(n, seed, noise):
    random = np.random.default_rng(seed)
    x = random.uniform(-2.6, -0.2, n)
    return x, 0.1 * np.sin(3 * x) + random.normal(0, noise, n)


def test_many_points_show_their_curve():
    curve = learn_curve(*points(4000, 1, 0.15))
    x = np.linspace(-2.5, -0.3, 50)
    assert curve.at(x) == pytest.approx(0.1 * np.sin(3 * x), abs=0.03)


def test_noise_shows_none():
    random = np.random.default_rng(2)
    curve = learn_curve(random.uniform(-2.5, -0.5, 40), random.normal(0, 0.3, 40))
    assert np.abs(curve.values).max() < 0.05


def test_it_is_level_beyond_the_points():
    x, y = points(500, 3, 0.05)
    curve = learn_curve(x, y)
    assert curve.knots[0] <= x.min()
    assert x.max() <= curve.knots[-1]
    assert curve.at(np.array([-9.0, 9.0])).tolist() == [curve.values[0], curve.values[-1]]


@pytest.mark.parametrize("n", [0, 1, 2])
def test_hardly_a_point_is_enough_for_a_flat_one(n):
    curve = learn_curve(np.full(n, -1.0), np.zeros(n))
    assert set(curve.values) == {0.0}


def test_the_order_of_the_points_hardly_matters():
    x, y = points(200, 4, 0.1)
    forth, back = learn_curve(x, y), learn_curve(x[::-1], y[::-1])
    assert forth.values == pytest.approx(back.values, abs=1e-9)


def test_a_value_is_the_same_to_the_last_bit_in_any_company():
    curve = learn_curve(*points(300, 5, 0.1))
    x = np.linspace(-4, 1, 1001)
    whole = curve.at(x)
    assert all(np.array_equal(whole[n : n + 3], curve.at(x[n : n + 3])) for n in range(0, 998, 7))


@pytest.mark.parametrize("knots", [(0.0,), (0.0, 0.0), (1.0, 0.0)])
def test_knots_that_make_no_curve_are_refused(knots):
    with pytest.raises(ValidationError, match="curve"):
        Curve(knots=knots, values=(0.0,) * len(knots))
