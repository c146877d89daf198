import numpy as np
import polars as pl
import pytest
from rrcat_gp.regression import importance, learn

from rrcat.fourier import column_index, shapes, sums
from rrcat.testing import synthetic_batch


def rows(n, seed):
    batch, calibrators = synthetic_batch(n, seed=seed, bands=["G"])
    kept = batch.stars.filter(pl.col("pulsation_type") == "RRab").select("source_id")
    features = batch.features.drop("band", "period")
    labels = calibrators.select("source_id", "feh", "feh_error")
    both = kept.join(batch.sequences, on="source_id").join(features, on="source_id")
    return both.join(labels, on="source_id")


def learned(frame, feh_error=None, search_stars=60, seed=0):
    error = frame["feh_error"].to_numpy() if feh_error is None else feh_error
    feh = frame["feh"].to_numpy()
    given = sums(frame), shapes(frame)
    return learn("RRab", *given, feh, error, search_stars=search_stars, seed=seed)


@pytest.fixture(scope="module")
def stars():
    return rows(120, 3)


def test_all_calibrators_are_conditioned_on_though_few_are_searched(stars):
    regression = learned(stars, search_stars=20)
    assert regression.columns.shape[0] == stars.height
    other = learned(stars, search_stars=20, seed=1)
    assert not np.array_equal(regression.numbers.length, other.numbers.length)


def test_errors_of_labels_are_in_the_noise_of_calibrators(stars):
    error = np.where(np.arange(stars.height) % 2 == 0, 0.05, 1.0)
    noise = learned(stars, error).noise
    assert noise[1::2].min() > 2.0 * np.median(noise[::2])


def test_stars_beyond_the_calibrators_are_marked(stars):
    regression = learned(stars)
    given, start = sums(stars), shapes(stars)
    assert not regression(given, start)[2].any()
    slow = shapes(stars.with_columns(period=pl.lit(0.95)))
    feh, error, outside = regression(given, slow)
    assert outside.all()
    assert error.min() > np.median(regression(given, start)[1])
    assert np.isfinite(feh).all()


def test_what_matters_is_taken_from_the_literature_by_few_calibrators_only():
    phi31, cos5 = column_index(["phi31", "cos5"])
    few, many = importance("RRc", 20), importance("RRc", 20_000)
    assert few[cos5] < 0.1 * few[phi31]
    assert many == pytest.approx(1.0, abs=0.05)
