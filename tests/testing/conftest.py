"""An estimator that keeps the contract, to be broken in one way at a time."""

import dataclasses
import json
import sys
import types

import numpy as np
import polars as pl
import pytest
from pydantic import Field

from rrcat.estimator import Estimator, Model, Params
from rrcat.plugin import EstimatorSpec
from rrcat.testing import check_estimator

SPEC = EstimatorSpec(
    id="toy-line",
    version="1.0.0",
    api=1,
    factory="toy_for_checks:Toy",
    inputs=frozenset({"features"}),
    bands=frozenset({"G"}),
    pulsation_types=frozenset({"RRab"}),
    summary="A line in period",
)


class ToyParams(Params):
    error: float = Field(default=0.4, gt=0)


class ToyModel(Model):
    def __init__(self, scale, slope, constant):
        self.scale, self.slope, self.constant = scale, slope, constant

    def _predict(self, batch):
        feh = self.slope * pl.col("period") + self.constant
        error = self.params.error
        return batch.features.select(
            "source_id", feh=feh, feh_error=pl.lit(error), feh_p16=feh - error, feh_p84=feh + error
        )

    def _save(self, folder):
        content = {"scale": self.scale, "slope": self.slope, "constant": self.constant}
        (folder / "line.json").write_text(json.dumps(content))


class Toy(Estimator):
    spec = SPEC
    Params = ToyParams
    Model = ToyModel

    def _fit(self, batch, calibrators, *, seed, progress):
        rows = batch.features.join(calibrators, on="source_id").sort("source_id")
        line = np.polyfit(rows["period"].to_numpy(), rows["feh"].to_numpy(), 1)
        return self.Model(calibrators["feh_scale"][0], float(line[0]), float(line[1]))

    def _load(self, folder):
        return self.Model(**json.loads((folder / "line.json").read_text()))


@pytest.fixture
def toy(monkeypatch):
    """Gives the spec of an estimator with some methods exchanged, importable by its factory."""

    def toy(model=None, estimator=None, **spec):
        changed = dataclasses.replace(SPEC, **spec)
        broken_model = type("Broken", (ToyModel,), model or {})
        broken = type("Toy", (Toy,), {"spec": changed, "Model": broken_model, **(estimator or {})})
        monkeypatch.setitem(sys.modules, "toy_for_checks", types.SimpleNamespace(Toy=broken))
        return changed

    toy.model, toy.estimator = ToyModel, Toy
    return toy


@pytest.fixture
def predict(toy):
    """The sound way to predict, to be called by a broken one."""
    return toy.model._predict


@pytest.fixture
def failures():
    """Gives the checks that an estimator fails, with the reason."""

    def failures(spec):
        return {one.name: one.detail for one in check_estimator(spec) if not one.passed}

    return failures
