"""Students and teacher are judged by the same spectra, of stars that were no labels."""

import json
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from rrcat.errors import RecipeError
from rrcat.estimator.bundle import load_bundle
from rrcat.evaluation.cross_validation import COLUMNS
from rrcat.run.evaluate import evaluate_estimators
from rrcat.run.train import train_estimators
from rrcat.run.workspace import Request


def evaluated(recipe: Path, output: Path, **more: Any) -> dict[str, Any]:
    report = evaluate_estimators(Request(recipe, output, workers=1, **more)).report
    assert report == json.loads((output / "evaluation.json").read_text())
    return report


def rmse(rows: pl.DataFrame) -> float:
    value = ((rows["feh"] - rows["feh_true"]) ** 2).mean()
    assert isinstance(value, float)
    return value**0.5


def test_student_and_teacher_stand_beside_each_other(student: Path, tmp_path: Path) -> None:
    told = evaluated(student, tmp_path / "out")
    held = told["held_out"]
    assert held["students"].keys() == {"toy-line"}
    assert held["teacher"].keys() == {"catalogue"}
    calibrators = pl.read_parquet(tmp_path / "candidate" / "calibrators.parquet")
    assert held["n_stars"] == held["students"]["toy-line"]["all"]["n_asked"] == len(calibrators)
    assert {"RRab", "RRc"} <= held["students"]["toy-line"].keys()
    (one,) = [one for one in held["comparisons"] if one["group"] == "all"]
    assert (one["a"], one["b"]) == ("toy-line", "teacher, catalogue")
    labels = told["estimators"]["toy-line"]["all"]
    assert labels["rmse"] < held["students"]["toy-line"]["all"]["rmse"]


def test_the_values_are_those_of_the_catalogue_and_of_the_model_that_is_trained(
    student: Path, tmp_path: Path
) -> None:
    told = evaluated(student, tmp_path / "out")["held_out"]
    rows = pl.read_parquet(tmp_path / "out" / "held_out.parquet")
    assert rows.columns == list(COLUMNS)
    of = {str(id): frame for (id,), frame in rows.group_by("estimator")}
    truth = pl.read_parquet(tmp_path / "candidate" / "calibrators.parquet")
    catalogue = pl.read_parquet(tmp_path / "candidate" / "catalogue.parquet")
    expected = truth.select("source_id", feh_true="feh").join(catalogue, on="source_id")
    teacher = of["teacher, catalogue"].sort("source_id")
    assert teacher["feh_true"].equals(expected["feh_true"])
    assert teacher["feh"].equals(expected["feh"])
    for name, metrics in (
        ("toy-line", told["students"]["toy-line"]),
        ("teacher, catalogue", told["teacher"]["catalogue"]),
    ):
        assert metrics["all"]["rmse"] == pytest.approx(rmse(of[name].drop_nulls("feh")), abs=1e-6)
    train_estimators(Request(student, tmp_path / "trained"))
    names = ("bundle.toml", "golden.parquet", "weights/line.json")
    for file in names:
        one, other = (tmp_path / place / "bundles" / "toy-line" for place in ("out", "trained"))
        assert (one / file).read_bytes() == (other / file).read_bytes()


def test_the_errors_of_a_student_have_those_of_the_labels_in_them(
    student: Path, tmp_path: Path
) -> None:
    told = evaluated(student, tmp_path / "out")
    labels = pl.read_parquet(tmp_path / "out" / "calibrators.parquet")
    model = load_bundle(tmp_path / "out" / "bundles" / "toy-line")
    for kind, error in model.label_error.items():
        assert error == labels.filter(pulsation_type=kind)["feh_error"].median()
    rows = pl.read_parquet(tmp_path / "out" / "held_out.parquet").filter(estimator="toy-line")
    given = rows.filter(pulsation_type="RRab").drop_nulls("feh")["feh_error"]
    assert given.unique().to_list() == [
        pytest.approx((0.3**2 + model.label_error["RRab"] ** 2) ** 0.5)
    ]
    # Out of fold is told how well labels are copied, whose error is the model's own.
    predictions = pl.read_parquet(tmp_path / "out" / "predictions.parquet").drop_nulls("feh")
    assert predictions["feh_error"].unique().to_list() == [0.3]
    assert told["held_out"]["students"]["toy-line"]["all"]["coverage_68"] is not None


def test_the_combination_is_a_student_too(student: Path, tmp_path: Path) -> None:
    student.write_text(student.read_text() + "\n[combination]\n")
    held = evaluated(student, tmp_path / "out")["held_out"]
    assert set(held["students"]) == {"toy-line", "combination"}
    assert held["students"]["combination"]["all"]["n"] == held["students"]["toy-line"]["all"]["n"]
    rows = pl.read_parquet(tmp_path / "out" / "held_out.parquet").drop_nulls("feh")
    labels = pl.read_parquet(tmp_path / "out" / "calibrators.parquet")
    least = labels.filter(pulsation_type="RRab")["feh_error"].median()
    of_type = rows.filter(estimator="combination", pulsation_type="RRab")
    assert of_type["feh_error"].min() >= least  # the toy copies its labels perfectly


def test_predictions_out_of_fold_are_a_second_teacher(
    student: Path, toy_survey: Path, tmp_path: Path
) -> None:
    evaluate_estimators(Request(toy_survey, tmp_path / "of-the-teacher", workers=1))
    text = student.read_text()
    asked = 'out_of_fold = "../of-the-teacher/predictions.parquet"\n'
    student.write_text(text.replace("[evaluation]", asked + "[evaluation]", 1))
    held = evaluated(student, tmp_path / "out")["held_out"]
    told = json.loads((tmp_path / "of-the-teacher" / "evaluation.json").read_text())
    for group, metrics in held["teacher"]["out_of_fold"].items():
        expected = told["estimators"]["toy-line"][group]
        assert metrics == expected
    pairs = {(one["a"], one["b"]) for one in held["comparisons"]}
    assert ("toy-line", "teacher, out of fold") in pairs


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"source_id": [1], "feh": [-1.0]}, "no table of out-of-fold predictions"),
        (
            {name: [None] for name in COLUMNS} | {"estimator": ["toy-curve"], "repeat": [0]},
            "no predictions of toy-line",
        ),
    ],
)
def test_predictions_of_something_else_are_refused(
    content: dict[str, Any], message: str, student: Path, tmp_path: Path
) -> None:
    pl.DataFrame(content).write_parquet(student.parent / "others.parquet")
    asked = 'out_of_fold = "others.parquet"\n[evaluation]'
    student.write_text(student.read_text().replace("[evaluation]", asked, 1))
    with pytest.raises(RecipeError, match=message):
        evaluated(student, tmp_path / "out")


def test_workers_and_an_interruption_do_not_change_a_byte(student: Path, tmp_path: Path) -> None:
    evaluated(student, tmp_path / "one")
    evaluated(student, tmp_path / "two", partition_size=9)
    (tmp_path / "two" / "evaluation.json").unlink()
    (tmp_path / "two" / "held_out.parquet").unlink()
    evaluated(student, tmp_path / "two", partition_size=9)
    for name in ("evaluation.json", "held_out.parquet", "predictions.parquet", "sample.csv"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_an_interrupted_training_of_a_student_finds_its_checkpoints_again(
    student: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = sys.modules["toy_line"].Line
    learn, kept = line._fit, tmp_path / "out" / "checkpoints" / "toy-line"

    def stopped(self: Any, *args: Any, **kwargs: Any) -> Any:
        if self.checkpoints == kept:
            (kept / "epoch.bin").write_bytes(b"half")
            raise KeyboardInterrupt
        return learn(self, *args, **kwargs)

    def goes_on(self: Any, *args: Any, **kwargs: Any) -> Any:
        assert (kept / "epoch.bin").read_bytes() == b"half"
        return learn(self, *args, **kwargs)

    monkeypatch.setattr(line, "_fit", stopped)
    with pytest.raises(KeyboardInterrupt):
        evaluated(student, tmp_path / "out")
    monkeypatch.setattr(line, "_fit", goes_on)
    evaluated(student, tmp_path / "out")
    assert not kept.parent.exists()


def test_where_nobody_is_held_out_only_the_copy_is_told(student: Path, tmp_path: Path) -> None:
    asked = "leave_out_calibrators = false\nwithout_flags"
    student.write_text(student.read_text().replace("without_flags", asked))
    told = evaluated(student, tmp_path / "out")
    assert "held_out" not in told
    assert told["teacher"]["catalogue"] == "demo"
