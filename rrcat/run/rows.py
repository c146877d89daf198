"""The work on one partition once its estimators have answered: predictions, then catalogue rows."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import polars as pl

from rrcat.archive.store import LocalStore
from rrcat.catalogue.assemble import assemble
from rrcat.catalogue.combination import Combination
from rrcat.catalogue.distance import with_distances, without_distances
from rrcat.catalogue.distance.config import DistanceSection
from rrcat.catalogue.flags import FlagSettings
from rrcat.catalogue.hull import Hull
from rrcat.fourier.measure import with_found
from rrcat.run.partition import Partition
from rrcat.run.parts import read_part
from rrcat.run.recommend import recommend
from rrcat.schema import Table

# No estimator has an underscore in its id.
FEATURES, SEQUENCES = "features", "sequences"
PREDICTIONS, ROWS = "all_predictions", "catalogue_rows"
"""Folders, among the parts of a build, of joined predictions and of rows of the catalogue."""


@dataclass(frozen=True)
class Join:
    """The answers of all estimators become one table, with the combination where there is one.

    ``parts`` is the folder of the parts of a build, ``band`` the main one.
    """

    store: Path
    parts: Path
    estimators: tuple[str, ...]
    band: str
    learned: Combination | None

    def __call__(self, partition: Partition) -> pl.DataFrame:
        """Give the predictions for the stars of a partition."""
        answers = [read_part(partition, self.parts / id) for id in self.estimators]
        predictions = pl.concat(answers).sort("source_id", "estimator")
        if self.learned is None:
            return predictions
        features = read_part(partition, self.parts / FEATURES)
        store = LocalStore.open(self.store, verify=False)
        stars = with_found(store.stars(partition.first, partition.last), features)
        return recommend(predictions, stars, features, self.learned, self.band)


@dataclass(frozen=True)
class MakeRows:
    """Stars, features and predictions become rows of the catalogue.

    Parameters
    ----------
    store, parts
        Folders of the store and of the parts of the build.
    table, band, scale, order, hull, warn
        As of :func:`rrcat.catalogue.assemble.assemble`.
    distance, maps
        ``[distance]`` of the recipe, and the folder that its maps are in.
    """

    store: Path
    parts: Path
    table: Table
    band: str
    scale: str
    order: tuple[str, ...]
    hull: Hull | None
    warn: FlagSettings
    distance: DistanceSection | None
    maps: Path

    def __call__(self, partition: Partition) -> pl.DataFrame:
        """Give the rows of the stars of a partition."""
        store = LocalStore.open(self.store, verify=False)
        features = read_part(partition, self.parts / FEATURES)
        distances = without_distances
        if self.distance is not None:
            distances = partial(
                with_distances,
                section=self.distance,
                features=features,
                scale=self.scale,
                folder=self.maps,
            )
        return assemble(
            store.stars(partition.first, partition.last),
            features,
            read_part(partition, self.parts / PREDICTIONS),
            table=self.table,
            band=self.band,
            scale=self.scale,
            order=self.order,
            distances=distances,
            hull=self.hull,
            warn=self.warn,
        )
