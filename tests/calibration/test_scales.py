import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rrcat.calibration import scales
from rrcat.errors import RecipeError


def test_a_zinn_and_west_value_is_brought_to_carretta_2009():
    value, error = scales.convert(-1.5, 0.1, "ZW84", "C09")
    assert value == pytest.approx(1.105 * -1.5 + 0.160)
    assert error == pytest.approx(0.1105)


def test_conversions_are_chained():
    value, error = scales.convert([-1.0, -2.0], [0.1, 0.2], "J95", "C09")
    np.testing.assert_allclose(value, 1.105 * (1.028 * np.array([-1.0, -2.0]) - 0.242) + 0.160)
    np.testing.assert_allclose(error, 1.105 * 1.028 * np.array([0.1, 0.2]))


def test_the_same_scale_changes_nothing():
    value, error = scales.convert([-1.3], [0.1], "C21", "C21")
    assert value.tolist() == [-1.3]
    assert error.tolist() == [0.1]


@given(st.floats(-3, 0.5), st.sampled_from([("ZW84", "C09"), ("J95", "ZW84"), ("J95", "C09")]))
def test_there_and_back_is_identity(feh, ends):
    there = scales.convert(feh, 0.1, *ends)
    back = scales.convert(*there, *reversed(ends))
    np.testing.assert_allclose(back, (feh, 0.1), atol=1e-12)


def test_scales_that_nothing_joins_are_not_converted():
    with pytest.raises(RecipeError, match="no conversion is known from the scale J95 to C21"):
        scales.convert(-1.0, 0.1, "J95", "C21")


def test_an_unknown_scale_names_the_known_ones():
    with pytest.raises(RecipeError, match="C09, C21, J95, ZW84"):
        scales.convert(-1.0, 0.1, "C21", "Z1")


def test_a_scale_says_what_it_is_and_where_it_is_from():
    scale = scales.describe("C21")
    assert scale.name == "C21"
    assert "RR Lyrae" in scale.description
    assert scale.reference == "Crestani et al. 2021, ApJ 908, 20"


def test_a_scale_that_is_not_known_is_not_described():
    with pytest.raises(RecipeError, match="'Z1'"):
        scales.describe("Z1")


def test_every_conversion_says_where_it_is_from_and_how_sure_it_is():
    for step in scales.path("J95", "C09"):
        assert step.reference
        assert step.status == "recalled"
