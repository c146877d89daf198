"""Several measurements of a star become one value with an honest error."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rrcat.calibration.pool import pool


def measured(*values: tuple[float, float], star: int = 0) -> pl.DataFrame:
    feh, error = zip(*values, strict=True)
    return pl.DataFrame({"star": star, "feh": feh, "feh_error": error})


def test_a_single_measurement_stays_as_it_is() -> None:
    (row,) = pool(measured((-1.5, 0.1))).to_dicts()
    assert row == {
        "star": 0,
        "feh": -1.5,
        "feh_error": pytest.approx(0.1),
        "feh_scatter": None,
        "n_spectra": 1,
    }


def test_the_better_measurement_weighs_more() -> None:
    (row,) = pool(measured((-1.0, 0.1), (-2.0, 0.2))).to_dicts()
    assert row["feh"] == pytest.approx((-1.0 * 100 - 2.0 * 25) / 125)


def test_agreeing_measurements_have_the_formal_error() -> None:
    (row,) = pool(measured((-1.5, 0.1), (-1.5, 0.1), (-1.5, 0.1), (-1.5, 0.1))).to_dicts()
    assert row["feh_error"] == pytest.approx(0.05)
    assert row["feh_scatter"] == pytest.approx(0.0)


def test_measurements_that_contradict_each_other_have_a_larger_error() -> None:
    (row,) = pool(measured((-1.0, 0.01), (-2.0, 0.01))).to_dicts()
    assert row["feh_error"] == pytest.approx(0.5)  # half the distance: the scatter decides alone
    assert row["feh_scatter"] == pytest.approx(0.5**0.5)


def test_no_error_is_below_the_floor() -> None:
    (row,) = pool(measured((-1.5, 0.01), (-1.5, 0.01)), error_floor=0.05).to_dicts()
    assert row["feh_error"] == 0.05


def test_stars_do_not_mix() -> None:
    both = pl.concat([measured((-1.5, 0.1), star=3), measured((-2.5, 0.1), (-2.3, 0.1), star=1)])
    assert pool(both)["star"].to_list() == [1, 3]
    assert pool(both)["n_spectra"].to_list() == [2, 1]


@given(
    st.lists(st.tuples(st.floats(-3, 0.5), st.floats(0.01, 0.5)), min_size=2, max_size=8).flatmap(
        lambda rows: st.tuples(st.just(rows), st.permutations(rows))
    )
)
def test_the_order_of_the_rows_leaves_no_trace(
    both: tuple[list[tuple[float, float]], list[tuple[float, float]]],
) -> None:
    assert pool(measured(*both[0])).equals(pool(measured(*both[1])))
