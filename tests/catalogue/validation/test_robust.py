"""A few bad stars move neither a middle nor a line."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rrcat.catalogue.validation.robust import middle, plane


def test_the_error_of_the_middle_is_how_much_it_scatters() -> None:
    draws = np.random.default_rng(0).normal(-1.5, 0.3, (2000, 40))
    found = [middle(values) for values in draws]
    assert np.std([one.value for one in found]) == pytest.approx(
        np.mean([one.error for one in found]), rel=0.1
    )
    assert np.median([one.scatter for one in found]) == pytest.approx(0.3, rel=0.05)


def test_one_value_has_the_error_it_is_given() -> None:
    assert middle(np.array([-1.2]), 0.2).error == pytest.approx(0.25, abs=0.01)


@given(st.floats(-3, 3), st.floats(0.1, 10))
def test_a_middle_moves_and_stretches_with_its_values(shift: float, factor: float) -> None:
    values = np.array([0.0, 0.1, 0.3, 0.35, 0.7])
    moved = middle(values * factor + shift)
    assert moved.value == pytest.approx(0.3 * factor + shift, abs=1e-9)
    assert moved.scatter == pytest.approx(middle(values).scatter * factor)


def test_a_plane_is_found_behind_outliers() -> None:
    rng = np.random.default_rng(1)
    columns = rng.normal(size=(500, 2))
    values = columns @ np.array([-5.0, 1.0]) + rng.normal(0, 0.1, 500)
    values[:40] += 30.0
    found = plane(columns, values)
    assert found is not None
    np.testing.assert_allclose(found.slopes, [-5.0, 1.0], atol=0.05)
    assert 440 <= found.n <= 460
    assert np.abs(found.slopes - [-5.0, 1.0]).max() < 5 * found.errors.max()


@pytest.mark.parametrize("n", [0, 1, 2, 5])
def test_a_column_that_does_not_change_has_no_slope(n: int) -> None:
    assert plane(np.full((n, 1), 3.0), np.arange(n, dtype=float)) is None


def test_points_on_a_line_give_it_exactly() -> None:
    x = np.arange(6.0)[:, np.newaxis]
    found = plane(x, 2.0 * x[:, 0] + 1.0)
    assert found is not None
    assert found.slopes[0] == pytest.approx(2.0)
    assert found.errors[0] == pytest.approx(0.0, abs=1e-12)
