"""Medians found by counting are those of all numbers at once."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rrcat.release import medians
from rrcat.release.medians import Median

NUMBERS = st.floats(min_value=0, max_value=1e300) | st.sampled_from([0.0, -0.0, 0.05, 1e-300])


def median(numbers, piece=7):
    """Give the median, and after how many passes it was known."""
    sought, passes = Median(), 0
    while not sought.is_known:
        for first in range(0, len(numbers), piece):
            sought.add(np.asarray(numbers[first : first + piece], dtype=np.float64))
        sought.end_pass()
        passes += 1
    return sought.value, passes


@given(
    st.lists(NUMBERS, min_size=1, max_size=30), st.integers(1, 9), st.sampled_from([0, 1, 3, 99])
)
def test_median_is_that_of_all_numbers_however_many_are_held(numbers, piece, few):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(medians, "FEW", few)
        value, passes = median(numbers, piece)
        assert value == np.median(numbers)
    assert passes <= 4


def test_many_numbers_take_a_few_passes_and_are_not_held():
    rng = np.random.default_rng(0)
    numbers = rng.lognormal(-3, 1, 400_001)
    value, passes = median(numbers, piece=50_000)
    assert value == np.median(numbers)
    assert passes == 2


def test_numbers_that_are_all_the_same_are_found():
    assert median(np.full(200_000, 0.05), piece=50_000) == (0.05, 4)


def test_few_numbers_take_one_pass():
    assert median([3.0, 1.0, 2.0]) == (2.0, 1)


def test_of_no_number_there_is_no_median():
    assert median([]) == (None, 1)
