"""The work of feature selection in one fold or resample: what a worker process is handed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl
from threadpoolctl import threadpool_limits

from rrcat.catalogue.recipe import EstimatorSection
from rrcat.estimator.batch import StarBatch
from rrcat.estimator.contract import Estimator
from rrcat.estimator.registry import discover
from rrcat.evaluation.candidates import Candidates, candidates
from rrcat.evaluation.config import SelectionSection
from rrcat.evaluation.nested import choice, estimator_trials, relation_trials
from rrcat.evaluation.report import TYPES
from rrcat.evaluation.selection import METHODS, resampled
from rrcat.evaluation.splits import derived_seed
from rrcat.run.folds import Fold, loaded


@dataclass(frozen=True)
class Resample:
    """Some of the calibrators, drawn at random; ``number`` says which draw it is."""

    number: int
    n_stars: int

    @property
    def name(self) -> str:
        """A name that tells the resamples of a selection apart."""
        return str(self.number)


@dataclass(frozen=True)
class Sample:
    """The calibrators that features are chosen for.

    ``folder`` holds them and their tables as :func:`rrcat.run.calibrators.calibrator_batch` leaves
    them.
    """

    folder: Path
    band: str
    settings: SelectionSection
    seed: int

    def tables(self) -> tuple[pl.DataFrame, StarBatch]:
        """Give the calibrators and their tables."""
        return loaded(self.folder)

    def candidates(self) -> list[Candidates]:
        """Give the candidates of every pulsation type that has enough of stars and features."""
        return [one for one in self.every_type() if one.missing is None]

    def every_type(self) -> list[Candidates]:
        """Give the candidates of every pulsation type that is among the calibrators."""
        calibrators, batch = self.tables()
        assert batch.features is not None
        names, kinds = self.settings.features, set(calibrators["pulsation_type"])
        return [
            candidates(calibrators, batch.features, kind=kind, band=self.band, names=names)
            for kind in TYPES
            if kind in kinds
        ]


@dataclass(frozen=True)
class SelectInFold:
    """Features are chosen from all calibrators but those of a fold, and tried on these."""

    sample: Sample

    def __call__(self, fold: Fold) -> pl.DataFrame:
        """Give the trials of linear relations."""
        seed = derived_seed(self.sample.seed, fold.repeat, fold.fold)
        tested = fold.stars["source_id"]
        with threadpool_limits(1):  # with more threads sums are added in another order
            trials = [
                relation_trials(among, tested, seed=seed) for among in self.sample.candidates()
            ]
        return _of_fold(pl.concat(trials), fold)


@dataclass(frozen=True)
class TryPredictors:
    """Features are chosen as in :class:`SelectInFold`, and an estimator learns from them."""

    sample: Sample
    section: EstimatorSection

    def __call__(self, fold: Fold) -> pl.DataFrame:
        """Give the trials of the estimator."""
        calibrators, batch = self.sample.tables()
        with threadpool_limits(1):
            trials = estimator_trials(
                self.section.id,
                self._make,
                batch,
                calibrators,
                usable(self.sample.candidates(), self._make({})),
                fold.stars,
                seed=self.sample.seed,
            )
        return _of_fold(trials, fold)

    def _make(self, params: Mapping[str, Any]) -> Estimator:
        return discover().estimator(self.section.id, {**self.section.params, **params})


def usable(among: list[Candidates], estimator: Estimator) -> list[Candidates]:
    """Give the candidates that an estimator can use as predictors; none where those are fixed."""
    offered = [
        one.only(estimator.selectable)
        for one in among
        if one.kind in estimator.spec.pulsation_types
    ]
    return [one for one in offered if one.names]


@dataclass(frozen=True)
class SelectInResample:
    """Features are chosen from a part of the calibrators of each type."""

    sample: Sample

    def __call__(self, resample: Resample) -> pl.DataFrame:
        """Give ``pulsation_type``, ``method``, ``resample``, ``feature`` of what is chosen."""
        seed = derived_seed(self.sample.seed, resample.number, -1)
        rows = []
        with threadpool_limits(1):
            for among in self.sample.candidates():
                drawn = resampled(among.stars.height, seed)
                part = replace(among, stars=among.stars[drawn])
                rows += [
                    (among.kind, method, resample.number, among.names[column])
                    for method in METHODS
                    for column in choice(part, method, seed).chosen
                ]
        columns = {
            "pulsation_type": pl.String,
            "method": pl.String,
            "resample": pl.Int32,
            "feature": pl.String,
        }
        return pl.DataFrame(rows, schema=columns, orient="row")


def _of_fold(trials: pl.DataFrame, fold: Fold) -> pl.DataFrame:
    return trials.with_columns(
        repeat=pl.lit(fold.repeat, pl.Int32), fold=pl.lit(fold.fold, pl.Int32)
    )
