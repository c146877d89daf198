"""``rrcat train`` and ``rrcat evaluate`` on the command line."""

import json
import re
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
    assert re.search(r"\b4\d calibrators, k-fold, 2 folds", printed)
    heading = next(line for line in printed.splitlines() if line.startswith("literature"))
    assert heading.split()[1:7] == ["asked", "n", "RMSE", "±", "MAE", "R²"]
    rows = {line.split()[0] for line in printed.splitlines() if line.startswith("  ")}
    assert {"all", "RRab", "RRc"} <= rows <= {"all", "RRab", "RRc", "RRd"}
    told = json.loads((tmp_path / "out" / "evaluation.json").read_text())
    without = sum(told["reasons"]["literature-relations"].values())
    assert ("stars without value: " in printed) == (without > 0)
    assert "largest residuals: " in printed


def test_a_combination_is_printed_with_its_coverage(
    recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    combining = tmp_path / "combining.toml"
    combining.write_text(recipe.read_text() + "[combination]\n")
    command = ["evaluate", str(combining), "--data", str(recipe.parent)]
    assert main([*command, "-o", str(tmp_path / "out")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "combination of literature-relations" in lines
    assert any(re.match(r"  RRab: stepped aside \d of 2 times; best member", one) for one in lines)
    row = next(one.split() for one in lines if one.startswith("combination, RRab"))
    assert len(row) == 2 + 1 + 3 + 3
    assert any(one.startswith("feh_undiluted ") for one in lines)


def test_selected_features_are_printed_with_scores_and_shares(
    recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    few = tmp_path / "few.toml"
    selection = '[evaluation.selection]\nfeatures = ["period", "phi31", "a7"]\nresamples = 2\n'
    few.write_text(recipe.read_text() + selection)
    command = ["evaluate", str(few), "--data", str(recipe.parent), "--select-features"]
    assert main([*command, "-o", str(tmp_path / "out")]) == 0
    printed = capsys.readouterr().out
    lines = [line.split() for line in printed.splitlines()]
    assert ["RMSE", "[dex],", "by", "number", "1", "2"] in lines
    forward = next(line for line in lines if line[:1] == ["forward"])
    assert all(0 < float(score) < 1 for score in forward[1:])
    assert "  a7 is set aside: missing for " in printed
    assert "forward chooses, with its share of resamples in per cent: " in printed
    assert "as their inputs are fixed: literature-relations" in printed
    assert main([*command, "-o", str(tmp_path / "out"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["selection"]
    assert told == json.loads((tmp_path / "out" / "selection.json").read_text())


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
    assert re.search(r"\b4\d calibrators", capsys.readouterr().out)
    assert (tmp_path / "out" / "bundles" / "literature-relations" / "bundle.toml").exists()
    assert pl.read_csv(tmp_path / "out" / "sample.csv")["taken"].sum() >= 40


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
