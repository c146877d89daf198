from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from memory_tap import MemoryTap

from rrcat.archive.config import TimeSystem
from rrcat.archive.identity import source_id
from rrcat.archive.mapping import ROW
from rrcat.archive.pages import fetch_stars
from rrcat.archive.tap_config import TapStars
from rrcat.errors import ArchiveError, RunError

STARS = pl.DataFrame({"id": range(100, 125), "p": [0.5 + 0.001 * n for n in range(25)]})


def table(page_rows: int, key: str = "source_id") -> TapStars:
    columns = {key: "id", "period": "p"}
    return TapStars.model_validate({"from": "stars", "columns": columns, "page_rows": page_rows})


def stars_of(service: MemoryTap, page_rows: int, folder: Path, *, limit=None, key="source_id"):
    return fetch_stars(
        service, table(page_rows, key), TimeSystem(), survey="S", folder=folder, limit=limit
    )


@pytest.fixture
def tap(tmp_path):
    return lambda rows=STARS, **how: MemoryTap(rows, tmp_path, **how)


@pytest.mark.parametrize("page_rows", [2, 7, 24, 25, 26, 1000])
def test_all_stars_come_whatever_the_pages(tap, tmp_path, page_rows):
    stars = stars_of(tap(), page_rows, tmp_path / "pages")
    assert stars.ids["source_id"].to_list() == list(range(100, 125))
    assert stars.rows(stars.ids)["period"].to_list() == STARS["p"].to_list()


@pytest.mark.parametrize("tells", [True, False], ids=["told", "silent"])
@pytest.mark.parametrize("hard_limit", [2, 3, 10])
def test_a_page_that_the_service_cut_is_no_end(tap, tmp_path, hard_limit, tells):
    service = tap(hard_limit=hard_limit, tells=tells)
    assert stars_of(service, 20, tmp_path / "pages").ids.height == 25


def test_a_smaller_page_is_asked_for_where_the_service_cuts(tap, tmp_path):
    service = tap(hard_limit=10)
    stars_of(service, 20, tmp_path / "pages")
    assert [query.split()[2] for query in service.asked[1:]] == ["20", "10", "10", "10"]


@settings(max_examples=60, deadline=None)
@given(counts=st.lists(st.integers(1, 4), min_size=1, max_size=12), page_rows=st.integers(2, 9))
def test_rows_of_a_star_are_never_split(tmp_path_factory, counts, page_rows):
    folder = tmp_path_factory.mktemp("pages")
    rows = pl.DataFrame(
        {"id": [n for n, k in enumerate(counts) for _ in range(k)]},
    ).with_columns(p=0.3 + 0.01 * pl.int_range(pl.len()))
    stars = stars_of(MemoryTap(rows, folder), page_rows, folder / "pages")
    assert stars.ids.height == len(counts)
    assert stars.rows(stars.ids).height == rows.height
    pages = [set(pl.read_parquet(page)["source_id"]) for page in stars.pages]
    assert sum(map(len, pages)) == len(counts)


def test_pages_that_are_there_are_not_asked_for_again(tap, tmp_path):
    with pytest.raises(ArchiveError, match="503"):
        stars_of(tap(broken={3}), 10, tmp_path / "pages")
    second = tap()
    assert stars_of(second, 10, tmp_path / "pages").ids.height == 25
    assert [query.rpartition("WHERE")[2] for query in second.asked[1:]] == [
        " (id > 117) ORDER BY c1"
    ]
    third = tap()
    assert stars_of(third, 10, tmp_path / "pages").ids.height == 25
    assert third.asked == []


@pytest.mark.parametrize("limit", [1, 9, 10, 24, 25, 1000])
def test_a_limit_takes_the_first_stars(tap, tmp_path, limit):
    stars = stars_of(tap(), 10, tmp_path / "pages", limit=limit)
    assert stars.ids["source_id"].to_list() == list(range(100, 125))[:limit]


def test_a_limit_counts_stars_and_not_rows(tap, tmp_path):
    rows = pl.concat([STARS, STARS.with_columns(pl.col("p") + 0.1)]).sort("id")
    stars = stars_of(tap(rows), 50, tmp_path / "pages", limit=3)
    assert stars.ids["source_id"].to_list() == [100, 101, 102]
    assert stars.rows(stars.ids).height == 6


def test_stars_with_names_are_sorted_by_the_number_that_they_get(tap, tmp_path):
    rows = pl.DataFrame({"id": [f"V{n}'" for n in range(10, 20)], "p": [0.5] * 10})
    stars = stars_of(tap(rows), 4, tmp_path / "pages", key="archive_id")
    assert stars.key == "archive_id"
    assert stars.ids["source_id"].is_sorted()
    assert stars.ids["source_id"].to_list() == [source_id("S", n) for n in stars.ids["archive_id"]]
    few = stars.rows(stars.ids.head(3))
    assert set(few["archive_id"]) == set(stars.ids["archive_id"][:3])
    assert few[ROW].to_list() == [1, 2, 3]


def test_rows_are_in_the_same_order_whatever_the_order_of_the_service(tap, tmp_path):
    twice = pl.concat([STARS, STARS.with_columns(pl.col("p") + 0.1)])
    up = stars_of(tap(twice.sort("id", "p")), 50, tmp_path / "up")
    down = stars_of(tap(twice.sort("id", "p", descending=[False, True])), 50, tmp_path / "down")
    assert up.rows(up.ids).equals(down.rows(down.ids))


def test_fewer_rows_than_promised_are_an_error(tap, tmp_path):
    class Losing(MemoryTap):
        def _found(self, adql, ids):
            found = super()._found(adql, ids)
            return found if "COUNT" in adql else found.filter(pl.col("c1") < 120)

    with pytest.raises(ArchiveError, match="25 rows of stars and gave 1") as caught:
        stars_of(Losing(STARS, tmp_path), 10, tmp_path / "pages")
    assert "--restart" in caught.value.hint


def test_a_star_with_more_rows_than_the_service_gives_is_an_error(tap, tmp_path):
    rows = pl.DataFrame({"id": [1, 1, 1, 1, 2], "p": [0.1, 0.2, 0.3, 0.4, 0.5]})
    with pytest.raises(ArchiveError, match="fewer rows than one star has"):
        stars_of(tap(rows, hard_limit=2), 5, tmp_path / "pages")


def test_a_service_that_does_not_sort_is_an_error(tap, tmp_path):
    with pytest.raises(ArchiveError, match="ORDER BY"):
        stars_of(tap(STARS.sort("id", descending=True)), 10, tmp_path / "pages")


@pytest.mark.parametrize("key", ["source_id", "archive_id"])
def test_a_service_that_gives_a_page_again_is_an_error(tmp_path, key):
    class Forgetful(MemoryTap):
        def _found(self, adql, ids):
            return super()._found(adql.replace(" > ", " is anything but "), ids)

    stars = STARS if key == "source_id" else STARS.with_columns(id="S" + pl.col("id").cast(str))
    with pytest.raises(ArchiveError, match="does not keep to WHERE"):
        stars_of(Forgetful(stars, tmp_path), 10, tmp_path / "pages", key=key)


@pytest.mark.parametrize(
    "counts",
    [{"n": []}, {"n": [1], "m": [1]}, {"n": [None]}, {"n": ["many"]}, {"n": [2.5]}],
)
def test_a_count_that_is_none_is_an_error(tmp_path, counts):
    class Uncounted(MemoryTap):
        def _found(self, adql, ids):
            return pl.DataFrame(counts).cast({pl.Null: pl.Int64})

    with pytest.raises(ArchiveError, match="how many rows"):
        stars_of(Uncounted(STARS, tmp_path), 10, tmp_path / "pages")


def test_no_star_is_an_error_that_names_the_conditions(tap, tmp_path):
    empty = table(10).model_copy(update={"where": "p > 9"})
    with pytest.raises(ArchiveError, match=r"no such star(.|\n)*p > 9"):
        fetch_stars(tap(STARS.clear()), empty, TimeSystem(), survey="", folder=tmp_path / "pages")


@pytest.mark.parametrize("content", [None, b"not Parquet"])
def test_pages_that_are_gone_or_damaged_are_not_passed_over(tap, tmp_path, content):
    page = stars_of(tap(), 10, tmp_path / "pages").pages[1]
    page.unlink() if content is None else page.write_bytes(content)
    with pytest.raises(RunError, match="has changed") as caught:
        stars_of(tap(), 10, tmp_path / "pages")
    assert "--restart" in caught.value.hint
