"""The catalogue that labels come from is what it was when it was made, and its chain is told."""

import json
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from rrcat import atomic
from rrcat.calibration.config import LabelsSection
from rrcat.errors import ArchiveError, FrameError, RecipeError, ReleaseError, RunError
from rrcat.release.publish import publish
from rrcat.run.build import build_catalogue
from rrcat.run.teacher import Teacher, open_teacher
from rrcat.run.workspace import Request
from rrcat.schema import check, load


def opened(
    path: Path, *, survey: str = "Simulated survey", judged: bool = False, **config: Any
) -> Teacher:
    section = LabelsSection(catalogue=path.name, **config)
    output = path.parent / "of-the-student"
    return open_teacher(section, [path.parent], survey=survey, output=output, judged=judged)


@pytest.fixture
def candidate(student: Path, tmp_path: Path) -> Path:
    return tmp_path / "candidate"


@pytest.fixture
def release(candidate: Path, tmp_path: Path) -> Path:
    folder = publish(candidate, "1.2.0", into=tmp_path / "releases")
    for path in (folder, *folder.iterdir()):
        path.chmod(0o755)
    return folder


def test_a_candidate_gives_its_rows_and_the_stars_it_learned_from(candidate: Path) -> None:
    teacher = opened(candidate)
    catalogue = pl.read_parquet(candidate / "catalogue.parquet")
    assert teacher.rows.drop("sources").equals(catalogue)
    facts = json.loads((candidate / "candidate.json").read_text())
    texts = teacher.rows.drop_nulls("feh")["sources"].unique().to_list()
    assert texts == [f"{facts['name']}, recipe {facts['recipe_sha256'][:12]}, toy-line 1.0.0"]
    assert teacher.rows.filter(pl.col("feh").is_null())["sources"].null_count() > 0
    assert teacher.calibrators is not None
    check(teacher.calibrators, load("calibrators"))
    assert set(teacher.calibrators["source_id"]) <= set(range(31))
    assert teacher.record == {
        "catalogue": facts["name"],
        "kind": "candidate",
        "sha256": atomic.sha256(candidate / "candidate.json"),
        "recipe_sha256": facts["recipe_sha256"],
        "scale": "C21",
        "survey": facts["survey"],
        "reference": facts["reference"],
        "zero_point_error": facts["zero_point_error"],
        "estimators": [{"id": "toy-line", "version": "1.0.0"}],
    }


def test_what_was_read_is_described_without_its_place(candidate: Path) -> None:
    name = json.loads((candidate / "candidate.json").read_text())["name"]
    assert {one["name"]: one["sha256"] for one in opened(candidate).inputs} == {
        f"{name}/{file}": atomic.sha256(candidate / file)
        for file in ("catalogue.parquet", "candidate.json", "calibrators.parquet")
    }


def test_a_release_tells_its_version_and_not_its_calibrators(release: Path) -> None:
    teacher = opened(release)
    assert teacher.record["kind"] == "release"
    assert teacher.record["version"] == "1.2.0"
    assert teacher.record["sha256"] == atomic.sha256(release / "manifest.json")
    assert teacher.calibrators is None
    text = teacher.rows.drop_nulls("feh")["sources"][0]
    assert text == f"{teacher.record['catalogue']} 1.2.0, toy-line 1.0.0"


def test_the_file_of_a_candidate_or_release_is_as_good_as_its_folder(
    candidate: Path, release: Path
) -> None:
    for folder in (candidate, release):
        whole = opened(folder)
        section = LabelsSection(catalogue=whole.file.name)
        output = folder.parent / "of-the-student"
        file = open_teacher(section, [folder], survey="", output=output, judged=False)
        assert file.record == whole.record
        assert file.rows.equals(whole.rows)


def test_a_catalogue_that_learned_from_no_star_has_no_calibrators(
    survey: Path, tmp_path: Path
) -> None:
    build_catalogue(Request(survey, tmp_path / "candidate", workers=1))
    calibrators = opened(tmp_path / "candidate").calibrators
    assert calibrators is not None
    assert calibrators.is_empty()


def test_a_file_alone_tells_its_hash(candidate: Path, tmp_path: Path) -> None:
    alone = tmp_path / "alone" / "of-somebody.parquet"
    alone.parent.mkdir()
    shutil.copy(candidate / "catalogue.parquet", alone)
    teacher = opened(alone)
    assert teacher.record == {
        "catalogue": "of-somebody.parquet",
        "kind": "file",
        "sha256": atomic.sha256(alone),
        "scale": "C21",
        "estimators": [{"id": "toy-line"}],
    }
    assert teacher.calibrators is None


def test_the_recipe_may_cite_a_catalogue_besides_what_it_cites_itself(candidate: Path) -> None:
    facts = json.loads((candidate / "candidate.json").read_text())
    cited = opened(candidate, reference=("Loe 2022",)).record["reference"]
    assert cited == [*facts["reference"], "Loe 2022"]


def test_an_estimator_of_a_candidate_is_taken_from_its_predictions(candidate: Path) -> None:
    teacher = opened(candidate, estimator="toy-line")
    predictions = pl.read_parquet(candidate / "predictions.parquet").sort("source_id")
    assert teacher.rows["feh"].equals(predictions["feh"])
    assert any(one["name"].endswith("/predictions.parquet") for one in teacher.inputs)


@pytest.mark.parametrize("kind", ["candidate", "release", "file"])
def test_of_a_combined_catalogue_both_the_mean_and_a_member_can_be_taken(
    kind: str, toy_survey: Path, tmp_path: Path
) -> None:
    text = toy_survey.read_text() + "\n[combination]\n\n[validation.calibrators]\noffset = 1.0\n"
    toy_survey.write_text(text.replace("[archive]\n", "individual_columns = true\n[archive]\n", 1))
    path = tmp_path / "candidate"
    build_catalogue(Request(toy_survey, path, workers=1))
    predictions = pl.read_parquet(path / "predictions.parquet").sort("source_id")
    if kind == "release":
        path = publish(path, "1.0.0", into=tmp_path / "releases")
    if kind == "file":
        path = shutil.copy(path / "catalogue.parquet", tmp_path / "alone.parquet")
    for id in ("toy-line", "combination"):
        teacher = opened(path, survey="", estimator=id)
        its = predictions.filter(estimator=id)
        assert teacher.rows["feh"].equals(its["feh"])
        assert teacher.rows["feh_error"].equals(its["feh_error"])
        assert [one["id"] for one in teacher.record["estimators"]] == [id]
    assert opened(path, survey="").rows["feh"].equals(its["feh"])


@pytest.mark.parametrize("kind", ["candidate", "release"])
def test_an_estimator_that_gave_nothing_is_refused(
    kind: str, request: pytest.FixtureRequest
) -> None:
    with pytest.raises(RecipeError, match="no values of 'toy-curve'") as caught:
        opened(request.getfixturevalue(kind), estimator="toy-curve")
    assert caught.value.hint == "it has those of toy-line"


@pytest.mark.parametrize("name", ["manifest.json", "catalogue", "schema.toml"])
def test_a_release_that_is_not_what_it_was_is_refused(name: str, release: Path) -> None:
    (table,) = release.glob("*.parquet")
    path = table if name == "catalogue" else release / name
    content = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(content.replace(b" ", b"  ", 1) if name != "catalogue" else content + b"0")
    with pytest.raises(ReleaseError, match="is not what it was when it was made"):
        opened(release)


@pytest.mark.parametrize("name", ["catalogue.parquet", "calibrators.parquet"])
def test_a_candidate_that_changed_is_refused(name: str, candidate: Path) -> None:
    (candidate / name).write_bytes((candidate / name).read_bytes() + b"0")
    with pytest.raises(ReleaseError, match="changed after it was built"):
        opened(candidate)


def test_a_build_that_is_not_finished_is_refused(candidate: Path) -> None:
    (candidate / "candidate.json").unlink()
    with pytest.raises(ReleaseError, match="no finished candidate"):
        opened(candidate)


def test_a_catalogue_of_another_survey_is_refused(candidate: Path) -> None:
    with pytest.raises(RecipeError, match="one number is not one star in both"):
        opened(candidate, survey="ASAS")


def test_a_catalogue_that_is_not_there_is_refused_with_the_places(tmp_path: Path) -> None:
    section = LabelsSection(catalogue="asas-i")
    folders = [tmp_path / "data", tmp_path]
    with pytest.raises(RecipeError, match="looked up in --data") as caught:
        open_teacher(section, folders, survey="", output=tmp_path / "out", judged=False)
    assert caught.value.where["file"] == f"{tmp_path}/data/asas-i or {tmp_path}/asas-i"


def test_the_first_place_that_has_the_catalogue_counts(candidate: Path, tmp_path: Path) -> None:
    section = LabelsSection(catalogue="candidate")
    folders = [tmp_path / "data", candidate.parent]
    teacher = open_teacher(section, folders, survey="", output=tmp_path / "out", judged=False)
    assert teacher.file == candidate / "catalogue.parquet"


@pytest.mark.parametrize("place", [".", "candidate", "candidate/out"])
def test_results_do_not_go_where_their_labels_come_from(
    place: str, candidate: Path, tmp_path: Path
) -> None:
    section = LabelsSection(catalogue="candidate")
    with pytest.raises(RunError, match="that of the catalogue whose values are labels"):
        open_teacher(section, [tmp_path], survey="", output=tmp_path / place, judged=False)


def test_another_file_of_a_candidate_is_no_catalogue(candidate: Path) -> None:
    with pytest.raises(RecipeError, match="the file is not the catalogue of its folder"):
        opened(candidate / "predictions.parquet")


def test_a_file_that_is_no_catalogue_is_refused(candidate: Path, tmp_path: Path) -> None:
    alone = tmp_path / "alone"
    alone.mkdir()
    shutil.copy(candidate / "features.parquet", alone)
    (alone / "notes.parquet").write_text("nothing")
    with pytest.raises(FrameError, match="rrl_metallicity"):
        opened(alone / "features.parquet")
    with pytest.raises(ArchiveError, match="cannot be read"):
        opened(alone / "notes.parquet")


def test_predictions_out_of_fold_are_read_where_somebody_is_judged(candidate: Path) -> None:
    table = candidate.parent / "predictions.parquet"
    asked = {"out_of_fold": "predictions.parquet"}
    assert opened(candidate, **asked).out_of_fold is None
    with pytest.raises(RecipeError, match="there is no such file"):
        opened(candidate, judged=True, **asked)
    table.touch()
    teacher = opened(candidate, judged=True, **asked)
    assert teacher.out_of_fold == table
    assert teacher.inputs[-1]["name"] == "predictions.parquet"


def test_the_teacher_of_a_teacher_is_told_and_its_labels_are_no_calibrators(
    student: Path, candidate: Path, tmp_path: Path
) -> None:
    build_catalogue(Request(student, tmp_path / "second", workers=1))
    teacher = opened(tmp_path / "second")
    assert teacher.record["teacher"] == opened(candidate).record
    assert teacher.calibrators is None
