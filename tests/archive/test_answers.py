import polars as pl
import pytest
from memory_tap import MemoryTap

from rrcat.archive import answers
from rrcat.archive.answers import Service, aliases, read
from rrcat.archive.http import new_session
from rrcat.archive.tap import TapService
from rrcat.errors import ArchiveError

QUERY = "SELECT id AS c1 FROM t"


@pytest.fixture
def service(tmp_path, monkeypatch):
    """A service whose queries are counted and answered with their own text."""
    config = TapService(url="http://tap.example", max_upload_rows=10)
    made = Service(config, new_session(config), tmp_path)
    asked = []

    def query(session, given, adql, *, to, upload, **how):
        asked.append((adql, None if upload is None else upload["id"].to_list()))
        to.write_text(adql)

    monkeypatch.setattr(answers.tap, "query", query)
    return made, asked


def test_an_answer_that_is_on_disk_is_not_asked_for_again(service):
    made, asked = service
    first = made.ask(QUERY, maxrec=5)
    assert made.ask(QUERY, maxrec=5) == first
    assert asked == [(QUERY, None)]


def test_queries_that_differ_in_anything_have_answers_of_their_own(service):
    made, asked = service
    files = {
        made.ask(QUERY, maxrec=5),
        made.ask(QUERY, maxrec=6),
        made.ask(f"{QUERY}2", maxrec=5),
        made.ask(QUERY, maxrec=5, ids=[1, 2]),
        made.ask(QUERY, maxrec=5, ids=["a"]),
    }
    assert len(files) == len(asked) == 5
    assert [ids for _, ids in asked] == [None, None, None, [1, 2], ["a"]]


def test_columns_get_back_their_expressions_in_any_case(tmp_path):
    tap = MemoryTap(pl.DataFrame({"ra": [1.5]}), tmp_path)
    answer = tap.ask("SELECT ra AS c1 FROM t", maxrec=5)
    answer.write_text(answer.read_text().replace('name="c1"', 'name="C1" unit="deg"'))
    raw, overflow = read(answer, {"c1": "src.ra"}, answer)
    assert raw.frame.to_dict(as_series=False) == {"src.ra": [1.5]}
    assert raw.units == {"src.ra": "deg"}
    assert not overflow


def test_an_answer_that_is_none_is_removed(tmp_path):
    answer = tmp_path / "answer.vot"
    answer.write_text("<html>maintenance</html>")
    with pytest.raises(ArchiveError, match="maintenance"):
        read(answer, {}, answer)
    assert not answer.exists()


def test_equal_expressions_are_asked_for_once():
    assert aliases(["b", "a", "b"]) == {"c1": "b", "c2": "a"}
