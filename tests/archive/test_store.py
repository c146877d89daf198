import json
import os
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from rrcat.archive import LocalStore, store, write_store
from rrcat.errors import ArchiveError


@pytest.fixture
def small_groups(monkeypatch):
    monkeypatch.setattr(store, "ROWS_IN_GROUP", 5)


FEATURES = pl.DataFrame({"source_id": [11, 13], "P": [0.5, 0.31], "A1": [0.3, 0.2]})
MAPPED = {"source_id": "source_id", "period": "P", "a1": "A1", "band": {"value": "G"}}


@pytest.fixture
def written(ingested, tmp_path):
    return write_store(
        ingested(features=FEATURES, feature_table={"columns": MAPPED}), tmp_path / "store"
    )


def test_what_is_written_is_read(ingested, tmp_path):
    given = ingested(features=FEATURES, feature_table={"columns": MAPPED})
    opened = write_store(given, tmp_path / "store")
    assert_frame_equal(opened.stars(), given.stars)
    assert_frame_equal(opened.light_curves(), given.light_curves)
    assert_frame_equal(opened.features(), given.features)
    assert opened.account == given.account
    assert opened.description["inputs"] == given.inputs
    assert opened.bands == ("G",)


def test_rows_are_read_by_source_id(small_groups, written):
    assert written.source_ids().tolist() == [11, 12, 13]
    assert written.stars(12, 13)["source_id"].to_list() == [12, 13]
    assert written.light_curves(12, 12)["source_id"].unique().to_list() == [12]
    assert written.light_curves(12, 12).height == 12
    assert written.features(12, 12).height == 0
    assert written.stars(100, 200).height == 0


def test_partitions_together_are_the_whole_in_order(small_groups, written):
    parts = [written.light_curves(lo, lo) for lo in (11, 12, 13)]
    assert_frame_equal(pl.concat(parts), written.light_curves())


def test_a_table_the_archive_has_not_is_none(ingested, tmp_path):
    opened = write_store(ingested(), tmp_path / "store")
    assert opened.features() is None
    assert opened.has_light_curves
    assert not opened.has_features


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_equal_input_gives_equal_bytes(ingested, tmp_path):
    for name in ("one", "two"):
        write_store(ingested(), tmp_path / name)
    assert content(tmp_path / "one") == content(tmp_path / "two")


def test_the_order_of_observations_in_the_file_does_not_matter(ingested, curves, tmp_path):
    twice = pl.concat([curves, curves.with_columns(pl.col("mag") + 0.5)])
    write_store(ingested(light_curves=twice), tmp_path / "one")
    write_store(
        ingested(light_curves=twice.sample(fraction=1, shuffle=True, seed=1)), tmp_path / "two"
    )
    for name in ("stars.parquet", "light_curves.parquet", "account.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_no_path_of_the_machine_is_in_the_store(ingested, tmp_path):
    write_store(ingested(), tmp_path / "store")
    for name, text in content(tmp_path / "store").items():
        assert str(tmp_path).encode() not in text, name


def test_a_store_is_never_overwritten(ingested, written):
    before = content(written.folder)
    with pytest.raises(FileExistsError):
        write_store(ingested(), written.folder)
    assert content(written.folder) == before


def test_nothing_is_left_of_a_store_that_could_not_be_written(ingested, tmp_path, monkeypatch):
    given = ingested()
    monkeypatch.setattr(store, "json_bytes", lambda data: 1 / 0)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(ZeroDivisionError):
        write_store(given, tmp_path / "store")
    assert sorted(tmp_path.iterdir()) == before


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-10])


@pytest.mark.parametrize("name", ["stars.parquet", "light_curves.parquet", "account.json"])
@pytest.mark.parametrize("damage", [flip, cut, os.unlink])
def test_a_damaged_store_is_refused(written, name, damage):
    damage(written.folder / name)
    with pytest.raises(ArchiveError, match=r"has changed|is missing") as caught:
        LocalStore.open(written.folder)
    assert caught.value.where["file"] == written.folder / name
    assert "remove the folder of the store" in caught.value.hint


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 99}'])
def test_a_store_with_a_damaged_description_is_refused(written, text):
    (written.folder / "store.json").write_text(text)
    with pytest.raises(ArchiveError) as caught:
        LocalStore.open(written.folder)
    assert "remove the folder of the store" in caught.value.hint


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("bands", "G"),
        ("inputs", {}),
        ("schemas", []),
        ("files", ["stars.parquet"]),
        ("files", {"stars.parquet": {"sha256": 1, "size": "big"}}),
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
    description["files"]["stars.parquet"]["sha256"] = "0"
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


def test_some_stars_make_a_store_of_their_own(written, tmp_path):
    few = write_store(written.only(pl.Series([11, 12, 99])), tmp_path / "few")
    assert_frame_equal(few.stars(), written.stars(11, 12))
    assert_frame_equal(few.light_curves(), written.light_curves(11, 12))
    assert_frame_equal(few.features(), written.features(11, 12))
    assert few.description["inputs"] == written.description["inputs"]
