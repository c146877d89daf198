import numpy as np
import pytest
from rrcat_gp.evidence import Numbers
from rrcat_gp.process import BLOCK, conditioned
from threadpoolctl import threadpool_limits

NUMBERS = Numbers(0.05, 1.0, 0.01, 1.0, 1.0, np.array([1.0, 3.0, 3.0]))


@pytest.fixture(scope="module")
def process():
    rng = np.random.default_rng(0)
    columns = rng.normal(size=(101, 3))
    value = np.sin(columns[:, 0]) + rng.normal(0.0, 0.1, 101)
    return conditioned(NUMBERS, columns, value, np.full(101, 0.01))


def test_a_function_is_found_where_there_are_calibrators(process):
    asked = np.random.default_rng(1).normal(0.0, 0.7, size=(200, 3))
    mean, variance = process(asked)
    assert np.abs(mean - np.sin(asked[:, 0])).mean() < 0.1
    assert (variance > 0).all()


def test_less_is_known_far_from_all_calibrators(process):
    _, variance = process(np.array([[0.0, 0.0, 0.0], [4.0, 4.0, -4.0]]))
    assert variance[1] > 10 * variance[0]


def test_a_star_has_the_same_bits_wherever_it_lies_in_a_block(process):
    rng = np.random.default_rng(2)
    asked = rng.normal(size=(BLOCK + 77, 3))
    with threadpool_limits(1):
        mean, variance = process(asked)
        for order in (rng.permutation(len(asked)), np.arange(len(asked))[5:], np.array([300])):
            again = process(asked[order])
            assert np.array_equal(again[0], mean[order])
            assert np.array_equal(again[1], variance[order])


def test_a_calibrator_with_much_noise_counts_for_little():
    columns, value = np.zeros((2, 3)), np.array([0.0, 1.0])
    mean, _ = conditioned(NUMBERS, columns, value, np.array([0.01, 10.0]))(np.zeros((1, 3)))
    assert mean[0] < 0.02


def test_a_calibrator_left_out_is_as_far_off_as_without_it():
    rng = np.random.default_rng(3)
    columns, value, noise = rng.normal(size=(12, 3)), rng.normal(size=12), np.full(12, 0.1)
    pulls = conditioned(NUMBERS, columns, value, noise).pulls()
    for star in range(12):
        others = np.arange(12) != star
        process = conditioned(NUMBERS, columns[others], value[others], noise[others])
        mean, variance = process(columns[star : star + 1])
        off = (value[star] - mean[0]) / np.sqrt(variance[0] + 0.1)
        assert pulls[star] == pytest.approx(off, abs=1e-8)
