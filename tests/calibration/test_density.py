"""Weights are the inverse of how common a metallicity is, whatever the order of the stars."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rrcat.calibration.density import LEAST_DENSITY, density_weights

metallicities = st.lists(st.floats(-3.0, 0.5), min_size=1, max_size=60)


@given(metallicities)
def test_their_mean_is_one_and_none_is_far_above_another(feh):
    weights = density_weights(feh)
    assert weights.mean() == pytest.approx(1.0)
    assert weights.min() > 0.0
    assert weights.max() / weights.min() <= 1.0 / LEAST_DENSITY + 1e-6


@given(metallicities)
def test_the_order_of_the_stars_changes_no_bit(feh):
    turned = density_weights(feh[::-1])[::-1]
    assert turned.tolist() == density_weights(feh).tolist()


def test_they_are_the_inverse_density_of_a_normal_sample():
    feh = np.random.default_rng(0).normal(-1.5, 0.4, 20_000)
    weights = density_weights(feh)
    density = np.exp(-0.5 * ((feh + 1.5) / 0.4) ** 2)
    near = np.abs(feh + 1.5) < 0.6
    ratio = weights[near] * density[near]
    assert ratio.std() / ratio.mean() < 0.05


def test_a_rare_star_counts_as_much_as_twenty_common_ones():
    feh = np.append(np.random.default_rng(0).normal(-1.5, 0.1, 500), -2.9)
    weights = density_weights(feh)
    assert weights[-1] / np.median(weights) > 10.0


def test_stars_of_one_metallicity_weigh_the_same():
    assert density_weights([-1.5] * 4).tolist() == [1.0] * 4
    assert density_weights([-1.5] * 4 + [-2.0]).mean() == pytest.approx(1.0)
    assert density_weights([]).tolist() == []
