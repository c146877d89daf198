import numpy as np
import polars as pl
import pytest

from rrcat.fourier.weighted_sums import sums
from rrcat.testing import synthetic_batch


@pytest.fixture(scope="module")
def folded():
    return synthetic_batch(6, seed=3, bands=["G"])[0].sequences


def design(phase):
    angle = 2 * np.pi * np.outer(phase, np.arange(1, 9))
    terms = np.ones((phase.size, 17))
    terms[:, 1::2], terms[:, 2::2] = np.cos(angle), -np.sin(angle)
    return terms


def test_sums_are_those_of_the_design_matrix(folded):
    given = sums(folded.with_columns(mag_error=pl.lit(None, pl.List(pl.Float32))))
    for star in range(folded.height):
        terms = design(folded["phase"][star].cast(pl.Float64).to_numpy())
        mag = folded["mag"][star].cast(pl.Float64).to_numpy()
        assert given.gram[star] == pytest.approx(terms.T @ terms, abs=1e-9)
        assert given.moment[star] == pytest.approx(terms.T @ mag, abs=1e-9)
        assert given.square[star] == pytest.approx(mag @ mag)


def test_an_observation_of_ten_times_the_error_hardly_counts(folded):
    lists = pl.col("mag_error").list
    spoilt = folded.with_columns(mag_error=pl.concat_list(lists.head(1) * 10.0, lists.tail(39)))
    without = folded.with_columns(
        pl.lit(39, pl.Int32).alias("n_points"),
        *(pl.col(name).list.tail(39) for name in ("phase", "mag", "mag_error")),
    )
    given, wanted, equal = sums(spoilt), sums(without), sums(folded)
    assert given.count.tolist() == [40.0] * 6
    off = np.abs(given.gram / 40.0 - wanted.gram / 39.0).max()
    assert off < 0.1 * np.abs(equal.gram / 40.0 - wanted.gram / 39.0).max()


@pytest.mark.parametrize("error", [None, float("nan"), 0.0])
def test_errors_that_say_nothing_leave_all_observations_equal(folded, error):
    plain = sums(folded.with_columns(mag_error=pl.lit(None, pl.List(pl.Float32))))
    silent = folded.with_columns(
        mag_error=pl.col("mag").list.eval(pl.element() * 0.0 + pl.lit(error, pl.Float32))
    )
    assert sums(silent).gram == pytest.approx(plain.gram, abs=1e-9)
