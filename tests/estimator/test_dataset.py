"""A training set is read whole, or group by group, and never if it is not what was written."""

import json

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from rrcat.atomic import sha256
from rrcat.canonical import json_bytes, parquet_bytes
from rrcat.errors import DatasetError
from rrcat.estimator import batches, dataset, read_dataset
from rrcat.estimator.dataset import FACTS, SEAL, sealed


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A training set of 23 stars, three of them in two bands, in groups of five rows."""
    monkeypatch.setattr(dataset, "ROWS_IN_GROUP", 5)
    rng = np.random.default_rng(0)
    ids = pl.Series("source_id", range(100, 123))
    keys = pl.concat(
        [
            pl.DataFrame({"source_id": ids, "band": "G"}),
            pl.DataFrame({"source_id": [103, 104, 111], "band": "I"}),
        ]
    ).sort("source_id", "band")
    lengths = rng.integers(8, 20, keys.height)
    tables = {
        "sequences": keys.with_columns(
            period=0.5,
            n_points=pl.Series(lengths, dtype=pl.Int32),
            phase=pl.Series([np.sort(rng.random(n, dtype=np.float32)) for n in lengths]),
        ),
        "features": keys.with_columns(period=0.5, phi31=pl.Series(rng.random(keys.height))),
        "labels": pl.DataFrame(
            {
                "source_id": ids,
                "pulsation_type": "RRab",
                "feh": rng.normal(-1.5, 0.3, 23),
                "feh_error": 0.1,
                "weight": 1.0,
                "split": (["train"] * 4 + ["test"]) * 4 + ["train"] * 3,
                "status": "ok",
            }
        ),
        "folds": pl.DataFrame({"repeat": 0, "fold": 0, "source_id": ids}),
    }
    folder = tmp_path / "set"
    folder.mkdir()
    for name, frame in tables.items():
        (folder / f"{name}.parquet").write_bytes(parquet_bytes(frame, rows_in_group=5))
    seal(folder, rows={name: frame.height for name, frame in tables.items()})
    return folder


def seal(folder, **facts):
    files = {
        path.name: {"sha256": sha256(path), "size": path.stat().st_size}
        for path in folder.glob("*.parquet")
    }
    whole = {"format": 1, "name": "toy", "rows": {}, "files": files} | facts
    (folder / FACTS).write_bytes(json_bytes(whole))
    (folder / SEAL).write_bytes(sealed(folder / FACTS))


@pytest.mark.parametrize("size", [1, 2, 4, 7, 100])
def test_batches_of_any_size_are_the_whole(folder, size):
    given = list(batches(folder, size))
    whole = pl.read_parquet(folder / "sequences.parquet").join(
        pl.read_parquet(folder / "labels.parquet").drop("status"),
        on="source_id",
        maintain_order="left",
    )
    assert_frame_equal(pl.concat(given), whole, check_exact=True)
    stars = [batch["source_id"].n_unique() for batch in given]
    assert stars == [size] * (23 // size) + ([23 % size] if 23 % size else [])


def test_all_bands_of_a_star_are_in_one_batch(folder):
    for batch in batches(folder, 3):
        both = batch.filter(pl.col("source_id").is_in([103, 104, 111]))
        assert both.height == 2 * both["source_id"].n_unique()


def test_a_split_gives_its_own_stars_only(folder):
    rows = pl.concat(batches(folder, 4, split="test"))
    assert set(rows["split"]) == {"test"}
    assert rows["source_id"].to_list() == [104, 104, 109, 114, 119]


def test_a_split_without_stars_gives_nothing(folder):
    assert list(batches(folder, 4, split="validation")) == []


def test_features_stand_beside_the_sequence_of_their_band(folder):
    rows = pl.concat(batches(folder, 4, features=["phi31", "period"]))
    features = pl.read_parquet(folder / "features.parquet")
    assert rows.select("source_id", "band", "phi31").equals(
        features.select("source_id", "band", "phi31")
    )
    assert "period_features" in rows.columns


def test_only_a_group_of_rows_is_read_at_a_time(folder, monkeypatch):
    made, seen = read_dataset(folder), []
    inner = dataset.Dataset._groups

    def noting(self, table):
        for group in inner(self, table):
            seen.append(group.height)
            yield group

    monkeypatch.setattr(dataset.Dataset, "_groups", noting)
    first = next(made.batches(2))
    assert first["source_id"].to_list() == [100, 101]
    assert seen == [5]


def test_it_names_itself_in_a_line(folder):
    assert len(repr(read_dataset(folder))) < 100 + len(str(folder))


def test_tables_are_scanned_by_name(folder):
    made = read_dataset(folder)
    assert made.facts["name"] == "toy"
    assert made.scan("folds").collect().height == 23


def test_what_is_no_training_set_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="no training set") as caught:
        read_dataset(tmp_path)
    assert "rrcat dataset" in caught.value.hint


@pytest.mark.parametrize("name", ["sequences", "features", "labels", "folds"])
def test_a_changed_file_is_refused_by_name(folder, name):
    path = folder / f"{name}.parquet"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(DatasetError, match=f"damaged: {name}.parquet is not what was written"):
        read_dataset(folder)
    path.unlink()
    with pytest.raises(DatasetError, match=rf"damaged: {name}\.parquet is missing"):
        next(batches(folder, 3))


def test_changed_facts_are_refused(folder):
    facts = json.loads((folder / FACTS).read_text())
    (folder / FACTS).write_bytes(json_bytes(facts | {"name": "other"}))
    with pytest.raises(DatasetError, match=r"dataset\.json has not the hash"):
        read_dataset(folder)


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"[]", "is wrong at"), (b"{", "is not JSON"), (b'{"format": 2}', "format")],
)
def test_facts_that_say_nothing_are_refused(folder, content, why):
    (folder / FACTS).write_bytes(content)
    (folder / SEAL).write_bytes(sealed(folder / FACTS))
    with pytest.raises(DatasetError, match=why):
        read_dataset(folder)
