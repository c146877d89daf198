"""Regularised coefficients as the second input."""

import json

import numpy as np
import polars as pl
import pytest
from rrcat_keras.coefficients import (
    CoefficientInput,
    Regularisation,
    learn_coefficient_input,
    learn_regularisation,
)

from rrcat.testing import synthetic_batch

BANDS = ("G", "V")


@pytest.fixture(scope="module")
def stars():
    batch, _ = synthetic_batch(90, seed=2, bands=BANDS)
    return batch.only(batch.stars.filter(pl.col("pulsation_type") == "RRab")["source_id"])


@pytest.fixture(scope="module")
def learned(stars):
    ids, period = stars.stars["source_id"], stars.stars["period"].to_numpy()
    regularisation = learn_regularisation(stars.sequences, stars.features, ids, period, BANDS)
    curves = regularisation(stars.sequences, stars.features, ids, period)
    return regularisation, curves, learn_coefficient_input(curves)


def test_every_star_has_coefficients_in_every_band(stars, learned):
    _, curves, of_curves = learned
    assert curves.mean.shape == (60, 2, 15)
    read = of_curves(curves)
    assert np.isfinite(read).all()
    assert read.shape == (60, 2 * (curves.columns.shape[2] + curves.columns.shape[2] - 2))


def test_a_star_has_what_is_usual_and_larger_errors_in_a_band_without_observations(stars, learned):
    regularisation, curves, of_curves = learned
    ids, period = stars.stars["source_id"], stars.stars["period"].to_numpy()
    there = ~((pl.col("source_id") == ids[0]) & (pl.col("band") == "V"))
    less = regularisation(stars.sequences.filter(there), stars.features.filter(there), ids, period)
    usual = regularisation.usual[1].prior.mean_at(period[:1])[0]
    np.testing.assert_allclose(less.mean[0, 1], usual, rtol=1e-6)
    assert np.all(np.diagonal(less.covariance[0, 1]) > np.diagonal(curves.covariance[0, 1]))
    assert np.array_equal(less.mean[0, 0], curves.mean[0, 0])
    assert np.array_equal(of_curves(less)[1:], of_curves(curves)[1:])


def test_a_star_has_the_same_bits_whoever_is_beside_it(stars, learned):
    regularisation, curves, of_curves = learned
    ids, period = stars.stars["source_id"], stars.stars["period"].to_numpy()
    alone = of_curves(regularisation(stars.sequences, stars.features, ids[7:8], period[7:8]))
    assert np.array_equal(alone[0], of_curves(curves)[7])


def test_what_was_learned_survives_being_written(stars, learned):
    regularisation, curves, of_curves = learned
    ids, period = stars.stars["source_id"], stars.stars["period"].to_numpy()
    again = Regularisation.from_plain(json.loads(json.dumps(regularisation.as_plain())))
    scalers = CoefficientInput.from_plain(json.loads(json.dumps(of_curves.as_plain())))
    same = scalers(again(stars.sequences, stars.features, ids, period))
    assert np.array_equal(same, of_curves(curves))
