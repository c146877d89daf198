"""Relations are data, and say how sure they are of themselves."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rrcat.calibration import scales
from rrcat.catalogue.distance.relations import Slope, fundamentalised, published, scale_offset

RELATIONS = list(published().values())
every_relation = pytest.mark.parametrize("relation", RELATIONS, ids=lambda one: one.id)
metallicity = st.floats(-3.0, 0.5)
log_period = st.floats(-0.6, 0.0)


def value(expression, **cells):
    return pl.DataFrame({name: [cell] for name, cell in cells.items()}).select(expression).item()


def absolute(relation, feh, log_p):
    return value(relation.absolute_mag(pl.col("feh"), pl.col("log_p")), feh=feh, log_p=log_p)


@every_relation
def test_numbers_have_a_reference_and_a_status(relation):
    assert relation.reference
    assert relation.status in ("seen", "recalled", "computed")
    assert relation.scatter_from
    assert relation.range_from
    assert relation.scale in scales.names()


@pytest.mark.parametrize(
    ("id", "feh", "log_p", "mag"),
    [
        ("muraveva18", -1.5, -0.25, 0.32 * -1.5 + 1.11),
        ("garofalo22", -1.5, -0.25, 0.33 * -1.5 + 1.05),
        ("garofalo22-wesenheit", -1.5, -0.25, 2.49 * 0.25 - 0.14 * 1.5 - 0.88),
    ],
)
def test_absolute_magnitudes_are_those_of_the_papers(id, feh, log_p, mag):
    assert absolute(published()[id], feh, log_p) == pytest.approx(mag)


@every_relation
@given(feh=metallicity, log_p=log_period, more=st.floats(0.01, 1.0))
def test_metal_rich_stars_are_fainter(relation, feh, log_p, more):
    assert absolute(relation, feh + more, log_p) > absolute(relation, feh, log_p)


@given(feh=metallicity, log_p=log_period, more=st.floats(0.01, 0.5))
def test_stars_of_long_period_are_brighter_in_a_wesenheit_magnitude(feh, log_p, more):
    relation = published()["garofalo22-wesenheit"]
    assert absolute(relation, feh, log_p + more) < absolute(relation, feh, log_p)


@every_relation
@given(feh=metallicity, log_p=log_period)
def test_the_error_of_the_coefficients_is_least_among_the_calibrators(relation, feh, log_p):
    error = relation.coefficient_error(pl.col("feh"), pl.col("log_p"))
    pivot = -0.25 if relation.log_period is None else relation.log_period.pivot
    least = value(error, feh=relation.feh.pivot, log_p=pivot)
    assert least == pytest.approx(relation.zero_point.error)
    assert value(error, feh=feh, log_p=log_p) >= least - 1e-12


def test_a_value_outside_the_calibrators_is_told():
    relation = published()["muraveva18"]
    outside = relation.outside(pl.col("feh"), pl.col("period"))
    assert value(outside, feh=-1.5, period=0.6) is False
    assert value(outside, feh=-2.8, period=0.6) is True
    assert value(outside, feh=-1.5, period=1.1) is True


def test_a_scale_is_converted_where_a_conversion_is_published():
    relation = published()["muraveva18"]
    slope, intercept = relation.conversion("C09")
    there, _ = scales.convert([-1.5], [0.1], "C09", "ZW84")
    assert slope * -1.5 + intercept == pytest.approx(there[0])
    assert relation.conversion("ZW84") == (1.0, 0.0)
    assert relation.conversion("C21") is None


def test_a_way_of_several_conversions_is_one_line():
    relation = published()["muraveva18"].model_copy(update={"scale": "C09"})
    slope, intercept = relation.conversion("J95")
    there, error = scales.convert([-1.5], [0.1], "J95", "C09")
    assert slope * -1.5 + intercept == pytest.approx(there[0])
    assert slope * 0.1 == pytest.approx(error[0])


def test_the_ratio_of_periods_is_that_of_double_mode_stars():
    """P1 / P0 of RRd stars is about 0.745."""
    assert 10 ** -fundamentalised().value == pytest.approx(0.745, abs=0.003)


def test_the_unknown_offset_of_scales_is_that_of_the_shifts_between_papers():
    shifts = [-0.259, -0.190, -0.138, -0.094, -0.039, -0.024, 0.001, 0.160]
    rms = (sum(shift**2 for shift in shifts) / len(shifts)) ** 0.5
    assert scale_offset().value == pytest.approx(rms, abs=0.005)


def test_an_error_of_zero_is_no_error():
    with pytest.raises(ValueError, match="greater than 0"):
        Slope(slope=0.3, error=0.0, pivot=-1.5)
