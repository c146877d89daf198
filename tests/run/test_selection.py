"""Feature selection beside an evaluation: out of fold, resumable, the same bytes however run."""

import importlib.util
import json
import sys
import types
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any, Literal

import numpy as np
import polars as pl
import pytest
from pydantic import Field

from rrcat.errors import RecipeError, RunError
from rrcat.estimator import Estimator, Model, Params
from rrcat.estimator.loading import Plugin
from rrcat.estimator.registry import Registry
from rrcat.evaluation.selection import METHODS
from rrcat.plugin import EstimatorSpec
from rrcat.run.evaluate import evaluate_estimators
from rrcat.run.workspace import Request

FILES = ("selection.json", "selection.csv", "selection-features.csv")
FEW = '[evaluation.selection]\nfeatures = ["period", "a1", "a2", "phi31"]\nresamples = 5\n'


@pytest.fixture
def small(survey: Path) -> Path:
    survey.write_text(survey.read_text() + FEW)
    return survey


def selected(recipe: Path, output: Path, **more: Any) -> dict[str, Any]:
    evaluate_estimators(Request(recipe, output, **more), select_features=True)
    told = json.loads((output / "selection.json").read_text())
    assert isinstance(told, dict)
    return told


def products(folder: Path) -> dict[str, bytes]:
    plots = sorted(path.name for path in (folder / "plots").iterdir())
    names = (*FILES, "evaluation.json", "predictions.parquet", *(f"plots/{name}" for name in plots))
    return {name: (folder / name).read_bytes() for name in names}


def test_every_type_has_every_method_and_its_tables(small: Path, tmp_path: Path) -> None:
    told = selected(small, tmp_path / "out", workers=1)
    assert (told["band"], told["resamples"]) == ("G", 5)
    assert set(told["types"]) == {"RRab", "RRc", "RRd"}
    assert told["types"]["RRd"]["reason"] == "fewer than 12 stars have every feature"
    rrab = told["types"]["RRab"]
    assert rrab["candidates"] == ["period", "a1", "a2", "phi31"]
    assert set(rrab["models"]["linear-relation"]) == set(METHODS)
    scores = pl.read_csv(tmp_path / "out" / "selection.csv")
    assert scores.height == 2 * len(METHODS) * 4
    assert scores.filter("chosen").height == 2 * len(METHODS)
    features = pl.read_csv(tmp_path / "out" / "selection-features.csv")
    assert features.height == 2 * len(METHODS) * 4
    drawn = {path.name for path in (tmp_path / "out" / "plots").glob("selection-*")}
    assert drawn == {
        f"selection-{kind}-{name}.svg"
        for kind in ("RRab", "RRc")
        for name in ("score", "stability")
    }


def test_workers_and_an_interruption_do_not_change_a_byte(small: Path, tmp_path: Path) -> None:
    selected(small, tmp_path / "one", workers=1)
    selected(small, tmp_path / "two", workers=2, partition_size=9)
    assert products(tmp_path / "one") == products(tmp_path / "two")
    (tmp_path / "two" / "selection.json").unlink()
    for stage in ("select_in_folds", "select_in_draws"):
        parts = sorted((tmp_path / "two" / "parts" / stage).iterdir())
        parts[0].unlink()
        parts[1].write_bytes(b"half of a part")
    selected(small, tmp_path / "two", workers=1, partition_size=9)
    assert products(tmp_path / "one") == products(tmp_path / "two")


def test_an_evaluation_can_be_selected_for_later(small: Path, tmp_path: Path) -> None:
    summary = evaluate_estimators(Request(small, tmp_path / "out", workers=1))
    assert summary.selection is None
    before = (tmp_path / "out" / "evaluation.json").read_bytes()
    assert not [name for name in FILES if (tmp_path / "out" / name).exists()]
    selected(small, tmp_path / "out", workers=1)
    assert (tmp_path / "out" / "evaluation.json").read_bytes() == before


def test_restart_throws_an_earlier_selection_away(small: Path, tmp_path: Path) -> None:
    selected(small, tmp_path / "out", workers=1)
    evaluate_estimators(Request(small, tmp_path / "out", workers=1, restart=True))
    assert not [name for name in FILES if (tmp_path / "out" / name).exists()]


def test_stars_that_are_too_few_are_told_after_the_evaluation(small: Path, tmp_path: Path) -> None:
    spectra = small.parent / "spectra.csv"
    pl.read_csv(spectra).filter(pl.col("source_id") <= 8).write_csv(spectra)
    with pytest.raises(RunError, match="there is nothing to choose features from") as caught:
        selected(small, tmp_path / "out", workers=1)
    assert "RRab: fewer than 12 stars have every feature" in caught.value.message
    assert (tmp_path / "out" / "evaluation.json").exists()


def test_a_feature_that_is_none_is_refused_with_the_nearest(small: Path, tmp_path: Path) -> None:
    small.write_text(small.read_text().replace('"phi31"', '"phi3l"'))
    with pytest.raises(RecipeError, match="did you mean 'phi31'"):
        selected(small, tmp_path / "out")


def test_without_scikit_learn_the_command_says_how_to_get_it(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(
        "rrcat.run.evaluate.find_spec", lambda name: None if name == "sklearn" else found(name)
    )
    with pytest.raises(RunError, match="needs scikit-learn") as caught:
        selected(small, tmp_path / "out")
    assert caught.value.hint == "python -m pip install 'rrcat[selection]'"
    assert not (tmp_path / "out").exists()


# An estimator whose predictors can be set.

SPEC = EstimatorSpec(
    id="toy-plane",
    version="1.0.0",
    api=1,
    factory="toy_plane:Plane",
    inputs=frozenset({"features"}),
    pulsation_types=frozenset({"RRab"}),
    summary="Least squares in the predictors",
)


class PlaneModel(Model):
    scale = "C21"

    def __init__(self, names: tuple[str, ...], solution: list[float]) -> None:
        self.names, self.solution = names, solution
        self.needs = names

    def _predict(self, batch: Any) -> pl.DataFrame:
        terms = zip(self.names, self.solution[1:], strict=True)
        feh = pl.sum_horizontal(pl.col(name) * slope for name, slope in terms) + self.solution[0]
        return batch.features.select("source_id", feh=feh, feh_error=pl.lit(0.2))

    def _save(self, folder: Path) -> None:
        raise NotImplementedError


class PlaneParams(Params):
    predictors: dict[str, tuple[Literal["period", "phi31"], ...]] = Field({"RRab": ("period",)})


class Plane(Estimator):
    spec = SPEC
    Params = PlaneParams
    selectable = ("period", "phi31")

    def _fit(self, batch: Any, calibrators: Any, *, seed: int, progress: Any) -> PlaneModel:
        names = self.params.predictors["RRab"]
        rows = batch.features.join(calibrators, on="source_id")
        matrix = np.column_stack([np.ones(rows.height), rows.select(names).to_numpy()])
        solution = np.linalg.lstsq(matrix, rows["feh"].to_numpy(), rcond=None)[0]
        return PlaneModel(names, solution.tolist())

    def _load(self, folder: Path) -> PlaneModel:
        raise NotImplementedError


def test_an_estimator_whose_predictors_can_be_set_is_tried_with_them(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = types.ModuleType("toy_plane")
    module.Plane, module.__spec__ = Plane, ModuleSpec("toy_plane", None)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "toy_plane", module)
    registry = Registry((Plugin("toy", "rrcat-toy", "1.0.0", "toy.plugin", specs=[SPEC]),))
    for place in ("workspace", "folds", "select_folds"):
        monkeypatch.setattr(f"rrcat.run.{place}.discover", lambda: registry)
    text = small.read_text().replace('"literature-relations"', '"toy-plane"')
    small.write_text(text.replace('params = { relations = ["muraveva25"] }\n', ""))
    told = selected(small, tmp_path / "out", workers=1)
    assert told["estimators"] == {"toy-plane": {"selectable": True}}
    scores = told["types"]["RRab"]["models"]["toy-plane"]["forward"]["scores"]
    assert [score["features"] for score in scores] in (
        [["period"], ["period", "phi31"]],
        [["phi31"], ["phi31", "period"]],
    )
    assert scores[1]["rmse"] < scores[0]["rmse"]
    assert "toy-plane" not in told["types"]["RRc"]["models"]


def test_an_estimator_whose_inputs_are_fixed_is_told_as_such(small: Path, tmp_path: Path) -> None:
    told = selected(small, tmp_path / "out", workers=1)
    assert told["estimators"] == {"literature-relations": {"selectable": False}}
