"""An evaluation tells how well estimators do, in the same bytes however it was run."""

import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from rrcat.errors import RecipeError, RunError
from rrcat.estimator.registry import Registry
from rrcat.run import workspace
from rrcat.run.build import build_catalogue
from rrcat.run.evaluate import evaluate_estimators
from rrcat.run.workspace import Request

METRICS = {"n_asked", "n", "rmse", "mae", "r2", "bias", "slope", "coverage_68", "coverage_95"}
COLUMNS = [
    "source_id",
    "pulsation_type",
    "estimator",
    "repeat",
    "fold",
    "feh_true",
    "feh",
    "feh_error",
]


def told(folder: Path) -> dict[str, Any]:
    content = json.loads((folder / "evaluation.json").read_text())
    assert isinstance(content, dict)
    return content


def calibrators(folder: Path) -> pl.DataFrame:
    return pl.read_parquet(folder / "calibrators.parquet")


def products(folder: Path) -> dict[str, bytes]:
    names = ["evaluation.json", "predictions.parquet", "sample.csv", "calibrators.parquet"]
    plots = sorted(path.name for path in (folder / "plots").iterdir())
    return {name: (folder / name).read_bytes() for name in names} | {
        name: (folder / "plots" / name).read_bytes() for name in plots
    }


def test_evaluation_json_keeps_its_contract(toy_survey: Path, tmp_path: Path) -> None:
    evaluate_estimators(Request(toy_survey, tmp_path / "out", workers=1))
    content = told(tmp_path / "out")
    groups = content["estimators"]["toy-line"]
    assert {"all", "RRab", "RRc"} <= set(groups)
    assert set(groups["all"]) >= METRICS
    n_calibrators = len(calibrators(tmp_path / "out"))
    assert groups["all"]["n_asked"] == n_calibrators > 70
    assert groups["all"]["n"] + sum(content["reasons"]["toy-line"].values()) == n_calibrators
    assert (content["seed"], content["folds"], content["repeats"]) == (3, 4, 2)
    assert len(content["recipe_sha256"]) == 64


def test_every_calibrator_is_in_every_repeat(toy_survey: Path, tmp_path: Path) -> None:
    evaluate_estimators(Request(toy_survey, tmp_path / "out", workers=1))
    predictions = pl.read_parquet(tmp_path / "out" / "predictions.parquet")
    assert predictions.columns == COLUMNS
    known = calibrators(tmp_path / "out")
    assert predictions.group_by("repeat").len()["len"].to_list() == [len(known)] * 2
    true = predictions.filter(pl.col("repeat") == 0).select("source_id", feh="feh_true")
    assert true.sort("source_id").equals(known.select("source_id", "feh"))


def test_plots_are_drawn_for_each_type(toy_survey: Path, tmp_path: Path) -> None:
    evaluate_estimators(Request(toy_survey, tmp_path / "out", workers=1))
    assert sorted(path.name for path in (tmp_path / "out" / "plots").iterdir()) == [
        f"toy-line-{kind}-{plot}.svg"
        for kind in ("RRab", "RRc")
        for plot in ("predicted", "residuals-predicted", "residuals-true")
    ]


def test_workers_partitions_and_an_interruption_do_not_change_a_byte(
    survey: Path, tmp_path: Path
) -> None:
    evaluate_estimators(Request(survey, tmp_path / "one", workers=1))
    evaluate_estimators(Request(survey, tmp_path / "two", workers=2, partition_size=9))
    assert products(tmp_path / "one") == products(tmp_path / "two")
    (tmp_path / "two" / "evaluation.json").unlink()
    parts = sorted((tmp_path / "two" / "parts" / "literature-relations").iterdir())
    parts[0].unlink()
    evaluate_estimators(Request(survey, tmp_path / "two", workers=1, partition_size=9))
    assert products(tmp_path / "one") == products(tmp_path / "two")


def test_each_fold_may_keep_checkpoints_and_none_are_left(
    toy_survey: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line, seen = sys.modules["toy_line"].Line, []
    inner = line._fit

    def noting(self, *args, **kwargs):
        seen.append(self.checkpoints.relative_to(tmp_path).as_posix())
        return inner(self, *args, **kwargs)

    monkeypatch.setattr(line, "_fit", noting)
    evaluate_estimators(Request(toy_survey, tmp_path / "out", workers=1))
    assert seen[:2] == ["out/checkpoints/toy-line/0-0", "out/checkpoints/toy-line/0-1"]
    assert len(set(seen)) == 8
    assert not (tmp_path / "out" / "checkpoints").exists()


def test_another_seed_cuts_the_stars_anew(toy_survey: Path, tmp_path: Path) -> None:
    evaluate_estimators(Request(toy_survey, tmp_path / "three", workers=1))
    evaluate_estimators(Request(toy_survey, tmp_path / "four", workers=1, seed=4))
    three, four = told(tmp_path / "three"), told(tmp_path / "four")
    assert four["seed"] == 4
    assert three["estimators"]["toy-line"]["all"] != four["estimators"]["toy-line"]["all"]


def test_published_values_stand_beside_in_a_column(survey: Path, tmp_path: Path) -> None:
    truth = pl.read_parquet(survey.parent / "truth.parquet")
    truth.head(60).select("source_id", met=pl.col("feh") + 0.1).write_csv(
        survey.parent / "published.csv"
    )
    survey.write_text(
        survey.read_text()
        + '[[evaluation.external]]\nid = "peer"\nfile = "published.csv"\nscale = "C21"\n'
        + 'columns = { source_id = "source_id", feh = "met" }\n'
    )
    evaluate_estimators(Request(survey, tmp_path / "out"))
    content = told(tmp_path / "out")
    assert set(content["estimators"]) == {"literature-relations"}
    assert content["external"]["peer"]["all"]["rmse"] == pytest.approx(0.1, abs=1e-6)
    known = calibrators(tmp_path / "out")
    n = known.join(truth.head(60), on="source_id").height
    assert content["external"]["peer"]["all"]["n_asked"] == len(known)
    assert content["external"]["peer"]["all"]["n"] == n > 50
    comparison = content["comparisons"][0]
    assert {comparison["a"], comparison["b"]} == {"literature-relations", "peer"}
    predictions = pl.read_parquet(tmp_path / "out" / "predictions.parquet")
    assert predictions.columns == [*COLUMNS, "feh_peer"]
    assert predictions["feh_peer"].count() == 2 * n


def test_published_values_called_as_an_estimator_are_refused(
    toy_survey: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (plugin,) = workspace.discover().plugins
    spec = dataclasses.replace(plugin.specs[0], id="line")
    line = dataclasses.replace(plugin, specs=[spec])
    monkeypatch.setattr(sys.modules["toy_line"].Line, "spec", spec)
    monkeypatch.setattr(workspace, "discover", lambda: Registry((line,)))
    (toy_survey.parent / "published.csv").write_text("source_id,met\n1,-1.5\n")
    toy_survey.write_text(
        toy_survey.read_text().replace('"toy-line"', '"line"')
        + '[[evaluation.external]]\nid = "line"\nfile = "published.csv"\nscale = "C21"\n'
        + 'columns = { source_id = "source_id", feh = "met" }\n'
    )
    with pytest.raises(RecipeError, match="published values are called 'line', as an estimator"):
        evaluate_estimators(Request(toy_survey, tmp_path / "out", workers=1))


def test_three_calibrators_are_too_few_and_the_message_says_so(
    toy_survey: Path, tmp_path: Path
) -> None:
    spectra = toy_survey.parent / "spectra.csv"
    pl.read_csv(spectra).filter(pl.col("source_id") <= 3).write_csv(spectra)
    with pytest.raises(RecipeError, match="3 calibrators cannot be cut into 4 parts"):
        evaluate_estimators(Request(toy_survey, tmp_path / "out", workers=1))


def test_an_evaluation_and_a_build_do_not_share_a_folder(survey: Path, tmp_path: Path) -> None:
    build_catalogue(Request(survey, tmp_path / "out"))
    before = (tmp_path / "out" / "predictions.parquet").read_bytes()
    with pytest.raises(RunError, match="task"):
        evaluate_estimators(Request(survey, tmp_path / "out"))
    assert (tmp_path / "out" / "predictions.parquet").read_bytes() == before


@pytest.mark.parametrize(("kind", "n"), [("RRab", 54), ("RRc", 19)])
def test_published_relations_on_asas_are_as_good_as_published(
    asas: dict[str, Any], kind: str, n: int
) -> None:
    """Dekany et al. (2021) state a mean absolute error of 0.16 dex for RRab, 0.18 for RRc."""
    metrics = asas["estimators"]["literature-relations"][kind]
    assert metrics["n_asked"] == n
    assert metrics["n"] >= 0.85 * n  # some RRc have hardly a φ31
    assert metrics["mae"] < {"RRab": 0.18, "RRc": 0.26}[kind]


def test_asas_is_told_with_and_without_blazhko_stars(asas: dict[str, Any]) -> None:
    groups = asas["groups"]["literature-relations"]
    counts = {name: group["n_asked"] for name, group in groups.items()}
    assert counts["RRab-Blazhko"] == 14
    assert counts["RRab-without-Blazhko"] == 40
    assert counts["RRc-Blazhko"] == 6
    assert counts["RRc-without-Blazhko"] == 13


@pytest.fixture(scope="module")
def asas(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    recipe = Path(__file__).parents[2] / "catalogues" / "asas-i" / "recipe.toml"
    output = tmp_path_factory.mktemp("asas") / "out"
    evaluate_estimators(
        Request(recipe, output, data=data_dir / "asas_i", estimators=("literature-relations",))
    )
    return told(output)
