"""Two steps: a catalogue is calibrated on spectra, and others learn from its values."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from rrcat import atomic
from rrcat.cli.main import main

ARCHIVE = """
[catalogue]
name = "{name}"
title = "Simulated stars, {name}"
scale = "C21"
band = "G"

[archive]
kind = "simulated"
stars = 300
magnitude_limit = 16.0
"""
LEARNING = """
[[estimator]]
id = "fourier-xgboost"
params = { band = "G", n_trials = 1, max_rounds = 25, n_boosters = 1 }

[evaluation]
folds = 2
"""
SPECTRA = """
[{section}]
file = "spectra.parquet"
scale = "C21"
error_floor = 0.05

[{section}.columns]
source_id = "source_id"
other_id = "other_id"
name = "name"
feh = "feh"
feh_error = "feh_error"
shift = "shift"
source = "source"
pulsation_type = "pulsation_type"
"""
LABELS = """
[calibration]
catalogue = "first-1.0.0"
"""


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with both recipes, a release of the first, and what the second became."""
    folder = tmp_path_factory.mktemp("chain")
    first, second = folder / "first.toml", folder / "second.toml"
    spectra = SPECTRA.format(section="calibration")
    first.write_text(ARCHIVE.format(name="first") + spectra + LEARNING)
    held_out = SPECTRA.format(section="calibration.held_out")
    second.write_text(ARCHIVE.format(name="second") + LABELS + held_out + LEARNING)
    for words in (
        f"build {first} --output {folder}/built --workers 1",
        f"release {folder}/built --version 1.0.0 --into {folder}",
        f"train {second} --output {folder}/trained",
        f"build {second} --output {folder}/second --workers 1",
        f"release {folder}/second --version 1.0.0 --into {folder}/out",
        f"verify {folder}/out/second-1.0.0",
    ):
        assert main(words.split()) == 0
    return folder


@pytest.fixture(scope="module")
def evaluated(chain: Path) -> dict[str, Any]:
    command = f"evaluate {chain}/second.toml --output {chain}/evaluated --workers 1"
    assert main(command.split()) == 0
    told = json.loads((chain / "evaluated" / "evaluation.json").read_text())
    assert isinstance(told, dict)
    return told


def test_the_chain_is_recorded_in_everything_that_comes_of_it(
    chain: Path, evaluated: dict[str, Any]
) -> None:
    teacher = evaluated["teacher"]
    assert teacher["catalogue"] == "first"
    assert teacher["version"] == "1.0.0"
    assert teacher["sha256"] == atomic.sha256(chain / "first-1.0.0" / "manifest.json")
    candidate = json.loads((chain / "second" / "candidate.json").read_text())
    manifest = json.loads((chain / "out" / "second-1.0.0" / "manifest.json").read_text())
    bundle = chain / "out" / "second-1.0.0" / "bundles" / "fourier-xgboost" / "bundle.toml"
    assert candidate["teacher"] == manifest["teacher"] == teacher
    assert tomllib.loads(bundle.read_text())["teacher"] == teacher
    inputs = {one["name"]: one["sha256"] for one in manifest["inputs"]}
    assert inputs["first-1.0.0/manifest.json"] == teacher["sha256"]
    assert inputs["first-1.0.0/first.parquet"] == atomic.sha256(
        chain / "first-1.0.0" / "first.parquet"
    )
    provenance = json.loads((chain / "out" / "second-1.0.0" / "provenance.json").read_text())
    assert provenance["entity"]["teacher-1"]["rrcat:sha256"] == teacher["sha256"]
    assert set(teacher["reference"]) <= set(manifest["reference"])


def test_what_is_trained_is_what_is_built_and_what_is_judged(
    chain: Path, evaluated: dict[str, Any]
) -> None:
    bundles = [
        (chain / name / "bundles" / "fourier-xgboost" / "bundle.toml").read_bytes()
        for name in ("trained", "second", "evaluated")
    ]
    assert bundles[0] == bundles[1] == bundles[2]


def test_no_star_with_spectra_is_a_label(chain: Path) -> None:
    labels = pl.read_parquet(chain / "second" / "calibrators.parquet")
    spectra = pl.read_parquet(chain / "second" / "simulated" / "spectra.parquet")
    assert labels.height > 100
    assert labels.join(spectra, on="source_id", how="semi").is_empty()
    assert labels["sources"].unique().to_list() == ["first 1.0.0, fourier-xgboost 1.0.0"]
    assert labels["n_spectra"].null_count() == labels.height
    sample = pl.read_csv(chain / "second" / "sample.csv")
    assert sample.height == pl.read_parquet(chain / "second" / "catalogue.parquet").height
    assert sample["reason"].null_count() == labels.height


@pytest.mark.parametrize("kind", ["RRab", "RRc"])
def test_labels_are_copied_better_than_spectra_are_met(
    kind: str, evaluated: dict[str, Any]
) -> None:
    copied = evaluated["estimators"]["fourier-xgboost"][kind]
    held = evaluated["held_out"]
    met = held["students"]["fourier-xgboost"][kind]
    assert copied["n"] >= 0.99 * copied["n_asked"]
    assert copied["rmse"] < met["rmse"]
    assert met["rmse"] < held["teacher"]["catalogue"][kind]["rmse"] + 0.1


def test_the_errors_of_the_second_step_are_no_smaller_than_its_labels(chain: Path) -> None:
    both = pl.read_parquet(chain / "second" / "catalogue.parquet").drop_nulls("feh")
    labels = pl.read_parquet(chain / "second" / "calibrators.parquet")
    least = labels.group_by("pulsation_type").agg(least=pl.col("feh_error").median())
    assert (both.join(least, on="pulsation_type").select(pl.col("feh_error") > pl.col("least")))[
        "feh_error"
    ].all()


def test_the_screen_shows_the_student_beside_its_teacher(
    chain: Path, evaluated: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["evaluate", str(chain / "second.toml"), "-o", str(chain / "evaluated")]
    assert main([*command, "--workers", "1"]) == 0
    printed = capsys.readouterr().out
    assert "values of first 1.0.0" in printed
    _, judged = printed.split("Against the spectra of ")
    assert judged.startswith(f"{evaluated['held_out']['n_stars']} stars")
    rows = [line.split()[0] for line in judged.splitlines() if line.startswith("  ")]
    assert rows == ["all", "RRab", "RRc"] * 2
    assert re.search(r"^teacher, catalogue +asked", judged, re.MULTILINE)
    assert "fourier-xgboost less teacher, catalogue, RMSE on" in judged
    assert main([*command, "--workers", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["report"] == evaluated


def test_the_teacher_is_safe_from_a_restart(
    chain: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["train", str(chain / "second.toml"), "-o", str(chain / "first-1.0.0"), "--restart"]
    assert main(command) == 1
    assert "hint: choose another --output" in capsys.readouterr().err
    assert main(["verify", str(chain / "first-1.0.0")]) == 0
