"""Training sets as streams for TensorFlow."""

import numpy as np
import polars as pl
import pytest
from rrcat_keras.dataset import stream
from rrcat_keras.points import points

from rrcat.atomic import sha256
from rrcat.canonical import json_bytes, parquet_bytes
from rrcat.errors import DatasetError
from rrcat.estimator.dataset import FACTS, SEAL, sealed
from rrcat.testing import synthetic_batch


@pytest.fixture(scope="module")
def made():
    """Sequences of 30 stars in two bands, one star of which lacks the second."""
    batch, calibrators = synthetic_batch(30, seed=5, bands=["G", "V"])
    first = batch.stars["source_id"][0]
    lacking = (pl.col("source_id") == first) & (pl.col("band") == "V")
    parts = ["train", "test", "validation"] * 10
    labels = calibrators.select("source_id", "pulsation_type", "feh", "feh_error").with_columns(
        weight=pl.lit(1.0), split=pl.Series(parts), status=pl.lit("ok")
    )
    return batch.sequences.filter(~lacking), labels


@pytest.fixture
def folder(made, tmp_path):
    tables = dict(zip(("sequences", "labels"), made, strict=True))
    for name, frame in tables.items():
        (tmp_path / f"{name}.parquet").write_bytes(parquet_bytes(frame))
    files = {
        path.name: {"sha256": sha256(path), "size": path.stat().st_size}
        for path in tmp_path.glob("*.parquet")
    }
    rows = {name: frame.height for name, frame in tables.items()}
    facts = {"format": 1, "name": "toy", "rows": rows, "files": files}
    (tmp_path / FACTS).write_bytes(json_bytes(facts))
    (tmp_path / SEAL).write_bytes(sealed(tmp_path / FACTS))
    return tmp_path


def read(batches):
    several = [{k: v.numpy() for k, v in batch.items()} for batch in batches]
    return {name: np.concatenate([batch[name] for batch in several]) for name in several[0]}


@pytest.mark.parametrize("size", [7, 100])
def test_what_is_streamed_is_what_the_networks_read(folder, made, size):
    sequences, labels = made
    given = read(stream(folder, size, bands=["V", "G"], max_points=32))
    expected = points(sequences, labels["source_id"], ["V", "G"], 32)
    assert given["source_id"].tolist() == labels["source_id"].to_list()
    for name in ("phase", "mag", "error", "count", "band", "period"):
        wanted = getattr(expected, name).astype(given[name].dtype)
        np.testing.assert_array_equal(given[name], wanted)
    np.testing.assert_allclose(given["feh"], labels["feh"].to_numpy(), rtol=1e-6)
    assert given["pulsation_type"][2] == b"RRc"


def test_a_split_gives_its_own_stars(folder, made):
    given = read(stream(folder, 4, bands=["G"], split="validation"))
    assert given["source_id"].tolist() == made[1]["source_id"].to_list()[2::3]
    assert given["phase"].shape == (10, 48)


def test_a_star_without_any_point_is_left_out(folder, made):
    given = read(stream(folder, 8, bands=["V"]))
    assert given["source_id"].tolist() == made[1]["source_id"].to_list()[1:]


def test_it_can_be_gone_through_again(folder):
    batches = stream(folder, 16, bands=["G"])
    one, other = read(batches), read(batches)
    assert np.array_equal(one["mag"], other["mag"])


def test_a_band_that_is_not_there_is_an_error(folder):
    with pytest.raises(DatasetError, match="no sequence in I") as error:
        stream(folder, 16, bands=["G", "I"])
    assert error.value.hint == "it has sequences in G, V"


def test_a_damaged_training_set_is_not_streamed(folder):
    path = folder / "sequences.parquet"
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(DatasetError, match="is not what was written"):
        stream(folder, 16, bands=["G"])
