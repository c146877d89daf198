import numpy as np
import pytest
from rrcat_xgboost.inputs import COLUMNS, branches, column_index, inputs, learn_scaler
from rrcat_xgboost.shapes import SIZE


def turned(angle, n=1):
    """Coefficients with phi21 ... all at one angle."""
    values = np.zeros((n, SIZE))
    values[:, 0] = 0.3
    values[:, 1::2], values[:, 2::2] = 0.1 * np.cos(angle), 0.1 * np.sin(angle)
    return values


def test_columns_are_what_their_names_say():
    row = inputs(np.array([0.5]), np.array([-8.0]), turned(1.0), np.zeros(5))[0]
    got = dict(zip(COLUMNS, row, strict=True))
    assert (got["period"], got["a1"], got["noise"]) == (0.5, 0.3, -8.0)
    assert got["a2"] == pytest.approx(0.1)
    assert got["r21"] == got["r71"] == pytest.approx(1 / 3)
    assert got["phi31"] == pytest.approx(1.0)
    assert got["sin8"] == pytest.approx(0.1 * np.sin(1.0))


def test_phases_on_both_sides_of_the_wrap_are_neighbours():
    both = np.concatenate([turned(np.pi - 0.01), turned(-np.pi + 0.01)])
    centres = branches(both)
    phi31 = inputs(np.full(2, 0.3), np.zeros(2), both, centres)[:, column_index(["phi31"])]
    assert np.ptp(phi31) == pytest.approx(0.02)


def test_a_value_far_from_all_calibrators_is_bounded():
    scaler = learn_scaler(np.array([[0.0], [2.0]]))
    assert scaler.standardised(np.array([[3.0], [99.0]])).tolist() == [[2.0], [4.0]]


def test_a_constant_and_an_unknown_column_are_zero_everywhere():
    scaler = learn_scaler(np.array([[1.0, np.nan, 1.0], [1.0, np.nan, 3.0]]))
    scaled = scaler.standardised(np.array([[1.0, np.nan, 2.0], [1.0, np.nan, np.nan]]))
    assert scaled.tolist() == [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
