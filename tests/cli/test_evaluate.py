"""``rrcat train`` and ``rrcat evaluate`` on the command line."""

import json
from pathlib import Path

import polars as pl
import pytest

from rrcat.cli.main import main
from rrcat.simulate import write_survey

CALIBRATION = """
[calibration]
file = "truth.parquet"
scale = "C21"
columns = { source_id = "source_id", feh = "feh", feh_error = { value = 0.1 } }

[evaluation]
folds = 2
"""


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    recipe = write_survey(tmp_path_factory.mktemp("survey"), n_stars=45)
    recipe.write_text(recipe.read_text() + CALIBRATION)
    return recipe


def test_evaluate_prints_a_table_with_every_type(
    recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", str(recipe), "-o", str(tmp_path / "out")]) == 0
    printed = capsys.readouterr().out
    assert "43 calibrators, k-fold, 2 folds" in printed
    heading = next(line for line in printed.splitlines() if line.startswith("literature"))
    assert heading.split()[1:7] == ["asked", "n", "RMSE", "±", "MAE", "R²"]
    assert {line.split()[0] for line in printed.splitlines() if line.startswith("  ")} == {
        "all",
        "RRab",
        "RRc",
        "RRd",
    }
    assert "stars without value: " in printed
    assert "largest residuals: " in printed


def test_evaluate_as_json_gives_what_it_wrote(
    recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", str(recipe), "-o", str(tmp_path / "out"), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["report"] == json.loads((tmp_path / "out" / "evaluation.json").read_text())


def test_train_leaves_bundles(
    recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", str(recipe), "-o", str(tmp_path / "out")]) == 0
    assert "43 calibrators" in capsys.readouterr().out
    assert (tmp_path / "out" / "bundles" / "literature-relations" / "bundle.toml").exists()
    assert pl.read_csv(tmp_path / "out" / "sample.csv")["taken"].sum() == 43


def test_a_calibration_without_identifier_of_the_archive_is_refused(
    recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = recipe.parent / "other.toml"
    other.write_text(
        recipe.read_text().replace(
            '{ source_id = "source_id", feh', '{ archive_id = "source_id", feh'
        )
    )
    assert main(["evaluate", str(other), "-o", str(tmp_path / "out")]) == 1
    told = capsys.readouterr().err
    assert "calibration cannot be joined" in told
    assert "hint: map source_id" in told
