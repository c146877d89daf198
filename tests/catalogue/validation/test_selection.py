"""Which stars have a value is told in tables."""

import polars as pl
import pytest

from rrcat.catalogue.validation.config import SelectionCheck
from rrcat.catalogue.validation.selection import CELLS, check_selection

FAINT = pl.when(pl.col("int_average_mag") < 18).then("feh")


def rows_by(result, by):
    return [row for row in result.rows if row["by"] == by]


def test_a_catalogue_that_is_right_passes(good) -> None:
    result = check_selection(good.rows, SelectionCheck())
    assert (result.passed, result.value) == (True, 1.0)


def test_too_few_values_fail(spoilt) -> None:
    few = spoilt(feh=pl.when(pl.col("source_id") <= 10).then("feh"))
    result = check_selection(few.rows, SelectionCheck())
    assert result.passed is False
    assert result.detail.startswith("10 of ")


def test_every_star_stands_in_one_bin_of_each_kind(spoilt) -> None:
    rows = spoilt(feh=FAINT).rows
    result = check_selection(rows, SelectionCheck())
    for by in ("magnitude", "epochs", "error of phi31", "distance to the calibrators", "sky"):
        told = rows_by(result, by)
        assert sum(row["n_asked"] for row in told) == rows.height
        assert (
            sum(row["n"] for row in told)
            == rows["feh"].to_list().__len__() - rows["feh"].null_count()
        )


def test_completeness_by_magnitude_is_that_of_the_stars(spoilt) -> None:
    told = rows_by(check_selection(spoilt(feh=FAINT).rows, SelectionCheck()), "magnitude")
    assert {row["share"] for row in told if row["high"] <= 18} == {1.0}
    assert {row["share"] for row in told if row["low"] >= 18} == {0.0}


def test_ranges_are_those_of_stars_with_a_value(spoilt) -> None:
    told = rows_by(check_selection(spoilt(feh=FAINT).rows, SelectionCheck()), "range")
    assert {row["of"] for row in told} == {
        "magnitude",
        "epochs",
        "error of phi31",
        "distance to the calibrators",
    }
    assert next(row["max"] for row in told if row["of"] == "magnitude") < 18


def test_cells_of_the_sky_have_equal_areas(good) -> None:
    import numpy as np

    told = rows_by(check_selection(good.rows, SelectionCheck()), "sky")
    areas = [
        (row["l_high"] - row["l_low"])
        * (np.sin(np.radians(row["b_high"])) - np.sin(np.radians(row["b_low"])))
        for row in told
    ]
    assert areas == pytest.approx([720 / (CELLS[0] * CELLS[1])] * len(told), abs=1e-3)


def test_without_places_and_magnitudes_there_are_no_such_tables(spoilt) -> None:
    nothing = pl.lit(None, dtype=pl.Float64)
    rows = spoilt(gal_l=nothing, gal_b=nothing, int_average_mag=nothing).rows
    result = check_selection(rows, SelectionCheck())
    assert result.passed is True
    assert not rows_by(result, "sky")
    assert not rows_by(result, "magnitude")


def test_without_any_value_there_is_nothing_to_say(spoilt) -> None:
    nobody = spoilt(feh=pl.lit(None, dtype=pl.Float64)).rows
    assert check_selection(nobody, SelectionCheck()).passed is None
    assert check_selection(nobody.clear(), SelectionCheck()).passed is None
