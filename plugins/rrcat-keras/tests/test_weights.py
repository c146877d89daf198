"""How much stars count."""

import numpy as np
import pytest
from rrcat_keras.weights import density_weights, label_weights


def test_labels_with_large_errors_count_less():
    weights = label_weights(np.array([0.0, 0.1, 0.3, np.nan]))
    assert weights.mean() == pytest.approx(1.0)
    assert weights[0] > weights[1] > weights[2]
    assert weights[3] == weights[0]


def test_rare_metallicities_count_more_within_bounds():
    feh = np.concatenate([np.random.default_rng(0).normal(-1.4, 0.2, 500), [-2.8]])
    weights = density_weights(feh, 1.0)
    assert weights.mean() == pytest.approx(1.0)
    assert weights[-1] == weights.max()
    assert weights.max() / weights.min() <= 100.0 + 1e-9


def test_without_an_exponent_all_stars_count_the_same():
    assert density_weights(np.array([-2.0, -1.0, -1.0]), 0.0).tolist() == [1.0, 1.0, 1.0]


def test_one_metallicity_alone_has_equal_weights():
    assert np.ptp(density_weights(np.full(10, -1.5), 1.0)) == 0.0
