"""``rrcat dataset`` on the command line."""

import json
from pathlib import Path

import pytest

from rrcat.cli.main import main
from rrcat.estimator import read_dataset
from rrcat.simulate import write_survey

CALIBRATION = """
[calibration]
file = "truth.parquet"
scale = "C21"
columns = { source_id = "source_id", feh = "feh", feh_error = { value = 0.1 } }
"""


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    recipe = write_survey(tmp_path_factory.mktemp("survey"), n_stars=45)
    recipe.write_text(recipe.read_text() + CALIBRATION)
    return recipe


def test_it_says_what_it_has_written(
    recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["dataset", str(recipe), "-o", str(tmp_path / "set")]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("demo: 4")
    assert "split: test" in printed
    assert printed.splitlines()[-1].strip() == str(tmp_path / "set")
    facts = read_dataset(tmp_path / "set").facts
    assert f"{facts['points']:,} observations" in printed
    for status, number in facts["statuses"].items():
        assert status == "ok" or f"{number} without sequence: {status}" in printed


def test_it_says_the_same_as_json(
    recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["dataset", str(recipe), "-o", str(tmp_path / "set"), "--seed", "4", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["output"] == str(tmp_path / "set")
    assert told["n_sequences"] == read_dataset(tmp_path / "set").facts["rows"]["sequences"]
    assert read_dataset(tmp_path / "set").facts["seed"] == 4


def test_what_cannot_be_done_is_one_message(
    recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["--estimator", "literature-relations"]
    assert main(["dataset", str(recipe), "-o", str(tmp_path / "set"), *asked]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "'literature-relations' reads features, no sequences" in printed.err
    assert "hint: name one that reads sequences" in printed.err
