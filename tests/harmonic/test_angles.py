import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rrcat.harmonic import angular_difference, nearest_branch, wrap

angles = st.floats(-1e4, 1e4)


@given(angles)
def test_wrapped_angle_is_in_the_half_open_turn(angle):
    wrapped = float(wrap(angle))
    assert 0.0 <= wrapped < 2 * np.pi
    assert np.isclose(np.cos(wrapped), np.cos(angle), atol=1e-9)
    assert np.isclose(np.sin(wrapped), np.sin(angle), atol=1e-9)


def test_tiny_negative_angle_does_not_wrap_to_a_full_turn():
    assert wrap(-1e-18) == 0.0


def test_nan_stays_nan():
    assert np.isnan(wrap(np.nan))


@given(angles, angles)
def test_difference_is_the_short_way_round(first, second):
    difference = float(angular_difference(first, second))
    assert -np.pi <= difference <= np.pi
    assert np.isclose(np.cos(second + difference), np.cos(first), atol=1e-8)


def test_difference_across_the_wrap_is_small():
    assert np.isclose(angular_difference(0.1, 2 * np.pi - 0.1), 0.2)


@given(angles, st.floats(-20, 20))
def test_nearest_branch_moves_by_whole_turns(angle, centre):
    moved = float(nearest_branch(angle, centre))
    assert abs(moved - centre) <= np.pi + 1e-9
    turns = (moved - angle) / (2 * np.pi)
    assert np.isclose(turns, round(turns), atol=1e-6)
