import pytest
from pydantic import ValidationError

from rrcat.archive.config import (
    FilesArchive,
    PublishedTable,
    Selection,
    Source,
    StarsFile,
    TableQuery,
)

STARS = {"file": "stars.csv", "columns": {"source_id": "id"}}
CURVES = {
    "file": "curves.csv",
    "columns": {"source_id": "id", "time": "t", "mag": "m", "band": {"value": "G"}},
}
GOOD = {"kind": "files", "stars": STARS, "light_curves": CURVES}


def with_columns(table: dict, **columns: object) -> dict:
    return table | {"columns": table["columns"] | columns}


def without_column(table: dict, name: str) -> dict:
    return table | {"columns": {k: v for k, v in table["columns"].items() if k != name}}


def test_a_column_name_is_short_for_a_column():
    config = FilesArchive.model_validate(GOOD)
    assert config.stars.columns["source_id"] == Source(column="id")


def test_times_are_gaia_times_unless_said():
    time = FilesArchive.model_validate(GOOD).time
    assert (time.scale, time.reference_position, time.origin_jd) == ("TCB", "BARYCENTER", 2455197.5)


def test_numbers_may_stand_among_null_values():
    table = StarsFile.model_validate(STARS | {"null_values": ["--", 0, 99.99]})
    assert table.null_values == ("--", "0", "99.99")


def test_every_field_is_documented():
    for model in (FilesArchive, StarsFile, Source, Selection):
        for name, field in model.model_fields.items():
            section = name in ("time", "stars", "light_curves", "features")
            documented = field.description or any(
                getattr(meta, "description", None) for meta in field.metadata
            )
            assert section or documented, f"{model.__name__}.{name}"


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (GOOD | {"bad_star": "keep"}, "bad_star"),
        (GOOD | {"kind": "tap"}, "files"),
        (GOOD | {"time": {"origin_jd": float("nan")}}, "finite"),
        (GOOD | {"survey": "A\nB"}, "survey\n.*control characters"),
        (GOOD | {"reference": ["Doe\t2020"]}, "control characters; write it on one line"),
        (GOOD | {"stars": STARS | {"colums": {}}}, "colums"),
        (GOOD | {"stars": with_columns(STARS, perod="p")}, "near it are period"),
        (GOOD | {"stars": with_columns(STARS, blazhko={"column": "b", "unit": "d"})}, "no unit"),
        (GOOD | {"stars": with_columns(STARS, period={"unit": "d"})}, "exactly one of"),
        (GOOD | {"stars": with_columns(STARS, period={"value": 1, "unit": "d"})}, "go with"),
        (GOOD | {"stars": with_columns(STARS, period={"first": ["a"], "element": 1})}, "go with"),
        (
            GOOD
            | {"stars": with_columns(STARS, period={"column": "a", "zero_point": 1, "unit": "d"})},
            "leave `unit` out",
        ),
        (
            GOOD | {"stars": with_columns(STARS, blazhko={"column": "b", "cotains": "BL"})},
            "cotains",
        ),
        (GOOD | {"stars": without_column(STARS, "source_id")}, "source_id or archive_id"),
        (GOOD | {"light_curves": without_column(CURVES, "band")}, "columns need band"),
        (GOOD | {"light_curves": without_column(CURVES, "mag")}, "columns need mag"),
        (GOOD | {"light_curves": without_column(CURVES, "time")}, "time, or phase"),
        (GOOD | {"light_curves": None}, "light_curves or features"),
        (
            GOOD | {"stars": {"file": "a.csv", "columns": {"archive_id": "name"}}},
            "rows cannot be joined",
        ),
        (
            GOOD
            | {
                "stars": {"file": "a.csv", "columns": {"archive_id": "name"}},
                "light_curves": without_column(with_columns(CURVES, archive_id="n"), "source_id"),
            },
            "needs `survey`",
        ),
        (GOOD | {"time": {"scale": "HJD"}}, "TCB"),
        (GOOD | {"coordinate_epoch": "2016"}, "pattern"),
    ],
)
def test_what_cannot_be_followed_is_refused(config, message):
    with pytest.raises(ValidationError, match=message):
        FilesArchive.model_validate(config)


def test_a_limit_is_at_least_one():
    with pytest.raises(ValidationError, match="greater than or equal to 1"):
        Selection(limit=0)


QUERY = {"url": "https://tap.example/tap", "adql": "SELECT * FROM spectra"}


def test_another_query_has_another_answer():
    query = TableQuery.model_validate(QUERY)
    assert query.answer == TableQuery.model_validate(QUERY | {"adql": QUERY["adql"] + "\n"}).answer
    others = (QUERY | {"adql": "SELECT name FROM spectra"}, QUERY | {"url": "http://b.example"})
    answers = {query.answer, *(TableQuery.model_validate(other).answer for other in others)}
    assert len(answers) == 3
    assert all(answer.startswith("tables/") and answer.endswith(".vot") for answer in answers)


def test_a_published_table_is_in_a_file_or_asked_for():
    class Spectra(PublishedTable):
        schema_name = "spectra"

    columns = {"columns": {"source_id": "id"}}
    Spectra.model_validate(columns | {"file": "spectra.csv"})
    Spectra.model_validate(columns | {"query": QUERY})
    for both_or_none in ({}, {"file": "spectra.csv", "query": QUERY}):
        with pytest.raises(ValidationError, match="exactly one of `file` and `query`"):
            Spectra.model_validate(columns | both_or_none)
