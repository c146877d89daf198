from threading import Lock

import polars as pl
import pytest
from memory_tap import MemoryTap

from rrcat.archive.config import TimeSystem
from rrcat.archive.failures import AGAIN
from rrcat.archive.rows import table_rows
from rrcat.archive.tap import TapService
from rrcat.archive.tap_config import TapFeatures, TapLightCurves
from rrcat.errors import ArchiveError

STARS = 20
CURVES = pl.DataFrame(
    {
        "id": [n for n in range(STARS) for _ in range(3)],
        "b": ["G"] * 3 * STARS,
        "t": [1700.0 + k for _ in range(STARS) for k in range(3)],
        "m": [15.0 + 0.1 * n for n in range(STARS) for _ in range(3)],
    }
)
LIGHT_CURVES = TapLightCurves.model_validate(
    {
        "kind": "tap",
        "from": "curves",
        "forms": [
            {
                "kind": "long",
                "columns": {"source_id": "id", "band": "b", "time": "t", "mag": "m"},
            }
        ],
    }
)
FEATURES = TapFeatures.model_validate(
    {
        "from": "f",
        "cuts": ["phi31 IS NOT NULL"],
        "columns": {"source_id": "id", "band": {"value": "G"}, "phi31": "phi31"},
    }
)


@pytest.fixture
def rows_of(tmp_path):
    """Give a function that asks a service for stars; the service is given beside what it gave."""

    def ask(ids, rows=CURVES, table=LIGHT_CURVES, **how):
        service = MemoryTap(rows, tmp_path, **how)
        return table_rows(service, table, TimeSystem(), Lock())(ids), service

    return ask


def given(rows) -> dict[int, int]:
    """Give how many rows came of each star."""
    frame = pl.concat(rows.frames) if rows.frames else pl.DataFrame({"source_id": []})
    return dict(frame.group_by("source_id").len().iter_rows())


def test_stars_are_uploaded_and_their_rows_come(rows_of):
    rows, service = rows_of([3, 5, 99])
    assert given(rows) == {3: 3, 5: 3}
    assert rows.failed == {}
    assert service.asked_ids == [[3, 5, 99]]
    assert [path.exists() for path in rows.answers] == [True]
    assert rows.size == rows.answers[0].stat().st_size


def test_more_stars_than_an_upload_takes_are_several_queries(rows_of):
    small = TapService(url="http://tap.example", max_upload_rows=8)
    rows, service = rows_of(range(STARS), config=small)
    assert given(rows) == dict.fromkeys(range(STARS), 3)
    assert [len(ids) for ids in service.asked_ids] == [8, 8, 4]


def test_without_uploads_the_stars_stand_in_the_query(rows_of):
    none = TapService(url="http://tap.example")
    rows, service = rows_of([3, 5], config=none)
    assert given(rows) == {3: 3, 5: 3}
    assert service.asked_ids == [[]]
    assert "id IN (3, 5)" in service.asked[0]


@pytest.mark.parametrize("hard_limit", [3, 4, 17, 59])
def test_an_answer_that_was_cut_is_asked_for_in_halves(rows_of, hard_limit):
    rows, service = rows_of(list(range(STARS)), hard_limit=hard_limit)
    assert given(rows) == dict.fromkeys(range(STARS), 3)
    assert rows.failed == {}
    assert len(service.asked) > 1


def test_a_star_that_never_comes_whole_failed_and_has_no_rows(rows_of):
    long = pl.concat([CURVES, CURVES.filter(id=4)])
    rows, _ = rows_of(list(range(STARS)), rows=long, hard_limit=5)
    assert rows.failed == {4: "the service gives fewer rows than the star has"}
    assert given(rows) == {n: 3 for n in range(STARS) if n != 4}


def test_stars_of_a_query_without_answer_failed_with_the_reason(rows_of):
    small = TapService(url="http://tap.example", max_upload_rows=8)
    rows, _ = rows_of(list(range(STARS)), config=small, broken=frozenset({1}))
    assert rows.failed == dict.fromkeys(range(8, 16), "the server answered 503")
    assert set(given(rows)) == set(range(STARS)) - set(range(8, 16))


def test_rows_that_nobody_asked_for_are_dropped_and_counted(rows_of, tmp_path):
    class Generous(MemoryTap):
        def _found(self, adql, ids):
            return super()._found(adql, [*ids, 7, 8])

    service = Generous(CURVES, tmp_path)
    rows = table_rows(service, LIGHT_CURVES, TimeSystem(), Lock())([3])
    assert given(rows) == {3: 3}
    assert rows.not_asked_for == 6


def test_a_star_whose_rows_cannot_be_mapped_fails_alone(rows_of):
    bad = CURVES.with_columns(b=pl.when(id=11).then(pl.lit("G\tx")).otherwise("b"))
    rows, _ = rows_of(list(range(STARS)), rows=bad)
    assert list(rows.failed) == [11]
    assert "control characters" in rows.failed[11]
    assert set(given(rows)) == set(range(STARS)) - {11}


def test_a_table_that_is_not_as_the_profile_says_is_an_error(rows_of):
    form = LIGHT_CURVES.forms[0].model_dump(exclude_defaults=True)
    form["columns"]["mag"] = {"column": "m", "unit": "kg"}
    heavy = TapLightCurves.model_validate({"kind": "tap", "from": "curves", "forms": [form]})
    with pytest.raises(ArchiveError, match="cannot be converted"):
        rows_of([3], table=heavy)


def test_features_are_one_row_a_star(rows_of):
    table = pl.DataFrame({"id": range(5), "phi31": [2.0] * 5})
    rows, service = rows_of([1, 2], rows=table, table=FEATURES)
    assert given(rows) == {1: 1, 2: 1}
    assert "(phi31 IS NOT NULL)" in service.asked[0]


def test_what_is_asked_is_told_with_its_service(tmp_path):
    def told(service):
        return table_rows(
            MemoryTap(CURVES, tmp_path, config=service), FEATURES, TimeSystem(), Lock()
        ).told()

    url = "http://tap.example"
    comment, query = told(TapService(url=url, max_upload_rows=5)).splitlines()
    assert comment == "-- http://tap.example, identifiers of the stars uploaded"
    assert query.startswith(
        "SELECT id AS c1, phi31 AS c2 FROM f JOIN TAP_UPLOAD.ids ON id = ids.id"
    )
    comment, query = told(TapService(url=url)).splitlines()
    assert comment.endswith("as id IN (...)")
    assert query == "SELECT id AS c1, phi31 AS c2 FROM f WHERE (phi31 IS NOT NULL)"


def test_rows_without_identifier_make_doubtful_who_has_none(tmp_path):
    class Nameless(MemoryTap):
        def _found(self, adql, ids):
            return super()._found(adql, ids).with_columns(c1=pl.lit(None, pl.Int64))

    service = Nameless(CURVES, tmp_path)
    rows = table_rows(service, LIGHT_CURVES, TimeSystem(), Lock())([3, 5])
    assert rows.not_asked_for == 6
    assert set(rows.failed) == {3, 5}


def test_an_answer_without_identifiers_is_an_error(tmp_path):
    class Keyless(MemoryTap):
        def _found(self, adql, ids):
            return super()._found(adql, ids).drop("c1")

    service = Keyless(CURVES, tmp_path)
    with pytest.raises(ArchiveError, match="no column for 'id'"):
        table_rows(service, LIGHT_CURVES, TimeSystem(), Lock())([3, 5])


@pytest.mark.parametrize(
    ("hint", "reason"),
    [
        ("check the query: near 'magg' are mag", "no; check the query: near 'magg' are mag"),
        (AGAIN, "no"),
    ],
)
def test_what_to_do_about_a_refusal_is_told_with_it(tmp_path, monkeypatch, hint, reason):
    def refuse(*_, **__):
        raise ArchiveError("no", hint=hint)

    monkeypatch.setattr(MemoryTap, "ask", refuse)
    rows = table_rows(MemoryTap(CURVES, tmp_path), LIGHT_CURVES, TimeSystem(), Lock())([3])
    assert rows.failed == {3: reason}
