"""A simulated survey with spectra, and an estimator that learns from them."""

import json
import shutil
import sys
import types
from importlib.machinery import ModuleSpec

import numpy as np
import polars as pl
import pytest

from rrcat.estimator import Estimator, Model
from rrcat.estimator.loading import Plugin
from rrcat.estimator.registry import Registry
from rrcat.plugin import EstimatorSpec
from rrcat.run.build import build_catalogue
from rrcat.run.workspace import Request
from rrcat.simulate import write_survey

SPEC = EstimatorSpec(
    id="toy-line",
    version="1.0.0",
    api=1,
    factory="toy_line:Line",
    inputs=frozenset({"features", "light_curves"}),
    pulsation_types=frozenset({"RRab", "RRc"}),
    summary="A least-squares line in period",
)
CALIBRATION = """
[calibration]
file = "spectra.csv"
scale = "C21"
error_floor = 0.02
reference = ["Roe 2021"]

[calibration.columns]
source_id = "source_id"
name = "name"
feh = "feh"
feh_error = "feh_error"
source = "source"

[evaluation]
folds = 4
repeats = 2
seed = 3
"""


class LineModel(Model):
    scale = "C21"
    needs = ("phi31",)

    def __init__(self, slope, constant):
        self.slope, self.constant = slope, constant

    def _predict(self, batch):
        assert set(batch.light_curves["source_id"]) == set(batch.stars["source_id"])
        feh = self.slope * pl.col("period") + self.constant
        return batch.features.select("source_id", feh=feh, feh_error=pl.lit(0.3))

    def _plots(self):
        return {"line": f"<svg>{self.slope}</svg>".encode()}

    def _save(self, folder):
        text = json.dumps({"slope": self.slope, "constant": self.constant})
        (folder / "line.json").write_text(text)


class Line(Estimator):
    spec = SPEC

    def _fit(self, batch, calibrators, *, seed, progress):
        rows = batch.features.join(calibrators, on="source_id")
        slope, constant = np.polyfit(rows["period"], rows["feh"], 1)
        if progress:
            progress(1, 1)
        return LineModel(float(slope), float(constant))

    def _load(self, folder):
        return LineModel(**json.loads((folder / "line.json").read_text()))


@pytest.fixture
def toy_line(monkeypatch):
    """Make the toy estimator the only one that is installed."""
    module = types.ModuleType("toy_line")
    module.Line, module.__spec__ = Line, ModuleSpec("toy_line", None)
    monkeypatch.setitem(sys.modules, "toy_line", module)
    registry = Registry((Plugin("toy", "rrcat-toy", "1.0.0", "toy.plugin", specs=[SPEC]),))
    for module in ("rrcat.run.workspace", "rrcat.run.folds", "rrcat.estimator.bundle"):
        monkeypatch.setattr(f"{module}.discover", lambda: registry)


@pytest.fixture
def survey(tmp_path):
    """The recipe of 80 simulated stars; two spectra of each star are in spectra.csv.

    Two stars have no light curve.
    """
    recipe = write_survey(tmp_path / "survey", n_stars=80)
    path = recipe.parent / "light_curves.parquet"
    pl.read_parquet(path).filter(~pl.col("source_id").is_in([5, 45])).write_parquet(path)
    truth = pl.read_parquet(recipe.parent / "truth.parquet")
    spectra = [
        truth.select(
            "source_id",
            name=pl.format("star {}", "source_id"),
            feh=pl.col("feh") + offset,
            feh_error=pl.lit(0.1),
            source=pl.lit(paper),
        )
        for offset, paper in ((-0.05, "Doe 2020"), (0.05, "Roe 2021"))
    ]
    pl.concat(spectra).write_csv(recipe.parent / "spectra.csv")
    recipe.write_text(recipe.read_text() + CALIBRATION)
    return recipe


@pytest.fixture
def toy_survey(survey, toy_line):
    """The same survey with the learning estimator in place of the published relations."""
    text = survey.read_text().replace('"literature-relations"', '"toy-line"')
    survey.write_text(text.replace('params = { relations = ["muraveva25"] }\n', ""))
    return survey


LABELS = """
[calibration]
catalogue = "../candidate"
without_flags = []

[evaluation]
folds = 4
seed = 3
"""


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """Where the candidate of :func:`student` is built once."""
    return tmp_path_factory.mktemp("built") / "candidate"


@pytest.fixture
def student(toy_survey, built, tmp_path):
    """The recipe of the same survey that learns from ``candidate``, calibrated on thirty stars."""
    spectra = toy_survey.parent / "spectra.csv"
    pl.read_csv(spectra).filter(pl.col("source_id") <= 30).write_csv(spectra)
    text = toy_survey.read_text().replace("[archive]\n", '[archive]\nsurvey = "Simulated survey"\n')
    toy_survey.write_text(text)
    if not built.exists():
        build_catalogue(Request(toy_survey, built, workers=1))
    shutil.copytree(built, tmp_path / "candidate")
    recipe = toy_survey.parent / "student.toml"
    recipe.write_text(text.replace(CALIBRATION, LABELS))
    return recipe
