"""Errors that cover what they say."""

import numpy as np
import pytest
from rrcat_keras.intervals import inner_folds, mixture


def test_a_mixture_has_the_mean_and_variance_of_its_draws():
    rng = np.random.default_rng(0)
    value, error = np.array([[-1.0], [-1.6]]), np.array([[0.1], [0.3]])
    mean, spread = mixture(value, error)
    draws = value + error * rng.normal(size=(2, 200_000))
    assert mean[0] == pytest.approx(draws.mean(), abs=2e-3)
    assert spread[0] == pytest.approx(draws.std(), abs=2e-3)


def test_networks_that_do_not_count_for_a_star_are_left_out():
    value, error = np.array([[-1.0, -1.2], [5.0, -1.4]]), np.full((2, 2), 0.2)
    mean, spread = mixture(value, error, np.array([[1.0, 1.0], [0.0, 1.0]]))
    assert mean == pytest.approx([-1.0, -1.3])
    assert spread[0] == pytest.approx(0.2)


def test_each_star_is_left_out_by_one_network_in_each_round():
    held_out = np.stack(inner_folds(np.random.default_rng(0).normal(size=53), 5, 10, 7))
    assert held_out.shape == (10, 53)
    assert set(held_out[:5].sum(axis=0)) == set(held_out[5:].sum(axis=0)) == {1}
    assert not np.array_equal(held_out[:5], held_out[5:])


def test_what_is_left_out_has_the_metallicities_of_all():
    feh = np.linspace(-2.5, 0.0, 200)
    for left_out in inner_folds(feh, 10, 10, 1):
        assert left_out.sum() == 20
        counts = np.histogram(feh[left_out], bins=20, range=(-2.5, 0.0))[0]
        assert counts.max() <= 2


def test_fewer_networks_than_folds_leave_out_as_many_stars_each():
    (left_out,) = inner_folds(np.linspace(-2.5, 0.0, 100), 10, 1, 0)
    assert left_out.sum() == 10
