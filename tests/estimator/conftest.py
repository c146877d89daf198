"""A small estimator to try the contract with, and stars for it."""

import json
import sys
import types

import numpy as np
import polars as pl
import pytest
from pydantic import Field

from rrcat.estimator import Estimator, Model, Params, StarBatch
from rrcat.estimator.loading import Plugin
from rrcat.estimator.registry import Registry
from rrcat.plugin import EstimatorSpec

SPEC = EstimatorSpec(
    id="toy-line",
    version="1.2.0",
    api=1,
    factory="toy_estimators:Line",
    inputs=frozenset({"features"}),
    bands=frozenset({"G", "I"}),
    pulsation_types=frozenset({"RRab"}),
    summary="A line in period",
)


class LineParams(Params):
    error: float = Field(default=0.2, gt=0, description="Error of every value, dex.")


class LineModel(Model):
    bands = frozenset({"G"})
    needs = ("phi31",)
    reference = ("Doe 2020",)

    def __init__(self, scale, slope):
        self.scale, self.slope = scale, slope

    def _predict(self, batch):
        return batch.features.select(
            "source_id", feh=self.slope * pl.col("period"), feh_error=pl.lit(self.params.error)
        )

    def _save(self, folder):
        text = json.dumps({"scale": self.scale, "slope": self.slope})
        (folder / "line.json").write_text(text)


class Line(Estimator):
    spec = SPEC
    Params = LineParams

    def _fit(self, batch, calibrators, *, seed, progress):
        rows = batch.features.join(calibrators, on="source_id").filter(pl.col("band") == "G")
        slope = float(np.mean(rows["feh"].to_numpy() / rows["period"].to_numpy()))
        self.seen = batch, calibrators
        return LineModel(calibrators["feh_scale"][0], slope)

    def _load(self, folder):
        return LineModel(**json.loads((folder / "line.json").read_text()))


@pytest.fixture
def line(monkeypatch):
    """The class of a sound estimator, importable as its spec says."""
    monkeypatch.setitem(sys.modules, "toy_estimators", types.SimpleNamespace(Line=Line))
    return Line


@pytest.fixture
def registry(line):
    """A registry that holds the sound estimator only."""
    return Registry((Plugin("toy", "rrcat-toy", "1.2.0", "toy.plugin", specs=[SPEC]),))


@pytest.fixture
def batch():
    """Six RRab with a fit in G and in I."""
    ids = [1, 2, 3, 4, 5, 6]
    stars = pl.DataFrame({"source_id": ids, "period": 0.5, "pulsation_type": "RRab"})
    features = pl.concat(
        pl.DataFrame(
            {
                "source_id": ids,
                "band": band,
                "fit_status": "ok",
                "period": [0.45, 0.5, 0.55, 0.6, 0.65, 0.7],
                "phi31": 2.0,
            }
        )
        for band in ("G", "I")
    )
    return StarBatch(stars, features=features)


@pytest.fixture
def calibrators():
    """[Fe/H] of the first four stars of the batch, and of one that is not in it."""
    return pl.DataFrame(
        {
            "source_id": [1, 2, 3, 4, 99],
            "feh": [-1.35, -1.5, -1.65, -1.8, -1.0],
            "feh_error": 0.1,
            "feh_scale": "C21",
        }
    )


@pytest.fixture
def model(line, batch, calibrators):
    """The sound estimator after learning: [Fe/H] is −3 times the period."""
    return line().fit(batch, calibrators)
