import polars as pl
import pytest
from memory_tap import MemoryTap

from rrcat.archive.config import TableQuery
from rrcat.archive.published import fetch_table, is_fetched
from rrcat.archive.readers import read
from rrcat.errors import ArchiveError

SPECTRA = pl.DataFrame(
    {"id": [11, None, 2**62 + 1], "name": ["X Ari", "AN Ser", "é"], "feh": [-2.5, 0.1, None]}
)
QUERY = TableQuery(
    url="http://tap.example", adql="\nSELECT id AS c1, name AS c2, feh AS c3 FROM t\n"
)


@pytest.fixture
def fetched(tmp_path):
    """Give a function that fetches the query from a service with these rows."""

    def fetch(rows=SPECTRA, name="fetched", **how):
        answers = tmp_path / "answers"
        answers.mkdir(exist_ok=True)
        size = fetch_table(QUERY, MemoryTap(rows, answers, **how), tmp_path / name)
        assert list(answers.iterdir()) == []
        assert size > 0
        return tmp_path / name

    return fetch


def test_the_answer_is_a_table_that_files_are_read_from(fetched):
    folder = fetched()
    assert is_fetched(QUERY, folder)
    table = read(folder / QUERY.answer)
    assert table.frame["c1"].to_list() == [11, None, 2**62 + 1]
    assert table.frame["c2"].to_list() == ["X Ari", "AN Ser", "é"]
    assert table.frame["c3"].fill_nan(None).to_list() == [-2.5, 0.1, None]


def test_the_query_stands_beside_its_answer(fetched):
    beside = (fetched() / QUERY.answer).with_suffix(".adql")
    assert beside.read_text() == "-- http://tap.example\n" + QUERY.adql.strip() + "\n"


def test_equal_answers_are_equal_bytes_whatever_the_service_says_of_them(fetched, monkeypatch):
    plain = (fetched() / QUERY.answer).read_bytes()
    original = MemoryTap.ask

    def dated(self, *args, **how):
        path = original(self, *args, **how)
        said = '<INFO name="date" value="2026-11-22"/><TABLE'
        path.write_text(path.read_text().replace("<TABLE", said, 1))
        return path

    monkeypatch.setattr(MemoryTap, "ask", dated)
    again = (fetched(name="again") / QUERY.answer).read_bytes()
    assert again == plain
    assert b"2026" not in again


@pytest.mark.parametrize(
    ("how", "message"),
    [({"hard_limit": 2}, "cut the answer after 2 rows"), ({"rows": SPECTRA.clear()}, "no rows")],
)
def test_what_is_not_the_whole_answer_is_not_kept(tmp_path, how, message):
    tap = MemoryTap(how.pop("rows", SPECTRA), tmp_path, **how)
    with pytest.raises(ArchiveError, match=message):
        fetch_table(QUERY, tap, tmp_path / "fetched")
    assert not is_fetched(QUERY, tmp_path / "fetched")
    assert list(tmp_path.glob("*.vot")) == []
