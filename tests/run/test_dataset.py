"""A training set is whole and documented, the same for the same input, and never overwritten."""

import json
from pathlib import Path

import polars as pl
import pytest

from rrcat.catalogue.recipe import read_recipe
from rrcat.errors import DatasetError, RecipeError, RunError
from rrcat.estimator import read_dataset
from rrcat.run import dataset
from rrcat.run.dataset import make_dataset
from rrcat.run.evaluate import evaluate_estimators
from rrcat.run.folds import fold_sets
from rrcat.run.workspace import Request
from rrcat.schema import check, load

FILES = [
    "README.md",
    "dataset.json",
    "dataset.json.sha256",
    "features.parquet",
    "folds.parquet",
    "labels.parquet",
    "sample.csv",
    "sequences.parquet",
]


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.fixture
def made(survey: Path, tmp_path: Path) -> Path:
    """The training set of a simulated survey."""
    make_dataset(Request(survey, tmp_path / "set", workers=1))
    return tmp_path / "set"


def tables(folder: Path) -> dict[str, pl.DataFrame]:
    names = ("sequences", "features", "labels", "folds")
    return {name: read_dataset(folder).scan(name).collect() for name in names}


def test_every_file_is_there_and_nothing_else(made: Path) -> None:
    assert sorted(content(made)) == FILES
    assert [path.name for path in made.parent.iterdir() if path.name.startswith(".")] == []


def test_the_tables_conform_and_speak_of_the_same_stars(made: Path) -> None:
    found = tables(made)
    for name, frame in found.items():
        check(frame, load(name))
    able = found["labels"].filter(status="ok")["source_id"]
    keys = ["source_id", "band"]
    assert 50 < len(able) < 80
    assert set(found["sequences"]["source_id"]) == set(able)
    fitted = found["features"].filter(fit_status="ok")
    assert fitted.select(keys).equals(found["sequences"].select(keys))


def test_every_calibrator_has_a_label_or_a_reason(made: Path) -> None:
    labels = tables(made)["labels"]
    assert set(labels["origin"]) == {"measurements"}
    assert set(labels["feh_scale"]) == {"C21"}
    assert (labels["weight"].is_null() == (labels["status"] != "ok")).all()
    for _, kind in labels.filter(status="ok").group_by("pulsation_type"):
        assert kind["weight"].mean() == pytest.approx(1.0)
    facts = read_dataset(made).facts
    assert sum(facts["statuses"].values()) == labels.height


def test_the_folds_are_those_of_the_evaluation(survey: Path, made: Path, tmp_path: Path) -> None:
    evaluate_estimators(Request(survey, tmp_path / "out", workers=1))
    key = ["repeat", "fold", "source_id"]
    predicted = pl.read_parquet(tmp_path / "out" / "predictions.parquet").select(key).sort(key)
    assert tables(made)["folds"].equals(predicted)
    calibrators = pl.read_parquet(tmp_path / "out" / "calibrators.parquet")
    assert fold_sets(read_recipe(survey), calibrators).equals(predicted)


def test_the_same_input_gives_the_same_bytes(survey: Path, made: Path, tmp_path: Path) -> None:
    make_dataset(Request(survey, tmp_path / "again", workers=2, partition_size=9))
    assert content(tmp_path / "again") == content(made)


def test_an_interrupted_run_leaves_nothing_and_goes_on(
    survey: Path, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(dataset, "readme", killed)
        with pytest.raises(KeyboardInterrupt):
            make_dataset(Request(survey, tmp_path / "killed", workers=1))
    assert not (tmp_path / "killed").exists()
    assert (tmp_path / ".killed.rrcat-work" / "parts" / "calibration_sequences").exists()
    make_dataset(Request(survey, tmp_path / "killed", workers=1))
    assert content(tmp_path / "killed") == content(made)
    assert not (tmp_path / ".killed.rrcat-work").exists()


def test_a_training_set_that_is_there_already_stays(survey: Path, made: Path) -> None:
    times = {path.name: path.stat().st_mtime_ns for path in made.iterdir()}
    summary = make_dataset(Request(survey, made, workers=1))
    assert summary.n_sequences == tables(made)["sequences"].height
    assert {path.name: path.stat().st_mtime_ns for path in made.iterdir()} == times


def test_another_training_set_is_replaced_only_when_asked(survey: Path, made: Path) -> None:
    before = content(made)
    with pytest.raises(RunError, match=r"another training set, which differs in .*seed") as caught:
        make_dataset(Request(survey, made, workers=1, seed=9))
    assert "--restart" in caught.value.hint
    assert content(made) == before
    make_dataset(Request(survey, made, workers=1, seed=9, restart=True))
    assert read_dataset(made).facts["seed"] == 9


def test_a_folder_of_something_else_is_refused(survey: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("")
    with pytest.raises(RunError, match="no training set"):
        make_dataset(Request(survey, tmp_path / "mine", workers=1, restart=True))
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["thesis.tex"]


def test_a_damaged_training_set_is_not_blessed(survey: Path, made: Path) -> None:
    (made / "labels.parquet").write_bytes(b"")
    with pytest.raises(DatasetError, match=r"labels\.parquet is not what was written"):
        make_dataset(Request(survey, made, workers=1))


def test_a_recipe_without_calibrators_is_refused(survey: Path, tmp_path: Path) -> None:
    text = survey.read_text()
    survey.write_text(text[: text.index("[calibration]")])
    with pytest.raises(RecipeError, match="no calibrators, so there is nothing to learn"):
        make_dataset(Request(survey, tmp_path / "set", workers=1))
    assert not any(tmp_path.glob("*set*"))


def test_an_estimator_that_reads_no_sequences_is_refused(survey: Path, tmp_path: Path) -> None:
    request = Request(survey, tmp_path / "set", estimators=("literature-relations",), workers=1)
    with pytest.raises(RecipeError, match="reads features, no sequences") as caught:
        make_dataset(request)
    assert "leave out --estimator" in caught.value.hint


def test_an_archive_without_light_curves_is_refused(survey: Path, tmp_path: Path) -> None:
    folder, text = survey.parent, survey.read_text()
    pl.read_csv(folder / "stars.csv").drop_nulls("period").select(
        "source_id", "period", a1=pl.lit(0.3)
    ).write_parquet(folder / "features.parquet")
    mapping = (
        '[archive.features]\nfile = "features.parquet"\nphase_convention = "cosine"\n'
        '[archive.features.columns]\nsource_id = "source_id"\nband = { value = "G" }\n'
        'period = "period"\na1 = "a1"\n\n'
    )
    start, end = text.index("[archive.light_curves]"), text.index("[[estimator]]")
    survey.write_text(text[:start] + mapping + text[end:])
    with pytest.raises(RecipeError, match="no light curves, so there are no sequences"):
        make_dataset(Request(survey, tmp_path / "set", workers=1))


def test_the_facts_say_what_it_is_and_where_it_is_from(survey: Path, made: Path) -> None:
    facts = json.loads((made / "dataset.json").read_text())
    assert facts["version"] == "1.0.0"
    assert facts["name"] == "demo"
    assert facts["schemas"] == {
        name: load(name).version for name in ("features", "folds", "labels", "sequences")
    }
    assert set(facts["files"]) == set(FILES) - {"dataset.json", "dataset.json.sha256"}
    assert facts["folds"] == {"scheme": "k-fold", "repeats": 2, "folds": 4}
    assert "Roe 2021" in facts["reference"]
    assert {file["name"] for file in facts["inputs"]} >= {"light_curves.parquet", "spectra.csv"}


def test_labels_of_a_catalogue_say_whose_value_each_is(student: Path, tmp_path: Path) -> None:
    make_dataset(Request(student, tmp_path / "set", workers=1))
    labels = tables(tmp_path / "set")["labels"]
    assert labels["origin"].str.ends_with("toy-line 1.0.0").all()
    assert labels.height > 20
    assert set(labels["source_id"]).isdisjoint(range(31))  # its calibrators judge
    facts = read_dataset(tmp_path / "set").facts
    assert facts["teacher"]["estimators"] == [{"id": "toy-line", "version": "1.0.0"}]
    readme = (tmp_path / "set" / "README.md").read_text(encoding="utf-8")
    assert f"values of a catalogue, {facts['teacher']['catalogue']}, and not" in readme
