"""The work of one partition: what a worker process is handed, and what it gives back."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import polars as pl

from rrcat.archive.store import LocalStore
from rrcat.estimator.batch import StarBatch
from rrcat.estimator.bundle import load_bundle
from rrcat.estimator.contract import Model
from rrcat.estimator.rescale import to_scale
from rrcat.fourier.measure import measure, with_found
from rrcat.fourier.search_settings import PeriodSearchSettings
from rrcat.fourier.settings import FitSettings
from rrcat.lightcurve.cleaning import CleaningSettings
from rrcat.run.partition import Partition
from rrcat.run.parts import read_part
from rrcat.schema import check, conform, load


@dataclass(frozen=True)
class MakeFeatures:
    """Light curves, or the features the archive itself has, become the features of a partition."""

    store: Path
    bands: tuple[str, ...]
    cleaning: CleaningSettings
    fourier: FitSettings
    search: PeriodSearchSettings | None

    def __call__(self, partition: Partition) -> pl.DataFrame:
        """Give the features of the stars of a partition."""
        store = LocalStore.open(self.store, verify=False)
        stars = store.stars(partition.first, partition.last)
        features = store.features(partition.first, partition.last)
        if features is None:
            light_curves = store.light_curves(partition.first, partition.last)
            assert light_curves is not None, "an archive has light curves or features"
            features = measure(
                light_curves,
                stars,
                self.bands,
                fourier=self.fourier,
                cleaning=self.cleaning,
                search=self.search,
            )
        table = load("features")
        features = conform(features, table)
        check(features, table)
        return features


@dataclass(frozen=True)
class Predict:
    """What an estimator reads becomes its predictions, on the scale of the catalogue."""

    store: Path
    features: Path
    bundle: Path
    scale: str

    def __call__(self, partition: Partition) -> pl.DataFrame:
        """Give the predictions for the stars of a partition."""
        store, model = LocalStore.open(self.store, verify=False), _loaded(self.bundle)
        features = read_part(partition, self.features)
        stars = store.stars(partition.first, partition.last)
        light_curves = None
        if "light_curves" in model.spec.inputs:
            light_curves = store.light_curves(partition.first, partition.last)
        batch = StarBatch(with_found(stars, features), light_curves, features)
        return to_scale(model.predict(batch), model.scale, self.scale)


@cache
def _loaded(bundle: Path) -> Model:
    """Load a bundle once in a worker: its hashes are checked and its golden rows replayed."""
    return load_bundle(bundle)
