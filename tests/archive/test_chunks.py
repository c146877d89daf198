"""Chunks of stars: safe once, completed later, the same bytes either way."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

import polars as pl
import pytest

from rrcat.archive.chunks import GIVE_UP, NOTHING, Chunks
from rrcat.archive.pages import Stars
from rrcat.archive.rows import Ids, Rows
from rrcat.archive.tap_config import TapArchive
from rrcat.errors import ArchiveError, RunError

N_STARS, SIZE = 10, 4
NO_CURVE = 3
ARCHIVE = TapArchive.model_validate(
    {
        "kind": "tap",
        "bad_stars": "keep",
        "stars_in_chunk": SIZE,
        "use": ["light_curves", "features"],
        "service": {"url": "http://tap.example"},
        "stars": {"from": "s", "columns": {"source_id": "id", "period": "p"}},
        "light_curves": {
            "kind": "tap",
            "from": "l",
            "forms": [
                {
                    "kind": "long",
                    "columns": {"source_id": "i", "band": "b", "time": "t", "mag": "m"},
                }
            ],
        },
        "features": {"from": "f", "columns": {"source_id": "i", "band": "b", "phi31": "f"}},
    }
)


def curves(star: int) -> pl.DataFrame:
    n = 0 if star == NO_CURVE else 6 + star
    return pl.DataFrame(
        {
            "source_id": [star] * n,
            "band": ["G"] * n,
            "time": [1700.0 + k for k in range(n)],
            "mag": [15.0 + star] * n,
        },
        schema={"source_id": pl.Int64, "band": pl.String, "time": pl.Float64, "mag": pl.Float64},
    )


def features(star: int) -> pl.DataFrame:
    return pl.DataFrame({"source_id": [star], "band": ["G"], "phi31": [0.1 * star]})


@dataclass
class Source:
    """A provider whose stars may be broken."""

    of: Callable[[int], pl.DataFrame]
    broken: set[int] = field(default_factory=set)
    answers: list[Path] = field(default_factory=list)
    asked: list[list[int]] = field(default_factory=list)

    def __call__(self, ids: Ids) -> Rows:
        self.asked.append([int(star) for star in ids])
        good = [star for star in self.asked[-1] if star not in self.broken]
        failed = {star: "503" for star in self.asked[-1] if star in self.broken}
        # In an order that no one should rely on.
        return Rows(
            [self.of(star) for star in reversed(good)], failed, size=100, answers=self.answers
        )

    def told(self) -> str:
        return "SELECT"


@pytest.fixture
def chunks(tmp_path):
    """Give a function that makes the chunks of a folder, as a new fetch does."""

    def make(folder: str = "one", **broken: set[int]) -> Chunks:
        page = tmp_path / "page.parquet"
        ids = list(range(N_STARS))
        pl.DataFrame({"source_id": ids, "period": [0.5] * N_STARS}).write_parquet(page)
        stars = Stars([page], pl.DataFrame({"source_id": ids}))
        sources = {
            "light_curves": Source(curves, broken.get("light_curves", set())),
            "features": Source(features, broken.get("features", set())),
        }
        root = tmp_path / folder
        return Chunks(ARCHIVE, stars, sources, root, root / "work", Lock())

    return make


def asked_of(made: Chunks) -> Mapping[str, list[list[int]]]:
    return {name: source.asked for name, source in made.providers.items()}


def statuses(made: Chunks, number: int) -> dict[int, str]:
    return dict(pl.read_parquet(made.asked(number)).select("source_id", "status").iter_rows())


def content(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_stars_follow_each_other_in_chunks_of_one_size(chunks):
    made = chunks()
    assert [made.ids(n)["source_id"].to_list() for n in range(len(made))] == [
        [0, 1, 2, 3],
        [4, 5, 6, 7],
        [8, 9],
    ]


def test_every_star_of_a_chunk_is_accounted_for(chunks):
    made = chunks(light_curves={2})
    assert made.record(0) is None
    assert made.fetch(0) == 200
    account = pl.read_parquet(made.asked(0))
    assert account.columns == ["source_id", "status", "reason", "n_observations"]
    assert account.rows() == [
        (0, "received", None, 6),
        (1, "received", None, 7),
        (2, "failed", "light_curves: 503", 0),
        (3, "received", None, 0),  # its features came
    ]
    record = made.record(0)
    assert (record.n_stars, record.failed, record.bands) == (4, 1, ["G"])
    assert record.account["light_curves"]["observations"] == 13


def test_a_star_of_which_there_is_nothing_is_empty(chunks):
    made = chunks()
    made.providers["features"].of = lambda star: features(star).filter(star != NO_CURVE)
    made.fetch(0)
    row = pl.read_parquet(made.asked(0)).row(3)
    assert row == (NO_CURVE, "empty", NOTHING, 0)


def test_the_next_fetch_asks_for_the_failed_stars_of_the_table_only(chunks):
    chunks(light_curves={0, 2}).fetch(0)
    later = chunks(light_curves={2})
    later.fetch(0)
    assert asked_of(later) == {"light_curves": [[0, 2]], "features": []}
    assert statuses(later, 0) == {0: "received", 1: "received", 2: "failed", 3: "received"}
    last = chunks()
    last.fetch(0)
    assert asked_of(last) == {"light_curves": [[2]], "features": []}
    assert set(statuses(last, 0).values()) == {"received"}


def test_a_chunk_that_came_in_pieces_is_as_one_that_came_at_once(chunks, tmp_path):
    chunks("whole").fetch(0)
    for broken in ({0, 1, 2}, {2}, set()):
        chunks("pieces", light_curves=broken, features=broken - {1}).fetch(0)
    whole, pieces = content(tmp_path / "whole"), content(tmp_path / "pieces")
    assert whole.keys() <= pieces.keys()
    assert all(pieces[name] == given for name, given in whole.items())
    # What is more are the parts that were replaced.
    assert all(name.endswith(".parquet") and "work" not in name for name in {*pieces} - {*whole})


def test_a_crash_before_the_record_costs_the_chunk_and_no_more(chunks, tmp_path, monkeypatch):
    def crash(*_: object) -> bytes:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("rrcat.archive.chunks.json_bytes", crash)
        with pytest.raises(KeyboardInterrupt):
            chunks("one", light_curves={1}).fetch(0)
    again = chunks("one")
    assert again.record(0) is None
    again.fetch(0)
    chunks("two").fetch(0)
    one, two = content(tmp_path / "one"), content(tmp_path / "two")
    assert all(one[name] == given for name, given in two.items())


def test_after_some_chunks_in_a_row_failed_the_service_is_left_alone(chunks):
    everyone = set(range(N_STARS))
    made = chunks(light_curves=everyone)
    made.archive = ARCHIVE.model_copy(update={"stars_in_chunk": 1})
    for number in range(N_STARS):
        made.fetch(number)
    assert len(made.providers["light_curves"].asked) == GIVE_UP
    reason = pl.read_parquet(made.asked(N_STARS - 1))["reason"][0]
    assert reason == f"light_curves: not asked for, after {GIVE_UP} chunks in a row failed: 503"


def test_bad_rows_that_the_recipe_refuses_are_an_error(chunks):
    made = chunks()
    made.archive = ARCHIVE.model_copy(update={"bad_stars": "refuse"})
    made.providers["light_curves"].of = lambda star: curves(star).head(2)
    with pytest.raises(ArchiveError, match="fewer than 5 usable points"):
        made.fetch(0)
    assert made.record(0) is None


def test_answers_are_kept_until_the_chunk_is_safe(chunks, tmp_path, monkeypatch):
    def full_disk(*_: object) -> None:
        raise OSError(28, "No space left on device")

    answer = tmp_path / "answer.vot"
    answer.touch()
    made = chunks()
    made.providers["light_curves"].answers = [answer]
    with monkeypatch.context() as patch:
        patch.setattr("rrcat.archive.chunks.write_part", full_disk)
        with pytest.raises(OSError, match="No space"):
            made.fetch(0)
    assert answer.exists()
    made.fetch(0)
    assert not answer.exists()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b'{"parts": {}}'])
def test_a_damaged_record_says_so(chunks, tmp_path, content):
    made = chunks()
    made.fetch(0)
    (tmp_path / "one" / "work" / "chunks" / "000000.json").write_bytes(content)
    with pytest.raises(RunError, match="has changed") as caught:
        made.record(0)
    assert "--restart" in caught.value.hint


def test_damaged_rows_of_a_chunk_say_so(chunks, tmp_path):
    chunks(light_curves={1}).fetch(0)
    kept = tmp_path / "one" / "work" / "chunks" / "000000" / "light_curves.parquet"
    kept.write_bytes(b"not Parquet")
    with pytest.raises(RunError, match="has changed"):
        chunks().fetch(0)


def test_reasons_are_one_line_of_bounded_length(chunks, tmp_path, monkeypatch):
    made = chunks()
    said = "\x1b[31m\nno\0" + "x" * 5000
    monkeypatch.setattr(
        Source, "__call__", lambda self, ids: Rows(failed=dict.fromkeys(ids, said), size=1)
    )
    made.fetch(0)
    (reason,) = pl.read_parquet(made.asked(0))["reason"].unique()
    assert reason.startswith("light_curves: [31m no xxx")
    assert len(reason) < 1100
