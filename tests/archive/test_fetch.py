"""A whole fetch: stars of a service, light curves of a data server that fails at will."""

import json
from pathlib import Path
from typing import Any

import esa
import polars as pl
import pytest
from memory_tap import MemoryTap

from rrcat.archive import fetch as fetching
from rrcat.archive.config import TableQuery
from rrcat.archive.fetch import fetch
from rrcat.archive.profile import with_profile
from rrcat.archive.store import LocalStore
from rrcat.archive.tap_config import TapArchive
from rrcat.errors import ArchiveError, RunError
from rrcat.lock import locked

N_STARS = 12
WITHOUT = 5
QUERY = TableQuery(url="http://tap.example", adql="SELECT id AS c1 FROM t")


@pytest.fixture
def taps(tmp_path, monkeypatch):
    """The TAP services of each fetch so far, in memory; change ``rows`` or ``how`` before one."""
    ids = list(range(1000, 1000 + N_STARS))
    rows = pl.DataFrame({"id": ids, "p": [0.5] * N_STARS})
    made: list[MemoryTap] = []
    how: dict[str, Any] = {}

    def service(config, session, folder):
        folder.mkdir(parents=True, exist_ok=True)
        made.append(MemoryTap(rows, folder, config=config, **how))
        return made[-1]

    monkeypatch.setattr(fetching, "Service", service)
    service.made, service.how = made, how  # type: ignore[attr-defined]
    return service


@pytest.fixture
def server(data_dir):
    """A data server that has the genuine light curve of one star under other numbers."""
    star = next(iter(esa.real_stars(data_dir).values()))
    ids = [n for n in range(1000, 1000 + N_STARS) if n != 1000 + WITHOUT]
    with esa.DataServer({n: star.renamed(n) for n in ids}) as running:
        yield running


def archive_of(server: esa.DataServer, **more: Any) -> TapArchive:
    content = {
        "kind": "tap",
        "profile": "gaia-dr3",
        "stars_in_chunk": 5,
        "stars": {"from": "stars", "cuts": [], "columns": {}},
        "light_curves": {
            "url": server.url,
            "structures": ["RAW"],
            "ids_per_request": 3,
            "attempts": 1,
        },
    }
    merged = with_profile(content, Path())
    merged["stars"]["columns"] = {"source_id": "id", "period": "p"}
    return TapArchive.model_validate(merged | more)


def content(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def broken_for(*stars: int):
    """Have the server answer 400 to requests for some stars."""

    def answer(self, asked):
        if {int(word) for word in asked["ID"].split(",")} & set(stars):
            return esa.Reply(b"no", status=400)
        return esa.DataServer.answer(self, asked)

    return answer


def account(folder: Path) -> dict[int, str]:
    rows = pl.read_parquet(folder / "account.parquet")
    return dict(rows.select("source_id", "status").iter_rows())


def test_a_fetch_leaves_a_store_and_says_so(taps, server, tmp_path):
    folder = tmp_path / "fetched"
    summary = fetch(archive_of(server), [], folder)
    store = LocalStore.open(folder)
    assert len(store.source_ids()) == N_STARS
    assert set(store.light_curves()["source_id"]) == set(range(1000, 1012)) - {1005}
    assert store.bands == ("BP", "G", "RP")
    assert (summary.asked, summary.received, summary.empty, summary.failed) == (12, 11, 1, 0)
    assert summary.size > 0
    assert account(folder)[1005] == "empty"
    assert sorted(path.name for path in folder.iterdir()) == [
        ".lock",
        "account.json",
        "account.parquet",
        "fetch.json",
        "light_curves",
        "stars",
        "store.json",
    ]


def test_the_store_says_what_was_asked(taps, server, tmp_path):
    archive = archive_of(server)
    fetch(archive, [], tmp_path / "fetched")
    told = LocalStore.open(tmp_path / "fetched").description
    stars, curves = told["adql"]
    url = archive.service.url
    assert stars == f"-- {url}, in pages by identifier\nSELECT id AS c1, p AS c2 FROM stars"
    assert "RETRIEVAL_TYPE=EPOCH_PHOTOMETRY RELEASE=Gaia DR3 DATA_STRUCTURE=RAW" in curves
    assert told["archive"] == archive.identity()


def test_the_account_adds_up_over_chunks(taps, server, tmp_path):
    fetch(archive_of(server), [], tmp_path / "many")
    fetch(archive_of(server, stars_in_chunk=100), [], tmp_path / "one")
    many, one = (
        json.loads((tmp_path / name / "account.json").read_bytes()) for name in ("many", "one")
    )
    assert many == one


@pytest.mark.parametrize("at_once", [1, 3])
def test_the_store_is_the_same_whatever_failed_on_the_way(
    taps, server, tmp_path, monkeypatch, at_once
):
    def with_threads() -> TapArchive:
        archive = archive_of(server)
        curves = archive.light_curves.model_copy(update={"concurrency": at_once})
        return archive.model_copy(update={"light_curves": curves})

    fetch(with_threads(), [], tmp_path / "whole")
    folder = tmp_path / "pieces"
    for broken in ([1001, 1006, 1011], [1006]):
        with monkeypatch.context() as patch:
            patch.setattr(server, "answer", broken_for(*broken).__get__(server))
            summary = fetch(with_threads(), [], folder)
        assert summary.failed == 3 * len(broken) - (1011 in broken)
        assert LocalStore.open(folder).account["asked"]["failed"] == summary.failed
    assert fetch(with_threads(), [], folder).failed == 0
    assert content(folder) == content(tmp_path / "whole")


def test_the_next_fetch_asks_for_what_failed_and_for_nothing_else(
    taps, server, tmp_path, monkeypatch
):
    folder = tmp_path / "fetched"
    with monkeypatch.context() as patch:
        patch.setattr(server, "answer", broken_for(1001).__get__(server))
        first = fetch(archive_of(server), [], folder)
    assert first.failed == 3
    assert first.reasons == [{"reason": first.reasons[0]["reason"], "count": 3}]
    assert "400" in first.reasons[0]["reason"]
    server.asked.clear()
    fetch(archive_of(server), [], folder)
    assert [asked["ID"] for asked in server.asked] == ["1000,1001,1002"]
    assert taps.made[-1].asked == []


def test_a_whole_fetch_is_not_asked_for_again(taps, server, tmp_path):
    folder = tmp_path / "fetched"
    first = fetch(archive_of(server), [], folder)
    server.asked.clear()
    taps.made.clear()
    again = fetch(archive_of(server), [], folder)
    assert server.asked == []
    assert taps.made == []
    assert again.as_dict() | {"seconds": 0, "size": 0} == first.as_dict() | {
        "seconds": 0,
        "size": 0,
    }


def test_a_damaged_store_is_noticed(taps, server, tmp_path):
    folder = tmp_path / "fetched"
    fetch(archive_of(server), [], folder)
    next((folder / "stars").iterdir()).write_bytes(b"")
    with pytest.raises(ArchiveError, match="has changed since"):
        fetch(archive_of(server), [], folder)
    fetch(archive_of(server), [], folder, restart=True)


def test_a_first_look_is_the_beginning_of_the_whole(taps, server, tmp_path):
    few = fetch(archive_of(server), [], tmp_path / "few", limit=7)
    assert few.asked == 7
    fetch(archive_of(server), [], tmp_path / "all")
    all_stars = LocalStore.open(tmp_path / "all").stars()
    assert LocalStore.open(tmp_path / "few").stars().equals(all_stars.head(7))
    with pytest.raises(RunError, match="first 7 stars"):
        fetch(archive_of(server), [], tmp_path / "few")


def test_two_fetches_in_one_folder_are_refused(taps, server, tmp_path):
    folder = tmp_path / "fetched"
    folder.mkdir()
    with locked(folder), pytest.raises(RunError, match=r"another fetch .* works in this folder"):
        fetch(archive_of(server), [], folder)


def test_a_full_disk_is_an_error_and_the_fetch_goes_on_later(taps, server, tmp_path, monkeypatch):
    folder = tmp_path / "fetched"
    fetch(archive_of(server), [], tmp_path / "whole")
    parts = []

    def full(store: Path, table: str, frame: pl.DataFrame):
        parts.append(table)
        if len(parts) == 4:
            raise OSError(28, "No space left on device", str(store))
        return write_part(store, table, frame)

    from rrcat.archive.store_writing import write_part

    with monkeypatch.context() as patch:
        patch.setattr("rrcat.archive.chunks.write_part", full)
        with pytest.raises(OSError, match="No space left"):
            fetch(archive_of(server), [], folder)
    assert not (folder / "store.json").exists()
    fetch(archive_of(server), [], folder)
    assert content(folder) == content(tmp_path / "whole")


def test_progress_is_told_in_stars_and_bytes(taps, server, tmp_path):
    steps = []
    summary = fetch(archive_of(server), [QUERY], tmp_path / "fetched", tell=steps.append)
    stages = list(dict.fromkeys(step.stage for step in steps))
    assert stages == ["Published tables", "Stars", "Light curves"]
    for stage in stages[1:]:
        done = [step.done for step in steps if step.stage == stage]
        assert done == sorted(done)
        assert done[-1] == N_STARS
    assert sum(step.size for step in steps) == summary.size


@pytest.mark.parametrize("limit", [None, 4])
def test_the_store_says_that_it_is_of_the_first_stars_only(taps, server, tmp_path, limit):
    fetch(archive_of(server), [], tmp_path, limit=limit)
    store = LocalStore.open(tmp_path)
    assert store.account["asked"]["limit"] == limit
    assert ("the first 4 stars only" in store.description["adql"][0]) == (limit is not None)


def test_tables_alone_make_no_store(taps, tmp_path):
    summary = fetch(None, [QUERY], tmp_path / "fetched")
    assert (summary.tables, summary.asked) == (1, 0)
    assert (tmp_path / "fetched" / QUERY.answer).exists()
    there = sorted(path.name for path in (tmp_path / "fetched").iterdir())
    assert there == [".lock", "fetch.json", "tables"]
    assert fetch(None, [QUERY], tmp_path / "fetched").size == 0
    assert len(taps.made) == 1
