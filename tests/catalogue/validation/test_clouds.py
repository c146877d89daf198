"""The Clouds tell whether a catalogue of faint stars is off."""

import polars as pl
import pytest

from rrcat.catalogue.validation.clouds import FEH, MODULUS, check_clouds
from rrcat.catalogue.validation.config import CloudsCheck, ClustersCheck


def checked(evidence):
    return check_clouds(evidence.rows, CloudsCheck(), ClustersCheck(), 2.5)


def test_a_catalogue_that_is_right_passes(good) -> None:
    assert [result.passed for result in checked(good)] == [True, True]


@pytest.mark.parametrize(
    ("name", "column", "shift"), [(FEH, "feh", 0.3), (MODULUS, "distance_modulus", -0.3)]
)
def test_a_shift_fails(spoilt, one, name, column, shift) -> None:
    result = one(checked(spoilt(**{column: pl.col(column) + shift})), name)
    assert result.passed is False
    assert result.value == pytest.approx(shift, abs=0.1)
    assert [row["system"] for row in result.rows] == ["LMC", "SMC"]


def test_few_stars_of_a_cloud_settle_nothing(good) -> None:
    few = good.rows.filter(pl.col("dec") < -65).head(5)
    results = check_clouds(few, CloudsCheck(), ClustersCheck(), 2.5)
    assert [result.passed for result in results] == [None, None]


def test_stars_in_front_of_a_cloud_are_not_its_own(spoilt, good) -> None:
    near = spoilt(int_average_mag=pl.col("int_average_mag") - 3.0)
    assert [result.passed for result in checked(near)] == [None, None]
