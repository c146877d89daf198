from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from rrcat.archive import LocalStore, close_store, cut_out, store_writing, write_part, write_store
from rrcat.errors import ArchiveError
from rrcat.schema import load


def content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_equal_input_gives_equal_bytes(ingested, tmp_path):
    for name in ("one", "two"):
        write_store(ingested(), tmp_path / name)
    assert content(tmp_path / "one") == content(tmp_path / "two")


def test_the_order_of_observations_in_the_file_does_not_matter(ingested, curves, tmp_path):
    twice = pl.concat([curves, curves.with_columns(pl.col("mag") + 0.5)])
    write_store(ingested(light_curves=twice), tmp_path / "one")
    shuffled = twice.sample(fraction=1, shuffle=True, seed=1)
    write_store(ingested(light_curves=shuffled), tmp_path / "two")
    one, two = content(tmp_path / "one"), content(tmp_path / "two")
    assert one.keys() == two.keys()
    # What differs is the hash of the input, which store.json holds.
    assert [name for name in one if one[name] != two[name]] == ["store.json"]


def test_a_part_holds_few_stars_and_all_their_observations(ingested, tmp_path, monkeypatch):
    monkeypatch.setattr(store_writing, "STARS_IN_PART", 2)
    given = ingested()
    store = write_store(given, tmp_path / "store")
    for table in ("stars", "light_curves"):
        assert [(part.lo, part.hi) for part in store.parts(table)] == [(11, 12), (13, 13)]
    assert [part.rows for part in store.parts("light_curves")] == [24, 12]
    assert_frame_equal(store.light_curves(), given.light_curves)


def test_no_path_of_the_machine_is_in_the_store(ingested, tmp_path):
    write_store(ingested(), tmp_path / "store")
    for name, data in content(tmp_path / "store").items():
        assert str(tmp_path).encode() not in data, name


def test_a_store_is_never_overwritten(ingested, tmp_path):
    folder = tmp_path / "store"
    write_store(ingested(), folder)
    before = content(folder)
    with pytest.raises(FileExistsError):
        write_store(ingested(), folder)
    assert content(folder) == before


def test_nothing_is_left_of_a_store_that_could_not_be_written(ingested, tmp_path, monkeypatch):
    given = ingested()
    monkeypatch.setattr(store_writing, "json_bytes", lambda data: 1 / 0)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(ZeroDivisionError):
        write_store(given, tmp_path / "store")
    assert sorted(tmp_path.iterdir()) == before


def test_some_stars_make_a_store_of_their_own(ingested, tmp_path, monkeypatch):
    monkeypatch.setattr(store_writing, "STARS_IN_PART", 1)
    whole = write_store(ingested(), tmp_path / "store")
    few = cut_out(whole, pl.Series([11, 13, 99]), tmp_path / "few")
    assert few.source_ids().tolist() == [11, 13]
    assert_frame_equal(few.light_curves(11, 11), whole.light_curves(11, 11))
    assert few.light_curves().height == 24
    assert few.account["stars"] == whole.account["stars"] | {"selected": 2}
    for key in ("inputs", "bands", "schemas", "adql", "archive"):
        assert few.description[key] == whole.description[key]


def test_what_parts_say_of_themselves_stays(ingested, tmp_path):
    part = write_part(tmp_path, "stars", ingested().stars, metadata={"simulated": "yes"})
    few = cut_out(closed(tmp_path, {"stars": [part]}), pl.Series([11]), tmp_path / "few")
    (cut,) = few.parts("stars")
    assert pl.read_parquet_metadata(few.folder / cut.file)["simulated"] == "yes"


@pytest.fixture
def parts(ingested, tmp_path):
    """Two parts of stars in a folder that is no store yet, and none of light curves."""
    stars = ingested().stars
    halves = (stars.head(2), stars.tail(1))
    return {"stars": [write_part(tmp_path / "new", "stars", one) for one in halves]}


def closed(folder: Path, parts, **more) -> LocalStore:
    close_store(folder, parts, **{"bands": ["G"], "inputs": [], "account": {"stars": {}}} | more)
    return LocalStore.open(folder)


def test_a_store_is_closed_over_the_parts_that_stand_in_its_folder(parts, tmp_path):
    folder = tmp_path / "new"
    (folder / "jobs").mkdir()
    with pytest.raises(ArchiveError, match="there is no store"):
        LocalStore.open(folder)
    asked = ["SELECT 1"]
    store = closed(folder, parts, adql=asked, archive={"survey": "S"})
    assert store.source_ids().tolist() == [11, 12, 13]
    assert store.description["adql"] == asked
    assert store.description["archive"] == {"survey": "S"}
    assert not store.has_light_curves


def test_a_table_without_rows_is_there_all_the_same(parts, tmp_path):
    store = closed(tmp_path / "new", parts | {"light_curves": []})
    assert store.has_light_curves
    assert_frame_equal(store.light_curves(), load("light_curves").empty())
    assert_frame_equal(store.only(pl.Series([11])).light_curves, load("light_curves").empty())
    assert store.served_ids().len() == 0


def test_parts_that_overlap_make_no_store(parts, ingested, tmp_path):
    other = write_part(tmp_path / "new", "stars", ingested().stars.slice(1, 1))
    with pytest.raises(ArchiveError, match="the parts of stars overlap"):
        closed(tmp_path / "new", {"stars": [*parts["stars"], other]})


def test_a_part_that_is_not_there_makes_no_store(parts, tmp_path):
    (tmp_path / "new" / parts["stars"][1].file).unlink()
    with pytest.raises(ArchiveError, match="a file of the store is missing"):
        closed(tmp_path / "new", parts)


def test_the_account_of_a_store_counts_who_was_asked_for(parts, tmp_path):
    pl.DataFrame(
        {
            "source_id": [11, 12, 13],
            "status": ["received", "failed", "failed"],
            "reason": [None, "no answer", "no answer"],
        }
    ).write_parquet(tmp_path / "new" / "account.parquet")
    store = closed(tmp_path / "new", parts)
    assert store.account == {
        "stars": {},
        "asked": {
            "received": 1,
            "empty": 0,
            "failed": 2,
            "reasons": [{"reason": "no answer", "count": 2}],
        },
    }
    assert "account.parquet" in [each["name"] for each in store.files()]
    (tmp_path / "new" / "account.parquet").write_bytes(b"other")
    with pytest.raises(ArchiveError, match="has changed"):
        LocalStore.open(tmp_path / "new")
