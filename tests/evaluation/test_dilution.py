"""What is undiluted has no bias at any true value; few stars undilute nothing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rrcat.evaluation.dilution import Dilution, learn_dilution


def shrunk(n, seed, slope=0.8, scatter=0.12):
    random = np.random.default_rng(seed)
    true = random.normal(-1.5, 0.45, n)
    return true, -1.5 + slope * (true + 1.5) + random.normal(0, scatter, n)


def test_the_slope_on_true_becomes_one():
    learned = learn_dilution(*shrunk(3000, 1))
    true, predicted = shrunk(5000, 2)
    value, _ = learned.undiluted(predicted)
    assert np.polyfit(true, predicted, 1)[0] == pytest.approx(0.8, abs=0.02)
    assert np.polyfit(true, value, 1)[0] == pytest.approx(1.0, abs=0.03)
    for low in (-2.5, -2.0, -1.0):
        some = (true > low) & (true < low + 0.25)
        assert (value - true)[some].mean() == pytest.approx(0, abs=0.05)


def test_errors_grow_as_values_are_taken_apart():
    learned = learn_dilution(*shrunk(3000, 1))
    true, predicted = shrunk(5000, 2)
    value, stretch = learned.undiluted(predicted)
    assert stretch.mean() == pytest.approx(1 / 0.8, abs=0.05)
    pull = (value - true) / (0.12 * stretch)
    assert (np.abs(pull) < 1).mean() == pytest.approx(0.683, abs=0.03)


def test_few_stars_undilute_hardly_anything():
    learned = learn_dilution(*shrunk(8, 3, slope=0.9, scatter=0.3))
    value, stretch = learned.undiluted(np.array([-2.5, -1.5]))
    assert value == pytest.approx([-2.5, -1.5], abs=0.2)
    assert stretch == pytest.approx([1, 1], abs=0.3)


@given(st.integers(0, 500), st.floats(0.0, 1.0))
def test_the_order_of_stars_is_kept(seed, slope):
    true, predicted = shrunk(60, seed, slope)
    value, stretch = learn_dilution(true, predicted).undiluted(np.sort(predicted))
    assert (np.diff(value) >= 0).all()
    assert (stretch > 0).all()
    assert (stretch <= 5 + 1e-9).all()


def test_beyond_the_calibrators_values_keep_their_distance():
    learned = learn_dilution(*shrunk(1000, 4))
    last = learned.expected.values[-1]
    value, _ = learned.undiluted(np.array([last, last + 0.3]))
    assert value[1] - value[0] == pytest.approx(0.3)


def test_it_is_numbers_that_are_read_back():
    learned = learn_dilution(*shrunk(200, 5))
    assert Dilution.model_validate_json(learned.model_dump_json()) == learned


def test_a_value_is_the_same_to_the_last_bit_in_any_company():
    learned = learn_dilution(*shrunk(200, 6))
    predicted = np.linspace(-4, 1, 501)
    whole = np.stack(learned.undiluted(predicted))
    for n in range(0, 500, 9):
        assert np.array_equal(
            whole[:, n : n + 4], np.stack(learned.undiluted(predicted[n : n + 4]))
        )
