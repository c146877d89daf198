"""A candidate says what it is made from, and says it in the same bytes."""

import json
from pathlib import Path

import polars as pl
import pytest

from rrcat import atomic
from rrcat.run.build import build_catalogue
from rrcat.run.workspace import Request
from rrcat.simulate import write_survey


@pytest.fixture(scope="module")
def candidate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("candidate")
    build_catalogue(Request(write_survey(folder / "survey", n_stars=45), folder / "candidate"))
    return folder / "candidate"


def facts(candidate: Path) -> dict[str, object]:
    content = json.loads((candidate / "candidate.json").read_text())
    assert isinstance(content, dict)
    return content


def test_every_file_is_listed_with_its_hash(candidate: Path) -> None:
    listed = facts(candidate)["files"]
    assert isinstance(listed, dict)
    assert listed == {name: atomic.sha256(candidate / name) for name in listed}
    assert {"catalogue.parquet", "features.parquet", "predictions.parquet"} <= set(listed)
    assert "bundles/literature-relations/bundle.toml" in listed


def test_no_place_and_no_time_of_the_build_is_in_it(candidate: Path) -> None:
    text = (candidate / "candidate.json").read_text()
    assert str(candidate.parent) not in text
    assert "seconds" not in text


def test_the_papers_of_data_and_estimators_are_to_be_cited(candidate: Path) -> None:
    reference = facts(candidate)["reference"]
    assert isinstance(reference, list)
    assert reference[0].startswith("Simulated by rrcat")
    assert any("Muraveva" in paper for paper in reference)


def test_every_row_has_a_value_or_a_reason(candidate: Path) -> None:
    catalogue = pl.read_parquet(candidate / "catalogue.parquet")
    assert (catalogue["feh"].is_not_null() == (catalogue["feh_status"] == "ok")).all()
    validation = facts(candidate)["validation"]
    assert isinstance(validation, list)
    assert validation[0] == {
        "name": "every row has a value or a reason, not both",
        "passed": True,
        "detail": "0 of 45 rows break this",
    }


def test_what_is_told_of_a_check_is_in_the_document_with_its_numbers(candidate: Path) -> None:
    document = json.loads((candidate / "validation.json").read_text())
    short = [{k: each[k] for k in ("name", "passed", "detail")} for each in document["results"]]
    assert facts(candidate)["validation"] == short
    assert {each["check"] for each in document["results"]} >= {"build", "clusters", "selection"}
    assert facts(candidate)["zero_point_error"] == document["zero_point_error"]


def test_the_recipe_is_kept_as_written_and_as_followed(candidate: Path) -> None:
    written = (candidate.parent / "survey" / "recipe.toml").read_bytes()
    assert (candidate / "recipe.toml").read_bytes() == written
    resolved = facts(candidate)["recipe"]
    assert isinstance(resolved, dict)
    assert resolved["fourier"]["max_order"] == 8
