"""Scores of value and error, against what defines them."""

import numpy as np
import pytest
from rrcat_keras.losses import SCORES, crps, values
from scipy.stats import norm


def test_crps_is_the_integral_that_defines_it() -> None:
    grid = np.linspace(-8.0, 8.0, 160_001)
    for truth, value, error in ((0.3, 0.1, 0.2), (-1.0, -1.4, 0.5), (0.0, 0.0, 1.0)):
        square = (norm.cdf(grid, value, error) - (grid >= truth)) ** 2
        expected = np.trapezoid(square, grid)
        given = float(crps(np.float32(truth), np.float32(value), np.float32(error)))
        assert given == pytest.approx(expected, abs=2e-4)


@pytest.mark.parametrize("name", sorted(SCORES))
def test_the_right_value_scores_best(name: str) -> None:
    value = np.linspace(-1.0, 1.0, 41, dtype=np.float32)
    score = np.asarray(SCORES[name](np.float32(0.25), value, np.float32(0.2)))
    assert value[np.argmin(score)] == pytest.approx(0.25)


def test_the_right_error_has_the_best_crps() -> None:
    truth = np.random.default_rng(0).normal(0.0, 0.3, 20_000).astype(np.float32)
    errors = np.linspace(0.1, 0.6, 26, dtype=np.float32)
    score = [float(np.mean(crps(truth, np.float32(0.0), error))) for error in errors]
    assert errors[np.argmin(score)] == pytest.approx(0.3, abs=0.021)


def test_heads_of_networks_are_told_one_after_the_other() -> None:
    outputs = np.arange(2 * 3 * 5, dtype=np.float32).reshape(2, 3, 5)
    value, error = values(outputs, 2, 100.0)
    np.testing.assert_array_equal(
        value, outputs[..., [0, 2]].transpose(0, 2, 1).reshape(4, 3) + 100
    )
    assert error.shape == (4, 3)
    assert np.all(error > 0.0)
