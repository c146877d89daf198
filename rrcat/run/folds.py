"""The work of one fold: what a worker process is handed, and what it gives back."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import polars as pl

from rrcat.catalogue.recipe import EstimatorSection, Recipe
from rrcat.estimator.batch import StarBatch
from rrcat.estimator.registry import discover
from rrcat.evaluation.cross_validation import KEY, cross_validate
from rrcat.evaluation.splits import cut
from rrcat.run.calibrators import calibrator_batch, read_calibrator_batch
from rrcat.run.candidate import CALIBRATORS
from rrcat.run.parts import read_parts
from rrcat.run.progress import progress_bars
from rrcat.run.stage import run_stage
from rrcat.run.training import CHECKPOINTS
from rrcat.run.workspace import Workspace


@dataclass(frozen=True)
class Fold:
    """The stars that one model is tested on."""

    repeat: int
    fold: int
    source_ids: tuple[int, ...]

    @property
    def name(self) -> str:
        """A name that tells the folds of an evaluation apart."""
        return f"{self.repeat}-{self.fold}"

    @property
    def n_stars(self) -> int:
        """Stars that the model is tested on."""
        return len(self.source_ids)

    @property
    def stars(self) -> pl.DataFrame:
        """The stars as rows of a frame of :func:`rrcat.evaluation.splits.cut`."""
        return pl.DataFrame(
            {"repeat": self.repeat, "fold": self.fold, "source_id": self.source_ids},
            schema={"repeat": pl.Int32, "fold": pl.Int32, "source_id": pl.Int64},
        )


def fold_sets(recipe: Recipe, calibrators: pl.DataFrame) -> pl.DataFrame:
    """Give the stars that each model of a recipe's evaluation is tested on, as :func:`cut` does."""
    settings = recipe.evaluation
    return cut(
        calibrators,
        scheme=settings.scheme,
        folds=settings.folds,
        repeats=settings.repeats,
        seed=settings.seed,
    )


def folds(sets: pl.DataFrame) -> list[Fold]:
    """Give the folds of a frame of :func:`rrcat.evaluation.splits.cut`."""
    return [
        Fold(repeat, fold, tuple(stars["source_id"]))
        for (repeat, fold), stars in sets.group_by("repeat", "fold", maintain_order=True)
    ]


@dataclass(frozen=True)
class CrossValidate:
    """An estimator learns from all calibrators but those of a fold, and predicts these.

    ``folder`` holds the calibrators and their tables as
    :func:`rrcat.run.calibrators.calibrator_batch` leaves them.
    """

    folder: Path
    section: EstimatorSection
    seed: int

    def __call__(self, fold: Fold) -> pl.DataFrame:
        """Give the predictions for the stars of a fold."""
        calibrators, batch = loaded(self.folder)
        estimator = discover().estimator(self.section.id, self.section.params)
        return cross_validate(
            estimator,
            batch,
            calibrators,
            fold.stars,
            seed=self.seed,
            checkpoints=self.folder / CHECKPOINTS / self.section.id,
        )


def loaded(folder: Path) -> tuple[pl.DataFrame, StarBatch]:
    """Give the calibrators that were left in a folder, and their tables."""
    return _loaded(folder, (folder / CALIBRATORS).stat().st_mtime_ns)


@lru_cache(maxsize=1)
def _loaded(folder: Path, written: int) -> tuple[pl.DataFrame, StarBatch]:
    """Read the calibrators once in a worker; again only where another run has written them."""
    return pl.read_parquet(folder / CALIBRATORS, glob=False), read_calibrator_batch(folder)


def out_of_fold(
    place: Workspace, stars: pl.DataFrame, units: list[Fold], *, prefix: str = ""
) -> pl.DataFrame:
    """Give the predictions of all estimators of a recipe by models that had not seen the stars.

    Those of a fold are kept as a part in ``parts/<prefix><id>``.

    Parameters
    ----------
    stars
        ``source_id`` of the calibrators, and of others whose tables are wanted.
    """
    found, recipe = [], place.recipe
    # What learns nothing is done before a process has started.
    learning = any(place.registry.spec(one.id).needs_calibrators for one in recipe.estimator)
    with progress_bars() as progress, place.executor(len(units) if learning else 0) as pool:
        calibrator_batch(place, stars, progress=progress)
        for section in recipe.estimator:
            parts = place.output / "parts" / f"{prefix}{section.id}"
            run_stage(
                f"Testing: {section.id}",
                CrossValidate(place.output, section, recipe.evaluation.seed),
                units,
                parts,
                executor=pool,
                progress=progress,
            )
            found.append(read_parts(units, parts))
    return pl.concat(found).sort(KEY)
