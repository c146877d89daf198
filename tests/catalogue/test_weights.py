"""Weights make the best mean that is no extrapolation, of whatever members a star has."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rrcat.catalogue.weights import (
    moments,
    stacking_weights,
    usual_errors,
    weighted_mean,
    weights,
)

SEEDS = st.integers(0, 2000)


def residuals(n, errors, alike, seed=1):
    """Give residuals of members of some errors, of which a share is the same for all."""
    random = np.random.default_rng(seed)
    common, own = random.normal(size=(n, 1)), random.normal(size=(n, len(errors)))
    return np.array(errors) * (np.sqrt(alike) * common + np.sqrt(1 - alike) * own)


@given(SEEDS, st.integers(1, 5), st.integers(1, 40))
def test_weights_are_a_mean_and_no_other_mean_is_better(seed, members, n):
    random = np.random.default_rng(seed)
    told = moments(residuals(n, random.uniform(0.1, 0.5, members), 0.8, seed))
    best = stacking_weights(told)
    assert best.min() >= 0
    assert best.sum() == pytest.approx(1)
    others = random.dirichlet(np.ones(members), size=50)
    assert (np.einsum("ni,ij,nj->n", others, told, others) >= best @ told @ best - 1e-12).all()


def test_a_member_that_adds_only_noise_has_no_weight():
    found = stacking_weights(moments(residuals(2000, [0.17, 0.17, 0.40], 0.9)))
    assert found[2] == 0
    assert found[:2] == pytest.approx([0.5, 0.5], abs=0.1)


def test_few_stars_leave_members_nearly_equal():
    two = residuals(3, [0.1, 0.3], 0.5, seed=4)
    assert stacking_weights(moments(two))[0] < 0.7
    assert stacking_weights(moments(np.tile(two, (4000, 1))))[0] > 0.9


def test_two_members_that_say_the_same_share_the_weight():
    same = residuals(100, [0.2], 1.0).repeat(2, axis=1)
    assert stacking_weights(moments(same)) == pytest.approx([0.5, 0.5])


def test_members_without_common_stars_can_be_combined():
    apart = residuals(40, [0.2, 0.2], 0.5)
    apart[:20, 0] = np.nan
    apart[20:, 1] = np.nan
    assert stacking_weights(moments(apart)).sum() == pytest.approx(1)


def test_what_few_stars_say_of_correlations_is_not_believed():
    alike = residuals(20, [0.17, 0.19], 0.95, seed=2)
    assert stacking_weights(moments(alike)) == pytest.approx([0.5, 0.5], abs=0.12)
    assert stacking_weights(moments(np.tile(alike, (200, 1)))).max() > 0.9


def test_a_member_of_an_unusual_error_loses_weight_and_one_of_a_small_error_gains_none():
    told, usual = moments(residuals(500, [0.2, 0.2], 0.5)), np.array([0.2, 0.2])
    found = weights(np.array([[0.2, 0.2], [0.2, 0.6], [0.1, 0.2]]), told, usual)
    assert found[1, 0] / found[1, 1] == pytest.approx(9 * found[0, 0] / found[0, 1])
    assert found[2] == pytest.approx(found[0])


def test_usual_is_the_error_of_nine_calibrators_in_ten():
    errors = np.column_stack([np.linspace(0.1, 0.2, 101), np.full(101, np.nan)])
    errors[50, 0] = np.nan
    assert usual_errors(errors) == pytest.approx([0.19, 1.0], abs=0.002)


def test_missing_members_leave_their_weight_to_the_others():
    told = moments(residuals(500, [0.2, 0.2, 0.2], 0.5))
    errors = np.array([[0.2, np.nan, 0.2], [np.nan, np.nan, 0.2], [np.nan] * 3])
    found = weights(errors, told, np.full(3, 0.2))
    assert found.sum(axis=1) == pytest.approx([1, 1, 0])
    assert found[0, 1] == 0
    assert found[1].tolist() == [0, 0, 1]
    mean = weighted_mean(
        np.array([[-1.0, np.nan, -1.0], [np.nan, np.nan, -2.0], [-1.0] * 3]), found
    )
    assert mean[:2] == pytest.approx([-1, -2])
    assert np.isnan(mean[2])


@given(SEEDS, st.integers(0, 50), st.integers(1, 20))
def test_a_star_is_the_same_to_the_last_bit_in_any_company(seed, start, n):
    random = np.random.default_rng(seed)
    errors, values = random.uniform(0.1, 0.5, (70, 4)), random.normal(size=(70, 4))
    errors[random.random(errors.shape) < 0.3] = np.nan
    told = moments(residuals(50, [0.2, 0.2, 0.3, 0.2], 0.6, seed))
    some = slice(start, start + n)
    usual = np.array([0.2, 0.3, 0.2, 0.4])
    whole, part = weights(errors, told, usual), weights(errors[some], told, usual)
    assert np.array_equal(whole[some], part)
    mean = weighted_mean(values, whole)
    assert np.array_equal(mean[some], weighted_mean(values[some], part), equal_nan=True)
