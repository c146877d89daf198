"""Errors of modulated stars must be inflated by as much as their residuals are."""

import polars as pl
import pytest

from rrcat.catalogue.validation.blazhko import check_blazhko
from rrcat.catalogue.validation.config import BlazhkoCheck
from rrcat.catalogue.validation.evidence import judged

MODULATED = pl.col("blazhko").fill_null(False)
TRUE_OFF = (
    pl.when(MODULATED & (pl.col("source_id") % 2 == 0)).then(0.35).when(MODULATED).then(-0.35)
)


def checked(evidence):
    return check_blazhko(judged(evidence), evidence.rows, BlazhkoCheck(), 2.5)


def test_stars_that_scatter_as_others_pass(good) -> None:
    result = checked(good)
    assert result.passed is True
    assert result.value == pytest.approx(1.0, abs=0.35)


def test_wide_residuals_with_usual_errors_fail(spoilt) -> None:
    assert checked(spoilt(feh=pl.col("feh") + TRUE_OFF.fill_null(0.0))).passed is False


def test_wide_residuals_with_wide_errors_pass(spoilt) -> None:
    error = pl.when(MODULATED).then(0.4).otherwise("feh_error")
    result = checked(spoilt(feh=pl.col("feh") + TRUE_OFF.fill_null(0.0), feh_error=error))
    assert result.passed is True
    medians = {(r["pulsation_type"], r["blazhko"]): r["median_error"] for r in result.rows[:4]}
    assert medians["RRab", True] == 0.4
    assert medians["RRab", False] == 0.1


def test_without_modulated_calibrators_nothing_can_be_said(spoilt) -> None:
    result = checked(spoilt(blazhko=pl.lit(None, dtype=pl.Boolean)))
    assert result.passed is None
    assert "0 calibrators" in result.detail
