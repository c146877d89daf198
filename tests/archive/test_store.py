import itertools
import json
import os
import tempfile
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from rrcat.archive import LocalStore, close_store, write_part, write_store
from rrcat.errors import ArchiveError
from rrcat.schema import conform, load

FEATURES = pl.DataFrame({"source_id": [11, 13], "P": [0.5, 0.31], "A1": [0.3, 0.2]})
MAPPED = {"source_id": "source_id", "period": "P", "a1": "A1", "band": {"value": "G"}}


@pytest.fixture
def written(ingested, tmp_path):
    return write_store(
        ingested(features=FEATURES, feature_table={"columns": MAPPED}), tmp_path / "store"
    )


def part_of(store: LocalStore, table: str, number: int = 0) -> Path:
    return store.folder / store.description["tables"][table][number]["file"]


def test_what_is_written_is_read(ingested, tmp_path):
    given = ingested(features=FEATURES, feature_table={"columns": MAPPED})
    opened = write_store(given, tmp_path / "store")
    assert_frame_equal(opened.stars(), given.stars)
    assert_frame_equal(opened.light_curves(), given.light_curves)
    assert_frame_equal(opened.features(), given.features)
    assert opened.account == given.account
    assert opened.description["inputs"] == given.inputs
    assert opened.bands == ("G",)


def test_rows_are_read_by_source_id(written):
    assert written.source_ids().tolist() == [11, 12, 13]
    assert written.stars(12, 13)["source_id"].to_list() == [12, 13]
    assert written.light_curves(12, 12)["source_id"].unique().to_list() == [12]
    assert written.light_curves(12, 12).height == 12
    assert written.features(12, 12).height == 0
    assert written.stars(100, 200).height == 0


def test_partitions_together_are_the_whole_in_order(written):
    parts = [written.light_curves(lo, lo) for lo in (11, 12, 13)]
    assert_frame_equal(pl.concat(parts), written.light_curves())


def test_a_table_the_archive_has_not_is_none(ingested, tmp_path):
    opened = write_store(ingested(), tmp_path / "store")
    assert opened.features() is None
    assert opened.has_light_curves
    assert not opened.has_features


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-10])


@pytest.mark.parametrize("table", ["stars", "light_curves", None])
@pytest.mark.parametrize("damage", [flip, cut, os.unlink])
def test_a_damaged_store_is_refused(written, table, damage):
    path = part_of(written, table) if table else written.folder / "account.json"
    damage(path)
    with pytest.raises(ArchiveError, match=r"has changed|is missing") as caught:
        LocalStore.open(written.folder)
    assert caught.value.where["file"] == path
    assert "remove the folder of the store" in caught.value.hint


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 99}'])
def test_a_store_with_a_damaged_description_is_refused(written, text):
    (written.folder / "store.json").write_text(text)
    with pytest.raises(ArchiveError) as caught:
        LocalStore.open(written.folder)
    assert "remove the folder of the store" in caught.value.hint


PART = {"file": "stars/1-5.ab.parquet", "lo": 1, "hi": 5, "rows": 2, "sha256": "ab", "size": 9}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("bands", "G"),
        ("inputs", {}),
        ("schemas", []),
        ("files", ["account.json"]),
        ("files", {"account.json": {"sha256": 1, "size": "big"}}),
        ("adql", "SELECT"),
        ("tables", {}),
        ("tables", {"stars": [], "spectra": []}),
        ("tables", {"stars": ["stars.parquet"]}),
        ("tables", {"stars": [PART | {"file": "stars/../../a.parquet"}]}),
        ("tables", {"stars": [PART | {"lo": 7}]}),
        ("tables", {"stars": [PART, PART | {"lo": 5, "hi": 9}]}),
        ("tables", {"stars": [PART | {"lo": 7, "hi": 9}, PART]}),
    ],
)
@pytest.mark.parametrize("verify", [True, False])
def test_a_store_that_says_something_of_another_type_is_refused(written, key, value, verify):
    path = written.folder / "store.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))
    with pytest.raises(ArchiveError, match=f"something impossible at {key}") as caught:
        LocalStore.open(written.folder, verify=verify)
    assert caught.value.where["file"] == path


def test_a_folder_that_is_no_store_is_refused(tmp_path):
    with pytest.raises(ArchiveError, match="there is no store"):
        LocalStore.open(tmp_path)


def test_a_worker_may_open_without_the_check(written):
    description = json.loads((written.folder / "store.json").read_text())
    description["tables"]["stars"][0]["sha256"] = "0"
    (written.folder / "store.json").write_text(json.dumps(description))
    assert LocalStore.open(written.folder, verify=False).source_ids().size == 3


@pytest.mark.parametrize("name", ["run[1]", "run*", "run?"])
def test_the_letters_of_a_glob_are_letters(ingested, tmp_path, name):
    given = ingested()
    for folder in (tmp_path / "run1", tmp_path / name):
        opened = write_store(given, folder)
        assert_frame_equal(opened.stars(), given.stars)
        assert_frame_equal(opened.light_curves(), given.light_curves)


def test_the_stars_with_light_curves_are_known(written):
    observed = written.light_curves()["source_id"].unique().sort()
    assert written.served_ids().equals(observed)


def test_some_stars_are_read_with_their_tables(written):
    few = written.only(pl.Series([11, 12, 99]))
    assert_frame_equal(few.stars, written.stars(11, 12))
    assert_frame_equal(few.light_curves, written.light_curves(11, 12))
    assert_frame_equal(few.features, written.features(11, 12))


def test_the_files_of_a_store_are_listed_with_their_hashes(written):
    listed = [each["name"] for each in written.files()]
    there = [path for path in written.folder.rglob("*") if path.is_file()]
    assert listed == sorted(
        path.relative_to(written.folder).as_posix() for path in there if path.name != "store.json"
    )


@st.composite
def cut_archives(draw):
    """Give stars, their light curves and where the stars are cut into parts."""
    ids = sorted(draw(st.sets(st.integers(0, 40), min_size=1, max_size=12)))
    points = draw(st.lists(st.integers(0, 3), min_size=len(ids), max_size=len(ids)))
    cuts = draw(st.sets(st.sampled_from(range(len(ids))), max_size=4))
    stars = conform(pl.DataFrame({"source_id": ids}), load("stars"))
    seen = np.repeat(ids, points)
    times = pl.int_range(len(seen), eager=True).cast(pl.Float64)
    curves = pl.DataFrame({"source_id": seen, "band": "G", "time": times, "mag": 15.0})
    light_curves = conform(
        curves.with_columns(pl.col("source_id").cast(pl.Int64)), load("light_curves")
    )
    bounds = [ids[0], *(ids[at] for at in sorted(cuts - {0})), ids[-1] + 1]
    return stars, light_curves, bounds


@settings(max_examples=40, deadline=None)
@given(archive=cut_archives(), lo=st.integers(0, 41), hi=st.integers(0, 41), data=st.data())
def test_any_cut_into_parts_reads_the_same(archive, lo, hi, data):
    stars, light_curves, bounds = archive
    frames = {"stars": stars, "light_curves": light_curves}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        parts = {
            table: [
                write_part(folder, table, rows)
                for first, end in itertools.pairwise(bounds)
                if (rows := frame.filter(pl.col("source_id").is_between(first, end - 1))).height
            ]
            for table, frame in frames.items()
        }
        parts = {table: data.draw(st.permutations(own)) for table, own in parts.items()}
        close_store(folder, parts, bands=["G"], inputs=[], account={})
        store = LocalStore.open(folder)
        assert_frame_equal(store.stars(), stars)
        assert_frame_equal(store.light_curves(), light_curves)
        between = pl.col("source_id").is_between(lo, hi)
        assert_frame_equal(store.stars(lo, hi), stars.filter(between))
        assert_frame_equal(store.light_curves(lo, hi), light_curves.filter(between))
        assert store.source_ids().tolist() == stars["source_id"].to_list()
        served = light_curves["source_id"].unique(maintain_order=True)
        assert store.served_ids().equals(served)
        some = pl.Series(data.draw(st.lists(st.integers(0, 41))), dtype=pl.Int64)
        wanted = pl.col("source_id").is_in(some.implode())
        assert_frame_equal(store.only(some).light_curves, light_curves.filter(wanted))
