import numpy as np
import pytest
from rrcat_gp.intervals import learn_scale


def test_errors_that_are_right_stay():
    pulls = np.random.default_rng(0).normal(size=20_000)
    assert learn_scale(pulls) == pytest.approx(1.0, abs=0.02)
    assert learn_scale(1.4 * pulls) == pytest.approx(1.4, abs=0.03)


def test_few_stars_make_errors_larger_rather_than_smaller():
    rng = np.random.default_rng(1)
    scales = [learn_scale(rng.normal(size=15)) for _ in range(200)]
    assert 1.0 < np.mean(scales) < 1.3


def test_nothing_is_believed_beyond_reason():
    assert learn_scale(np.zeros(30)) == 0.5
    assert learn_scale(np.full(30, 1e6)) == 3.0
