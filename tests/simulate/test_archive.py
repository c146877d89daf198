import polars as pl
import pytest
from polars.testing import assert_frame_equal

from rrcat.archive.store import LocalStore
from rrcat.archive.store_writing import STARS_IN_PART
from rrcat.schema import conform, load
from rrcat.simulate import SimulatedArchive, simulate, write_archive
from rrcat.simulate.survey import NOTICE

N = 5_060  # more than a part of the store holds


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("simulated") / "archive"
    write_archive(SimulatedArchive(kind="simulated", stars=N, seed=7), folder)
    return folder


def test_the_store_holds_what_is_simulated(folder):
    store = LocalStore.open(folder / "store")
    survey = simulate(40, seed=7, first=STARS_IN_PART + 1)
    lo, hi = STARS_IN_PART + 1, STARS_IN_PART + 40
    for name, found in (
        ("stars", store.stars(lo, hi)),
        ("light_curves", store.light_curves(lo, hi)),
    ):
        assert_frame_equal(found, conform(survey[name], load(name)), check_exact=True)
    assert store.source_ids().size == N
    assert store.bands == ("BP", "G", "RP")
    assert store.account["stars"]["count"] == N
    assert store.description["archive"]["truth"] == "curved"


def test_truth_and_spectra_stand_beside_the_store(folder):
    truth = pl.read_parquet(folder / "truth.parquet")
    assert truth["source_id"].to_list() == list(range(1, N + 1))
    spectra = pl.read_parquet(folder / "spectra.parquet")
    assert spectra["source_id"].drop_nulls().is_in(truth["source_id"].implode()).all()


def test_every_file_says_that_the_stars_do_not_exist(folder):
    files = sorted(folder.rglob("*.parquet"))
    assert len(files) == 6
    for file in files:
        assert pl.read_parquet_metadata(file)["simulated"] == NOTICE
    assert NOTICE in (folder / "store" / "store.json").read_text()


def test_the_same_configuration_gives_the_same_bytes(tmp_path):
    config = SimulatedArchive(kind="simulated", stars=60, seed=1)
    for name in ("a", "b"):
        write_archive(config, tmp_path / name)
    a, b = (sorted(p for p in (tmp_path / name).rglob("*") if p.is_file()) for name in "ab")
    assert [p.relative_to(tmp_path / "a") for p in a] == [p.relative_to(tmp_path / "b") for p in b]
    assert all(x.read_bytes() == y.read_bytes() for x, y in zip(a, b, strict=True))


def test_a_folder_that_is_there_is_left_alone(folder):
    with pytest.raises(FileExistsError):
        write_archive(SimulatedArchive(kind="simulated", stars=5), folder)
