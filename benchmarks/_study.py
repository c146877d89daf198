"""What the studies of learned estimators share: models by estimator, number of stars and fold.

Every model is kept as a bundle in the output folder, so that an interrupted study goes on when it
is started again, the model under way from its last epoch; one study finds the models of another.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from rrcat import atomic
from rrcat.canonical import json_bytes
from rrcat.catalogue.recipe import EstimatorSection, Recipe, read_recipe
from rrcat.errors import RecipeError
from rrcat.estimator import Model, StarBatch, discover, load_bundle, save_bundle
from rrcat.estimator.checkpoints import keeping_checkpoints
from rrcat.evaluation.splits import derived_seed
from rrcat.run.calibrators import calibration_sample, calibrator_batch, write_sample
from rrcat.run.executor import executor
from rrcat.run.folds import fold_sets, loaded
from rrcat.run.partition import AnyUnit
from rrcat.run.parts import make_part, read_part
from rrcat.run.progress import progress_bars
from rrcat.run.workspace import Request, workspace

HERE = Path(__file__).resolve().parent
RECIPE = HERE.parent / "catalogues" / "ogle-gaia-g" / "networks.toml"
NUMBERS = (250, 500, 1_000, 2_000)
BESIDE = "fourier-xgboost"
GOLDEN_STARS = 16
# Okabe and Ito: any eye tells them apart. The marker says the same once more.
LOOKS = {
    "keras-lstm": ("#0072B2", "o"),
    "keras-transformer": ("#D55E00", "s"),
    BESIDE: ("#009E73", "^"),
}


@dataclass(frozen=True)
class Settings:
    """What is run: ``epochs`` None leaves it to the recipe, ``folds`` are those that are tested."""

    data: Path
    recipe: Path
    output: Path
    report: Path
    numbers: tuple[int, ...]
    folds: int
    workers: int
    epochs: int | None
    restart: bool


def settings(arguments: Sequence[str], about: str | None) -> Settings:
    """Give what a command line asks for; all studies take the same."""
    shared = HERE.parent.parent / "shared" / "data"
    data = Path(os.environ.get("RRCAT_TEST_DATA", shared)) / "gaia_dr2_g_folded"
    parser = argparse.ArgumentParser(
        description=about, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="see that it works, in minutes")
    parser.add_argument("--recipe", type=Path, default=RECIPE)
    parser.add_argument("--data", type=Path, default=data, help="folder that the recipe reads")
    parser.add_argument("--output", type=Path, help="folder of the work, which goes on there")
    parser.add_argument(
        "--report", type=Path, help="folder of tables and figures: that of the work"
    )
    parser.add_argument("--folds", type=int, help="how many of the folds are tested: all")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--restart", action="store_true", help="throw away what is in --output")
    given = parser.parse_args(arguments)
    evaluation = read_recipe(given.recipe).evaluation
    name = given.recipe.stem + ("-quick" if given.quick else "")
    output = given.output or HERE / "build" / name
    return Settings(
        data=given.data,
        recipe=given.recipe,
        output=output,
        report=given.report or output,
        numbers=(100, 200) if given.quick else NUMBERS,
        folds=min(given.folds or (1 if given.quick else evaluation.folds), evaluation.folds),
        workers=given.workers,
        epochs=2 if given.quick else None,
        restart=given.restart,
    )


@dataclass(frozen=True)
class Learning:
    """One model: an estimator learns from so many of the stars outside a fold."""

    estimator: str
    n_stars: int
    fold: int

    @property
    def name(self) -> str:
        return f"{self.estimator}-{self.n_stars}-{self.fold}"


@dataclass(frozen=True)
class Study:
    """A claimed folder with the calibrators and their tables, and what learns from them."""

    folder: Path
    recipe: Recipe
    sections: tuple[EstimatorSection, ...]

    def tested(self, fold: int) -> pl.Series:
        """Give the stars of a fold."""
        sets = fold_sets(self.recipe, loaded(self.folder)[0])
        return sets.filter(pl.col("fold") == fold)["source_id"]

    def model(self, unit: Learning) -> Model:
        """Give a model: from its bundle, or learned and kept as one."""
        bundle = self.folder / "bundles" / unit.name
        if bundle.exists():
            return load_bundle(bundle)
        (section,) = (one for one in self.sections if one.id == unit.estimator)
        estimator = discover().estimator(section.id, section.params)
        calibrators, batch = loaded(self.folder)
        seed = derived_seed(self.recipe.evaluation.seed, 0, unit.fold)
        chosen = some_of(others(calibrators, self.tested(unit.fold)), unit.n_stars, seed)
        batch = reads(batch, estimator.spec.inputs).only(chosen["source_id"])
        with keeping_checkpoints(estimator, self.folder / "checkpoints" / unit.name):
            model = estimator.fit(batch, chosen, seed=seed)
            save_bundle(
                model,
                bundle,
                golden=batch.only(chosen["source_id"].sort().head(GOLDEN_STARS)),
                seed=seed,
                settings={},
                training_set_sha256="",
                metrics={"n_calibrators": chosen.height},
            )
        return model

    def __call__(self, unit: Learning) -> pl.DataFrame:
        """Give what a model says of the stars of its fold."""
        calibrators, batch = loaded(self.folder)
        model = self.model(unit)
        given = model.predict(reads(batch, model.spec.inputs).only(self.tested(unit.fold)))
        return beside_truth(given, calibrators).with_columns(n_stars=pl.lit(unit.n_stars))


def others(calibrators: pl.DataFrame, tested: pl.Series) -> pl.DataFrame:
    """Give the calibrators outside a fold, by identifier."""
    return calibrators.join(tested.to_frame(), on="source_id", how="anti").sort("source_id")


def some_of(calibrators: pl.DataFrame, number: int, seed: int) -> pl.DataFrame:
    """Give so many of the calibrators, by identifier; fewer are among more with the same seed."""
    if number > calibrators.height:
        raise RecipeError(f"{calibrators.height} stars are fewer than {number} to learn from")
    order = np.random.default_rng(seed).permutation(calibrators.height)
    return calibrators[np.sort(order[:number])]


def reads(batch: StarBatch, inputs: frozenset[str]) -> StarBatch:
    """Give the batch with the tables that an estimator reads, and no others."""
    return StarBatch(**{n: table for n, table in batch.frames().items() if n in {"stars", *inputs}})


def beside_truth(predictions: pl.DataFrame, calibrators: pl.DataFrame) -> pl.DataFrame:
    """Give predictions as :func:`rrcat.evaluation.metrics.metrics` reads them."""
    truth = calibrators.select("source_id", feh_true="feh")
    return predictions.join(truth, on="source_id", how="left", maintain_order="left").select(
        "source_id", "estimator", "feh_true", "feh", "feh_error", "status", repeat=pl.lit(0)
    )


@contextmanager
def study(wanted: Settings) -> Iterator[Study]:
    """Claim the folder and leave in it what the models learn from and are tested on."""
    request = Request(
        wanted.recipe,
        wanted.output,
        data=wanted.data,
        workers=wanted.workers,
        restart=wanted.restart,
    )
    # Models stay valid as long as recipe, data and code do, whichever benchmark made them.
    with workspace(request, task="benchmark") as place:
        sample = calibration_sample(place)
        write_sample(sample, place.output)
        with progress_bars() as progress:
            calibrator_batch(place, sample.calibrators, progress=progress, folded=True)
        sections = [
            one.model_copy(update={"params": one.params | {"epochs": wanted.epochs}})
            if wanted.epochs
            else one
            for one in place.recipe.estimator
        ]
        if BESIDE not in {one.id for one in sections}:
            sections.append(EstimatorSection(id=BESIDE))
        yield Study(place.output, place.recipe, tuple(sections))


def kept(
    work: Callable[[AnyUnit], pl.DataFrame], units: Sequence[AnyUnit], folder: Path, workers: int
) -> pl.DataFrame:
    """Give what the work makes of all units, done where it is not done yet.

    Unlike :func:`rrcat.run.stage.run_stage` it leaves alone what is there of other units: those of
    more folds may have taken hours.
    """
    folder.mkdir(parents=True, exist_ok=True)
    left = [unit for unit in units if not any(folder.glob(f"{unit.name}.*.parquet"))]
    with executor(workers) as pool:
        futures: list[Future[str]] = []
        try:
            for unit in left:
                futures.append(pool.submit(make_part, work, unit, folder))
                futures[-1].add_done_callback(partial(_tell, unit.name))
                if futures[-1].done():  # a serial executor has worked already
                    futures[-1].result()
            for future in as_completed(futures):
                future.result()
        finally:
            for future in futures:
                future.cancel()
    return pl.concat([read_part(unit, folder) for unit in units])


def _tell(name: str, future: Future[str]) -> None:
    if not future.cancelled() and future.exception() is None:
        print(f"{time.strftime('%H:%M')} {name}", file=sys.stderr, flush=True)


def rmse_cell(one: dict[str, Any]) -> str:
    """Give an RMSE with its bootstrap error, and how many stars have no value, if any."""
    if one["rmse"] is None:
        return "no value"
    silent = one["n_asked"] - one["n"]
    without = f" ({silent} without)" if silent else ""
    return f"{one['rmse']:.3f} ± {one['rmse_error']:.3f}{without}"


def write(
    folder: Path, name: str, told: dict[str, Any], text: str, figures: dict[str, bytes]
) -> None:
    """Leave a result as JSON, its table as Markdown and its figures as SVG, and print the table."""
    folder.mkdir(parents=True, exist_ok=True)
    atomic.write_bytes(folder / f"{name}.json", json_bytes(told))
    atomic.write_bytes(folder / f"{name}.md", text.encode())
    for figure, content in figures.items():
        atomic.write_bytes(folder / f"{figure}.svg", content)
    print(text)
