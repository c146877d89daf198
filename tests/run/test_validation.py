"""A build is validated, and what failed stands in the way of its release."""

import json
import shutil

import polars as pl
import pytest

from rrcat.errors import ArchiveError, ReleaseError, RunError
from rrcat.release.publish import publish
from rrcat.release.verify import verify
from rrcat.run.build import build_catalogue
from rrcat.run.workspace import Request
from rrcat.simulate import write_survey

REFERENCE = """
[validation.reference]
file = "earlier.csv"
scale = "C21"
columns = { source_id = "source_id", feh = "feh" }
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A catalogue that is 1.5 dex off an earlier one, and what its build told."""
    folder = tmp_path_factory.mktemp("validated")
    recipe = write_survey(folder / "survey", n_stars=80)
    truth = pl.read_parquet(recipe.parent / "truth.parquet")
    truth.select("source_id", pl.col("feh") + 1.5).write_csv(recipe.parent / "earlier.csv")
    recipe.write_text(recipe.read_text() + REFERENCE)
    summary = build_catalogue(Request(recipe, folder / "candidate", workers=1))
    return folder / "candidate", summary


def test_what_failed_is_told_with_the_counts(built):
    candidate, summary = built
    document = json.loads((candidate / "validation.json").read_text())
    failed = [each for each in document["results"] if each["passed"] is False]
    assert [each["check"] for each in failed] == ["reference"]
    assert failed[0]["value"] == pytest.approx(-1.5, abs=0.4)
    assert [each["name"] for each in summary.failed] == [each["name"] for each in failed]
    assert sum(summary.checks.values()) == len(document["results"])
    assert summary.checks["failed"] == 1


def test_it_is_not_released_unless_a_reason_is_given(built, tmp_path):
    candidate, _ = built
    with pytest.raises(ReleaseError, match="earlier catalogue in the mean"):
        publish(candidate, "1.0.0", into=tmp_path / "refused")
    release = publish(candidate, "1.0.0", into=tmp_path, override="the earlier one is wrong")
    assert (release / "validation.json").read_bytes() == (
        candidate / "validation.json"
    ).read_bytes()
    assert "validation.json" in (release / "README.md").read_text()
    assert verify(release) == []


def test_the_earlier_catalogue_is_an_input_of_the_build(built):
    candidate, _ = built
    inputs = json.loads((candidate / "candidate.json").read_text())["inputs"]
    assert "earlier.csv" in {each["name"] for each in inputs}


def test_another_earlier_catalogue_needs_another_folder(built, tmp_path):
    candidate, _ = built
    shutil.copytree(candidate.parent / "survey", tmp_path / "survey")
    shutil.copytree(candidate, tmp_path / "candidate")
    (tmp_path / "survey" / "earlier.csv").write_text("source_id,feh\n1,-1.5\n")
    with pytest.raises(RunError):
        build_catalogue(Request(tmp_path / "survey" / "recipe.toml", tmp_path / "candidate"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "source_id,feh\n1,-1.5\n1,-1.4\n",
            "stars stand twice among the values",
        ),
        ("source_id,feh\n1,many\n", "cells of column 'feh' cannot become feh"),
        ("source_id,metals\n1,-1.5\n", "has no column 'feh'"),
    ],
)
def test_a_bad_earlier_catalogue_stops_the_build_before_its_work(built, tmp_path, content, message):
    shutil.copytree(built[0].parent / "survey", tmp_path / "survey")
    (tmp_path / "survey" / "earlier.csv").write_text(content)
    with pytest.raises(ArchiveError, match=message):
        build_catalogue(Request(tmp_path / "survey" / "recipe.toml", tmp_path / "out", workers=1))
    assert not list((tmp_path / "out").glob("parts/*"))
