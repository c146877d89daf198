"""The law of period and φ31 must be in the values."""

import numpy as np
import polars as pl
import pytest

from rrcat.catalogue.validation.config import PeriodCheck, ValidationSection
from rrcat.catalogue.validation.period import check_period

OTHER = pl.col("pulsation_type").replace({"RRab": "RRc", "RRc": "RRab"})


def checked(rows):
    return check_period(rows, PeriodCheck(), 2.5)[1:]


def usual(rows):
    return check_period(rows, PeriodCheck(), 2.5)[0]


def test_a_catalogue_that_is_right_passes_with_the_slopes_it_was_made_with(good) -> None:
    of_rrab, of_rrc = checked(good.rows)
    assert (of_rrab.passed, of_rrc.passed) == (True, True)
    assert of_rrab.rows[0]["slope_period"] == pytest.approx(-5.55, abs=1e-3)
    assert of_rrab.rows[0]["slope_phi31"] == pytest.approx(0.94, abs=1e-3)
    assert of_rrc.rows[0]["slope_period"] == pytest.approx(-8.5, abs=1e-3)


def test_periods_that_fit_their_types_pass_and_swapped_types_fail(good) -> None:
    assert usual(good.rows).passed is True
    assert usual(good.rows.with_columns(pulsation_type=OTHER)).passed is False
    assert usual(good.rows.head(20)).passed is None


def test_values_of_other_stars_fail(good) -> None:
    shuffled = good.rows.with_columns(feh=pl.col("feh").shuffle(seed=1))
    assert [result.passed for result in checked(shuffled)] == [False, False]


def test_a_metallicity_that_rises_with_the_period_fails(good) -> None:
    turned = good.rows.with_columns(feh=-3.0 - pl.col("feh"))
    assert [result.passed for result in checked(turned)] == [False, False]


def test_branches_of_phi31_do_not_matter(good) -> None:
    turned = good.rows.with_columns(
        phi31=(pl.col("phi31") + 3.0).map_batches(lambda cells: cells % (2 * np.pi))
    )
    for before, after in zip(checked(good.rows), checked(turned), strict=True):
        assert after.value == pytest.approx(before.value, abs=1e-6)


def test_uncertain_phases_do_not_count(good) -> None:
    uncertain = good.rows.with_columns(phi31_error=pl.lit(0.5))
    assert [result.passed for result in checked(uncertain)] == [None, None]


def test_periods_that_are_all_one_tell_nothing(good) -> None:
    same = good.rows.with_columns(period=pl.lit(0.5))
    assert [result.passed for result in checked(same)] == [None, None]


def test_limits_in_the_wrong_order_are_refused() -> None:
    with pytest.raises(ValueError, match="least slope"):
        ValidationSection.model_validate({"period": {"RRab": [-1, -5]}})
