"""An estimator that remembers which stars it was shown, and stars to test it on."""

import numpy as np
import polars as pl
import pytest

from rrcat.estimator import Estimator, Model, StarBatch
from rrcat.plugin import EstimatorSpec

SPEC = EstimatorSpec(
    id="nearest-period",
    version="1.0.0",
    api=1,
    factory="toy:Nearest",
    inputs=frozenset({"features"}),
    pulsation_types=frozenset({"RRab", "RRc"}),
    summary="The [Fe/H] of the calibrator of nearest period",
)


class NearestModel(Model):
    scale = "C21"

    def __init__(self, rows):
        self.rows = rows

    def _predict(self, batch):
        known, feh = self.rows["period"].to_numpy(), self.rows["feh"].to_numpy()
        periods = batch.features["period"].to_numpy()
        nearest = [feh[np.argmin(abs(known - period))] for period in periods]
        return batch.features.select("source_id", feh=pl.Series(nearest), feh_error=pl.lit(0.2))

    def _save(self, folder):
        raise NotImplementedError


class Nearest(Estimator):
    spec = SPEC

    def __init__(self, params=None):
        super().__init__(params)
        self.shown = []

    def _fit(self, batch, calibrators, *, seed, progress):
        self.shown.append((set(calibrators["source_id"]), set(batch.stars["source_id"]), seed))
        return NearestModel(batch.features.join(calibrators, on="source_id"))

    def _load(self, folder):
        raise NotImplementedError


@pytest.fixture
def nearest():
    """An estimator that gives the [Fe/H] of the calibrator of nearest period."""
    return Nearest()


@pytest.fixture
def calibrators():
    """Twenty RRab, six RRc, and one RRd that no estimator serves."""
    n = 27
    return pl.DataFrame(
        {
            "source_id": np.arange(100, 100 + n),
            "feh": np.linspace(-2.5, -0.5, n),
            "feh_error": 0.1,
            "feh_scale": "C21",
            "pulsation_type": ["RRab"] * 20 + ["RRc"] * 6 + ["RRd"],
        }
    )


@pytest.fixture
def batch(calibrators):
    """Stars whose period tells their [Fe/H]; the last RRc has no fit."""
    n = calibrators.height
    stars = calibrators.select("source_id", "pulsation_type", period=pl.lit(0.5))
    features = calibrators.select(
        "source_id",
        band=pl.lit("I"),
        period=0.4 - 0.1 * pl.col("feh"),
        fit_status=pl.Series(["ok"] * (n - 2) + ["too_few_epochs", "ok"]),
    )
    return StarBatch(stars, features=features)
