import numpy as np
import polars as pl
import pytest

from rrcat import schema
from rrcat.harmonic import COVARIANCE_LENGTH, evaluate, unpack_covariance
from rrcat.testing import synthetic_batch


@pytest.fixture(scope="module")
def made():
    return synthetic_batch(60, seed=3)


def test_every_table_conforms(made):
    batch, calibrators = made
    for name, frame in batch.frames().items():
        schema.check(frame, schema.load(name))
    schema.check(calibrators, schema.load("calibrators"))
    assert set(batch.frames()) == {"stars", "features", "light_curves", "sequences"}


def test_every_star_is_there_in_every_band(made):
    batch, calibrators = made
    assert batch.features.group_by("source_id").len()["len"].unique().to_list() == [3]
    assert batch.light_curves["source_id"].n_unique() == len(batch) == calibrators.height == 60


def test_every_light_curve_has_a_sequence_that_follows_its_series(made):
    batch, _ = made
    keys = ["source_id", "band"]
    assert batch.sequences.select(keys).equals(batch.features.select(keys))
    first = batch.sequences.row(0, named=True)
    fit = batch.features.row(0, named=True)
    amplitudes = [fit[f"a{k}"] or np.nan for k in range(1, 9)]
    phases = [0.0, *((fit[f"phi{k}1"] or np.nan) for k in range(2, 9))]
    series = evaluate(first["phase"], 1.0, 0.0, 0.0, amplitudes, phases)
    assert np.std(np.array(first["mag"]) - series) < 0.03


def test_both_types_are_there(made):
    kinds = made[0].stars["pulsation_type"].value_counts().sort("pulsation_type")
    assert kinds.rows() == [("RRab", 40), ("RRc", 20)]


def test_the_same_seed_gives_the_same_stars(made):
    again, calibrators = synthetic_batch(60, seed=3)
    assert again.features.equals(made[0].features)
    assert calibrators.equals(made[1])
    assert not synthetic_batch(60, seed=4)[0].features.equals(made[0].features)


def test_covariances_are_those_of_the_errors(made):
    features = made[0].features
    packed = features["covariance"].to_numpy()
    assert packed.shape == (180, COVARIANCE_LENGTH)
    matrix = unpack_covariance(packed[0].astype(float))
    assert np.sqrt(matrix[1, 1]) == pytest.approx(features["a1_error"][0], rel=1e-6)
    used = np.isfinite(np.diag(matrix))
    assert np.all(np.linalg.eigvalsh(matrix[np.ix_(used, used)]) > 0)


def test_harmonics_beyond_the_order_are_null(made):
    features = made[0].features
    four = features.filter(pl.col("n_harmonics") == 4)
    assert four["a4"].null_count() == four["phi41"].null_count() == 0
    assert four["a5"].null_count() == four["phi51"].null_count() == four.height > 0


def test_no_stars_are_possible():
    batch, calibrators = synthetic_batch(0)
    assert len(batch) == calibrators.height == 0
