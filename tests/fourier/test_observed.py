import json

import numpy as np
import polars as pl
import pytest

from rrcat.fourier import N_COEFFICIENTS, posterior, shapes
from rrcat.fourier.observed import Usual, learn_usual, reduced
from rrcat.fourier.weighted_sums import sums
from rrcat.testing import synthetic_batch


def rows(n, seed):
    batch, _ = synthetic_batch(n, seed=seed, bands=["G"])
    kept = batch.stars.filter(pl.col("pulsation_type") == "RRab").select("source_id")
    features = batch.features.drop("band", "period")
    return kept.join(batch.sequences, on="source_id").join(features, on="source_id")


@pytest.fixture(scope="module")
def stars():
    return rows(150, 3)


@pytest.fixture(scope="module")
def usual(stars):
    return learn_usual(sums(stars), shapes(stars))


def thinned(frame, n):
    lists = [pl.col(name).list.gather_every(40 // n) for name in ("phase", "mag", "mag_error")]
    return frame.with_columns(pl.lit(n, pl.Int32).alias("n_points"), *lists)


def test_the_noise_of_observations_is_found(usual):
    # Synthetic magnitudes scatter by 0.01 mag.
    assert np.sqrt(usual.variance) == pytest.approx(0.01, rel=0.15)


def test_shapes_agree_with_a_good_harmonic_fit(stars, usual):
    fitted = posterior(usual.prior, shapes(stars))[0]
    curve = usual(sums(stars), shapes(stars))
    error = np.sqrt(np.diagonal(curve.covariance, axis1=1, axis2=2))
    assert np.median(np.abs(curve.mean - fitted) / error) < 1.5


def test_a_shift_of_phase_and_mean_hardly_changes_the_shape(stars, usual):
    moved = stars.with_columns(
        phase=pl.col("phase").list.eval((pl.element() + 0.003) % 1.0),
        mag=pl.col("mag").list.eval(pl.element() + 0.01),
    )
    one, other = (usual(sums(each), shapes(stars)) for each in (stars, moved))
    error = np.sqrt(np.diagonal(one.covariance, axis1=1, axis2=2))
    assert np.max(np.abs(one.mean - other.mean) / error) < 0.5


def test_few_observations_are_drawn_to_what_is_usual_and_less_certain(stars, usual):
    start = shapes(stars)
    all_of_them, few = usual(sums(stars), start), usual(sums(thinned(stars, 8)), start)
    mean = usual.prior.mean_at(start.period)
    assert np.abs(few.mean - mean).mean() < np.abs(all_of_them.mean - mean).mean()
    wider = np.diagonal(few.covariance - all_of_them.covariance, axis1=1, axis2=2)
    assert (wider > 0).mean() > 0.99
    assert np.median(few.noise - all_of_them.noise) == pytest.approx(np.log(5.0), abs=0.4)


def test_a_noisy_star_is_told_from_a_quiet_one(usual):
    quiet = rows(90, 5)
    rng = np.random.default_rng(0)
    mag = quiet["mag"].to_list()
    noisy = quiet.with_columns(
        mag=pl.Series([each + rng.normal(0.0, 0.04, 40) for each in mag], dtype=pl.List(pl.Float32))
    )
    one, other = (usual(sums(each), shapes(quiet)).noise for each in (quiet, noisy))
    assert np.median(other - one) == pytest.approx(np.log(17.0), abs=0.6)


def test_mean_and_phase_cost_two_observations(stars):
    given, left = reduced(
        sums(stars), np.full((stars.height, N_COEFFICIENTS), 0.1), np.ones(stars.height),
        stars["period"].to_numpy(),
    )  # fmt: skip
    assert (np.linalg.eigvalsh(given.information) > -1e-9).all()
    assert (left <= sums(stars).square + 1e-12).all()


def test_observations_at_one_phase_do_no_harm(stars, usual):
    together = stars.with_columns(phase=pl.col("phase").list.eval(pl.element() * 0.0 + 0.25))
    curve = usual(sums(together), shapes(stars))
    assert np.isfinite(curve.mean).all()
    assert np.isfinite(curve.noise).all()


def test_what_is_usual_survives_being_written(stars, usual):
    again = Usual.from_plain(json.loads(json.dumps(usual.as_plain())))
    one, other = (each(sums(stars), shapes(stars)) for each in (usual, again))
    assert np.array_equal(one.mean, other.mean)
