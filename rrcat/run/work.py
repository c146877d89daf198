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
from rrcat.lightcurve import CleaningSettings, sequences
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
        features = store.features(partition.first, partition.last)
        if features is None:
            features = self.fitted(store, partition)
        table = load("features")
        features = conform(features, table)
        check(features, table)
        return features

    def fitted(self, store: LocalStore, partition: Partition) -> pl.DataFrame:
        """Give the features as fitted to the light curves of the store, which must have some."""
        light_curves = store.light_curves(partition.first, partition.last)
        assert light_curves is not None, "an archive has light curves or features"
        return measure(
            light_curves,
            store.stars(partition.first, partition.last),
            self.bands,
            fourier=self.fourier,
            cleaning=self.cleaning,
            search=self.search,
        )


@dataclass(frozen=True)
class MakeSequences:
    """Light curves become the sequences of a partition, folded as they were fitted.

    Where ``features`` holds those of the archive itself, whose cleaning, clipping and phases are
    its own, the light curves are fitted for this.
    """

    fit: MakeFeatures
    features: Path

    def __call__(self, partition: Partition) -> pl.DataFrame:
        """Give the sequences of the stars of a partition."""
        store = LocalStore.open(self.fit.store, verify=False)
        light_curves = store.light_curves(partition.first, partition.last)
        assert light_curves is not None, "looked for before the first stage"
        if store.has_features:
            features = self.fit.fitted(store, partition)
        else:
            features = read_part(partition, self.features)
        made = sequences(light_curves, features, self.fit.cleaning)
        check(made, load("sequences"))
        return made


@dataclass(frozen=True)
class Predict:
    """What an estimator reads becomes its predictions, on the scale of the catalogue.

    ``features`` and ``sequences`` are folders of parts; that of sequences is there where an
    estimator of the recipe reads them.
    """

    store: Path
    features: Path
    sequences: Path
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
        folded = None
        if "sequences" in model.spec.inputs:
            folded = read_part(partition, self.sequences)
        batch = StarBatch(with_found(stars, features), light_curves, features, folded)
        return to_scale(model.predict(batch), model.scale, self.scale)


@cache
def _loaded(bundle: Path) -> Model:
    """Load a bundle once in a worker: its hashes are checked and its golden rows replayed."""
    return load_bundle(bundle)
