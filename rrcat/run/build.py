"""The build: a recipe becomes a candidate catalogue, in stages that can be interrupted."""

import os
import time
from collections import Counter
from concurrent.futures import Executor
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import polars as pl

from rrcat import atomic
from rrcat.archive.files import ingest, input_files
from rrcat.archive.store import LocalStore, write_store
from rrcat.canonical import json_bytes
from rrcat.catalogue.assemble import assemble, main_band
from rrcat.catalogue.recipe import EstimatorSection, Recipe, read_recipe
from rrcat.errors import RecipeError
from rrcat.estimator.batch import StarBatch
from rrcat.estimator.bundle import save_bundle
from rrcat.estimator.registry import Registry, discover
from rrcat.run.candidate import Origin, write_candidate
from rrcat.run.claim import claim
from rrcat.run.executor import executor
from rrcat.run.lock import locked
from rrcat.run.partition import Partition, partitions
from rrcat.run.parts import read_parts
from rrcat.run.progress import progress_bars
from rrcat.run.stage import run_stage
from rrcat.run.work import MakeFeatures, Predict
from rrcat.schema import load

PARTITION_SIZE = 5_000
GOLDEN_STARS = 16
LIBRARIES = ("astropy", "numba", "numpy", "polars", "rrcat")


@dataclass(frozen=True)
class BuildSummary:
    """What a build has made, for people and for ``--json``."""

    candidate: str
    name: str
    n_stars: int
    n_values: int
    statuses: dict[str, int]
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """Give the summary as plain data."""
        return asdict(self)


def build_catalogue(
    recipe_path: Path,
    output: Path,
    *,
    data: Path | None = None,
    estimators: tuple[str, ...] = (),
    seed: int | None = None,
    workers: int | None = None,
    partition_size: int = PARTITION_SIZE,
    restart: bool = False,
) -> BuildSummary:
    """Follow a recipe and leave a candidate catalogue in a folder.

    A build that was interrupted goes on where it stopped when it is run again. The candidate is
    the same, byte for byte, for any number of workers and any size of the partitions.

    Parameters
    ----------
    recipe_path
        The recipe.
    output
        Folder of the candidate; made where it is not there.
    data
        Folder the input files are in; by default that of the recipe.
    estimators
        Run only these of the recipe's estimators; by default all.
    seed
        In place of the recipe's seed.
    workers
        Processes; by default one for each core, where there are partitions enough.
    partition_size
        Stars in a unit of work.
    restart
        Throw away what an earlier build left in the folder.

    Raises
    ------
    RrcatError
        The recipe, its input or the folder is not fit for the build. Earlier results stay.
    """
    started = time.monotonic()
    recipe = _chosen(read_recipe(recipe_path), estimators, seed, recipe_path)
    base = data if data is not None else recipe_path.parent
    registry = discover()
    for section in recipe.estimator:
        registry.estimator(section.id, section.params)  # fail now rather than after the fits
    origin = _origin(recipe, base, registry)
    output.mkdir(parents=True, exist_ok=True)
    with locked(output):
        identity = {
            "recipe": recipe.resolved(),
            "inputs": origin.inputs,
            "versions": origin.versions,
        }
        claim(output, identity, restart=restart)
        store = _store(recipe, base, output / "store")
        cut = partitions(store.source_ids(), partition_size)
        # A process takes a second or two to start, so it must have some partitions to work on.
        workers = workers or max(1, min(os.cpu_count() or 1, len(cut) // 4))
        with executor(workers) as pool:
            frames = _frames(recipe, registry, store, cut, output, pool)
        write_candidate(output, recipe_path, recipe, frames, store.account, origin)
        seconds = round(time.monotonic() - started, 3)
        run = {
            "recipe_path": str(recipe_path.resolve()),
            "workers": workers,
            "partition_size": partition_size,
            "seconds": seconds,
        }
        atomic.write_bytes(output / "run.json", json_bytes(run))
    statuses = Counter(frames["catalogue"]["feh_status"].to_list())
    return BuildSummary(
        candidate=str(output),
        name=recipe.catalogue.name,
        n_stars=frames["catalogue"].height,
        n_values=statuses["ok"],
        statuses=dict(sorted(statuses.items())),
        seconds=seconds,
    )


def _frames(
    recipe: Recipe,
    registry: Registry,
    store: LocalStore,
    cut: list[Partition],
    output: Path,
    pool: Executor,
) -> dict[str, pl.DataFrame]:
    """Run the stages and give the finished frames: features, predictions and catalogue."""
    band = main_band(store.bands, recipe.catalogue.band)
    parts = output / "parts"
    with progress_bars() as progress:
        run_stage(
            "Fitting light curves" if store.has_light_curves else "Reading features",
            MakeFeatures(store.folder, store.bands, recipe.cleaning, recipe.fourier),
            cut,
            parts / "features",
            executor=pool,
            progress=progress,
        )
        features = read_parts(cut, parts / "features")
        stars = store.stars(cut[0].first, cut[-1].last)
        predictions = []
        for section in recipe.estimator:
            bundle = output / "bundles" / section.id
            if not bundle.exists():
                _train(section, recipe, registry, StarBatch(stars=stars, features=features), bundle)
            run_stage(
                f"Predicting: {section.id}",
                Predict(store.folder, parts / "features", bundle, recipe.catalogue.scale),
                cut,
                parts / section.id,
                executor=pool,
                progress=progress,
            )
            predictions.append(read_parts(cut, parts / section.id))
    frames = {
        "features": features,
        "predictions": pl.concat(predictions).sort("source_id", "estimator"),
    }
    frames["catalogue"] = assemble(
        stars,
        frames["features"],
        frames["predictions"],
        table=load(recipe.catalogue.table),
        band=band,
        scale=recipe.catalogue.scale,
        order=[section.id for section in recipe.estimator],
    )
    return frames


def _chosen(recipe: Recipe, ids: tuple[str, ...], seed: int | None, path: Path) -> Recipe:
    """Give the recipe with the estimators and the seed that the command line asks for."""
    known = [section.id for section in recipe.estimator]
    if unknown := sorted(set(ids) - set(known)):
        raise RecipeError(
            f"the recipe has no estimator {', '.join(unknown)}",
            file=path,
            hint=f"it has {', '.join(known)}",
        )
    chosen = tuple(section for section in recipe.estimator if not ids or section.id in ids)
    return recipe.model_copy(
        update={"estimator": chosen, "seed": recipe.seed if seed is None else seed}
    )


def _store(recipe: Recipe, base: Path, folder: Path) -> LocalStore:
    """Bring the archive into the local store, unless an earlier run of the build has."""
    if not folder.exists():
        write_store(ingest(recipe.archive, base, recipe.selection), folder)
    return LocalStore.open(folder)


def _train(
    section: EstimatorSection,
    recipe: Recipe,
    registry: Registry,
    batch: StarBatch,
    bundle: Path,
) -> None:
    """Fit an estimator and keep it as a bundle; its golden rows are the first stars with a fit."""
    if registry.spec(section.id).needs_calibrators:
        raise RecipeError(
            f"the estimator {section.id!r} learns from calibrators, and the recipe has none",
            key="estimator",
            hint="choose one that needs no calibrators",
        )
    model = registry.estimator(section.id, section.params).fit(seed=recipe.seed)
    assert batch.features is not None
    golden = batch.features.filter(pl.col("fit_status") == "ok").head(GOLDEN_STARS)["source_id"]
    save_bundle(
        model,
        bundle,
        golden=batch.only(golden),
        seed=recipe.seed,
        settings={
            "cleaning": recipe.cleaning.model_dump(mode="json"),
            "fourier": recipe.fourier.model_dump(mode="json"),
        },
        training_set_sha256="",
        metrics={},
    )


def _origin(recipe: Recipe, base: Path, registry: Registry) -> Origin:
    """Give what the results come from: inputs, code and estimators."""
    estimators: list[dict[str, Any]] = []
    for section in recipe.estimator:
        owner = registry.owner(section.id)
        estimators.append(
            {
                "id": section.id,
                "version": registry.spec(section.id).version,
                "distribution": owner.distribution,
                "distribution_version": owner.distribution_version,
                "params": section.params,
            }
        )
    return Origin(
        inputs=input_files(recipe.archive, base),
        versions={name: version(name) for name in LIBRARIES}
        | {each["distribution"]: each["distribution_version"] for each in estimators},
        estimators=estimators,
    )
