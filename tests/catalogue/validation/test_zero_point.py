"""The zero-point is as well known as the calibrators and the scale are."""

from dataclasses import replace

import numpy as np
import pytest

from rrcat.catalogue.validation.config import ZeroPointCheck
from rrcat.catalogue.validation.evidence import judged
from rrcat.catalogue.validation.result import not_made
from rrcat.catalogue.validation.zero_point import check_zero_point, zero_point_error


def test_the_error_is_of_the_mean_residual_and_of_the_scale(good) -> None:
    result = check_zero_point(good, judged(good), ZeroPointCheck())
    assert result.passed is True
    of_mean = 1.2533 * np.hypot(0.1, 0.02) / 300**0.5
    assert result.value == pytest.approx(np.hypot(of_mean, 0.05), rel=0.05)


def test_few_calibrators_that_scatter_fail(good) -> None:
    wide = judged(good).head(6)
    wide = wide.with_columns(feh=wide["feh"] + np.array([-1.0, 1.0, -1.0, 1.0, -1.0, 1.0]))
    assert check_zero_point(good, wide, ZeroPointCheck()).passed is False


def test_without_calibrators_there_is_no_number(good) -> None:
    result = check_zero_point(good, judged(good).head(4), ZeroPointCheck())
    assert (result.passed, zero_point_error([result])) == (None, None)


def test_the_zero_point_of_the_labels_is_in_it(good) -> None:
    spectra = check_zero_point(good, judged(good), ZeroPointCheck())
    of_mean = np.sqrt(spectra.value**2 - 0.05**2)
    labels = replace(good, photometric=True)
    silent = check_zero_point(labels, judged(good), ZeroPointCheck())
    assert silent.value == spectra.value
    assert silent.detail.endswith("is not known and not in it")
    chained = check_zero_point(
        replace(labels, label_zero_point=0.08), judged(good), ZeroPointCheck()
    )
    assert chained.value == pytest.approx(np.hypot(of_mean, 0.08))  # the scale is in the 0.08
    told = check_zero_point(labels, judged(good), ZeroPointCheck(label_error=0.04))
    assert told.value == pytest.approx(np.hypot(spectra.value, 0.04))
    assert "not known" not in chained.detail + told.detail + spectra.detail


def test_the_number_of_the_metadata_is_that_of_the_check(good) -> None:
    result = check_zero_point(good, judged(good), ZeroPointCheck())
    assert zero_point_error([not_made("x", "y", "z"), result]) == round(result.value, 4)
