import pytest
from pydantic import ValidationError

from rrcat.archive.config import FilesArchive, PublishedTable, Selection, StarsFile, TableQuery

STARS = {"file": "stars.csv", "columns": {"source_id": "id"}}
CURVES = {
    "file": "curves.csv",
    "columns": {"source_id": "id", "time": "t", "mag": "m", "band": {"value": "G"}},
}
GOOD = {"kind": "files", "stars": STARS, "light_curves": CURVES}


def test_times_are_gaia_times_unless_said():
    time = FilesArchive.model_validate(GOOD).time
    assert (time.scale, time.reference_position, time.origin_jd) == ("TCB", "BARYCENTER", 2455197.5)


def test_every_field_is_documented():
    for model in (FilesArchive, StarsFile, Selection):
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
        (GOOD | {"light_curves": None}, "light_curves or features"),
        (
            GOOD | {"stars": {"file": "a.csv", "columns": {"archive_id": "name"}}},
            "rows cannot be joined",
        ),
        (
            GOOD
            | {
                "stars": {"file": "a.csv", "columns": {"archive_id": "name"}},
                "light_curves": CURVES
                | {"columns": {"archive_id": "n", "time": "t", "mag": "m", "band": "b"}},
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
