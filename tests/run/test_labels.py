"""What a recipe learns from a catalogue, and who is kept from it."""

from pathlib import Path

import polars as pl
import pytest

from rrcat.calibration.sample import Sample
from rrcat.errors import RecipeError
from rrcat.run.calibrators import calibration_sample, held_out_sample
from rrcat.run.workspace import Request, workspace

HELD_OUT = """
[calibration.held_out]
file = "spectra.csv"
scale = "C21"
columns = { source_id = "source_id", feh = "feh", feh_error = "feh_error", name = "name" }
"""


def read(recipe: Path, output: Path) -> tuple[Sample, Sample | None]:
    with workspace(Request(recipe, output)) as place:
        return calibration_sample(place), held_out_sample(place)


def changed(recipe: Path, before: str, after: str) -> None:
    text = recipe.read_text()
    assert before in text
    recipe.write_text(text.replace(before, after))


def ids(sample: Sample | None) -> set[int]:
    assert sample is not None
    return set(sample.calibrators["source_id"])


def known(folder: Path) -> set[int]:
    return set(pl.read_parquet(folder / "calibrators.parquet")["source_id"])


def test_labels_are_the_values_of_all_stars_but_the_calibrators(
    student: Path, tmp_path: Path
) -> None:
    labels, held = read(student, tmp_path / "out")
    catalogue = pl.read_parquet(tmp_path / "candidate" / "catalogue.parquet").drop_nulls("feh")
    assert ids(held) == known(tmp_path / "candidate")
    assert ids(labels) == set(catalogue["source_id"]) - ids(held)
    values = catalogue.select("source_id", "feh", "feh_error")
    assert labels.calibrators.select(values.columns).equals(
        values.join(labels.calibrators, on="source_id", how="semi").sort("source_id")
    )
    assert labels.teacher is not None
    assert labels.teacher["kind"] == "candidate"


def test_spectra_of_held_out_stars_are_pooled_as_calibrators_are(
    student: Path, tmp_path: Path
) -> None:
    _, by_default = read(student, tmp_path / "one")
    changed(student, "[evaluation]", HELD_OUT + "error_floor = 0.02\n[evaluation]")
    _, held = read(student, tmp_path / "two")
    assert held is not None
    assert by_default is not None
    of_the_teacher = by_default.calibrators.drop("sources", "n_spectra", "feh_scatter")
    assert held.calibrators.select(of_the_teacher.columns).equals(of_the_teacher)
    assert held.stars.filter("taken")["name"].to_list()[0].startswith("star ")
    assert held.teacher is None


def test_held_out_stars_are_kept_out_besides_the_calibrators(student: Path, tmp_path: Path) -> None:
    spectra = pl.read_csv(student.parent / "spectra.csv")
    more = spectra.head(4).with_columns(source_id=pl.Series([60, 60, 61, 61]))
    more.write_csv(student.parent / "more.csv")
    changed(student, "[evaluation]", HELD_OUT.replace("spectra.csv", "more.csv") + "[evaluation]")
    labels, held = read(student, tmp_path / "out")
    assert ids(held) <= {60, 61}
    assert not ids(labels) & ({60, 61} | known(tmp_path / "candidate"))


def test_a_file_alone_needs_the_spectra_or_the_word_that_all_stars_are_labels(
    student: Path, tmp_path: Path
) -> None:
    (tmp_path / "candidate" / "catalogue.parquet").rename(student.parent / "alone.parquet")
    changed(student, "../candidate", "alone.parquet")
    with pytest.raises(RecipeError, match="which stars it is calibrated on") as caught:
        read(student, tmp_path / "out")
    assert "leave_out_calibrators = false" in str(caught.value.hint)
    changed(student, "without_flags", "leave_out_calibrators = false\nwithout_flags")
    labels, held = read(student, tmp_path / "all")
    assert held is None
    assert known(tmp_path / "candidate") & ids(labels)


def test_a_recipe_that_learns_from_spectra_holds_nobody_out(
    toy_survey: Path, tmp_path: Path
) -> None:
    sample, held = read(toy_survey, tmp_path / "out")
    assert held is None
    assert sample.teacher is None


def test_another_teacher_is_another_work(student: Path, tmp_path: Path) -> None:
    with workspace(Request(student, tmp_path / "out")) as place:
        names = [one["name"] for one in place.origin.inputs]
    assert names == sorted(names)
    assert "demo/catalogue.parquet" in names
    assert "demo/calibrators.parquet" in names
