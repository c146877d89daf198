import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rrcat.harmonic import (
    COVARIANCE_LENGTH,
    PARAMETERS,
    covariance_index,
    pack_covariance,
    unpack_covariance,
)


def test_sixteen_parameters_make_136_numbers():
    assert len(PARAMETERS) == 16
    assert COVARIANCE_LENGTH == 136


@given(st.integers(0, 2**32 - 1), st.integers(1, 4))
def test_pack_and_unpack_are_inverse(seed, n_stars):
    matrix = np.random.default_rng(seed).normal(size=(n_stars, 16, 16))
    matrix += matrix.swapaxes(1, 2)
    packed = pack_covariance(matrix)
    assert packed.shape == (n_stars, 136)
    assert np.array_equal(unpack_covariance(packed), matrix)


@given(st.sampled_from(PARAMETERS), st.sampled_from(PARAMETERS))
def test_index_by_name_finds_the_entry_of_the_matrix(first, second):
    matrix = unpack_covariance(np.arange(136.0))
    entry = matrix[PARAMETERS.index(first), PARAMETERS.index(second)]
    assert entry == covariance_index(first, second) == covariance_index(second, first)


def test_list_goes_along_the_rows_of_the_upper_triangle():
    assert covariance_index("period", "period") == 0
    assert covariance_index("period", "phi81") == 15
    assert covariance_index("a1", "a1") == 16
    assert covariance_index("phi81", "phi81") == 135


def test_unknown_parameter_is_refused():
    with pytest.raises(KeyError, match="phi11"):
        covariance_index("period", "phi11")
