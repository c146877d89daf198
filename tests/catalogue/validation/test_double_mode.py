"""RRd stars have no [Fe/H]."""

import polars as pl

from rrcat.catalogue.validation.double_mode import check_double_mode

DOUBLE = pl.col("source_id") <= 5
TYPE = pl.when(DOUBLE).then(pl.lit("RRd")).otherwise("pulsation_type")
STATUS = pl.when(DOUBLE).then(pl.lit("unsupported_pulsation_type")).otherwise("feh_status")


def test_stars_without_value_pass_and_are_counted_by_reason(spoilt) -> None:
    feh = pl.when(~DOUBLE).then("feh")
    rows = spoilt(pulsation_type=TYPE, feh=feh, feh_status=STATUS).rows
    result = check_double_mode(rows)
    assert result.passed is True
    assert result.rows == ({"feh_status": "unsupported_pulsation_type", "n": 5},)


def test_one_value_fails(spoilt) -> None:
    feh = pl.when(~DOUBLE | (pl.col("source_id") == 3)).then("feh")
    result = check_double_mode(spoilt(pulsation_type=TYPE, feh=feh).rows)
    assert (result.passed, result.value) == (False, 1.0)


def test_without_such_stars_nothing_can_be_said(good) -> None:
    assert check_double_mode(good.rows).passed is None
