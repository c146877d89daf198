"""The build: a recipe becomes a candidate catalogue, in stages that can be interrupted."""

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from rrcat import atomic
from rrcat.archive.store import LocalStore
from rrcat.calibration.sample import Sample
from rrcat.canonical import json_bytes
from rrcat.catalogue.assemble import assemble, main_band
from rrcat.catalogue.combination import COMBINATION, Combination
from rrcat.catalogue.distance import check_bands, with_distances, without_distances
from rrcat.catalogue.hull import keep_hull, learn_hull
from rrcat.catalogue.individual import catalogue_table
from rrcat.catalogue.recipe import Recipe
from rrcat.catalogue.validation.result import counted
from rrcat.estimator.batch import StarBatch
from rrcat.fourier.measure import with_found
from rrcat.release.candidate import COMBINATION as COMBINED
from rrcat.run.calibrators import calibration_sample, write_sample
from rrcat.run.candidate import write_candidate
from rrcat.run.executor import executor
from rrcat.run.partition import Partition
from rrcat.run.parts import read_parts
from rrcat.run.progress import progress_bars
from rrcat.run.recommend import learn_combination, recommend
from rrcat.run.report_stars import report_stars
from rrcat.run.stage import run_stage
from rrcat.run.tables import make_features, make_sequences, reads_sequences, sequences_of
from rrcat.run.training import GOLDEN_STARS, check_calibration, train
from rrcat.run.validation import tested, validated, validation_tables
from rrcat.run.work import Predict
from rrcat.run.workspace import Request, Workspace, default_workers, workspace
from rrcat.schema import Table


@dataclass(frozen=True)
class BuildSummary:
    """What a build has made, for people and for ``--json``.

    ``statuses`` counts all stars by reason, ``flags`` those with a value by what they warn of,
    ``checks`` counts the validations by how they went, ``failed`` holds those that did not pass.
    """

    candidate: str
    name: str
    n_stars: int
    n_values: int
    statuses: dict[str, int]
    flags: dict[str, int]
    checks: dict[str, int]
    failed: list[dict[str, Any]]
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """Give the summary as plain data."""
        return asdict(self)


def build_catalogue(request: Request) -> BuildSummary:
    """Follow a recipe and leave a candidate catalogue in a folder.

    A build that was interrupted goes on where it stopped when it is run again. The candidate is
    the same, byte for byte, for any number of workers and any size of the partitions.

    Raises
    ------
    RrcatError
        The recipe, its input or the folder is not fit for the build. Earlier results stay.
    """
    started = time.monotonic()
    with workspace(request, tables=validation_tables) as place:
        recipe, output = place.recipe, place.output
        check_calibration(recipe, place.registry)
        table = catalogue_table(recipe)
        sample = _sample(place)
        learned = None if sample is None else _learned(place, sample)
        cut = place.partitions(place.store)
        workers = default_workers(request.workers, len(cut))
        with executor(workers) as pool:
            frames = _frames(place, sample, learned, cut, pool, table)
        unseen = tested(place, sample)
        frames["report_stars"] = _shown(place, frames, unseen, table)
        if unseen is not None:
            frames["out_of_fold"] = unseen
        results = write_candidate(
            output,
            request.recipe,
            recipe,
            frames,
            place.store.account,
            place.origin,
            validated(place, sample, frames, _order(recipe), unseen),
        )
        seconds = round(time.monotonic() - started, 3)
        run = {
            "recipe_path": str(request.recipe.resolve()),
            "workers": workers,
            "partition_size": request.partition_size,
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
        flags=_flag_counts(frames["catalogue"], table),
        checks=counted(results),
        failed=[result.short() for result in results if result.passed is False],
        seconds=seconds,
    )


def _sample(place: Workspace) -> Sample | None:
    """Give the calibrators, None where nothing is learned from them."""
    learning = any(place.registry.spec(one.id).needs_calibrators for one in place.recipe.estimator)
    if not learning and place.recipe.combination is None:
        return None
    sample = calibration_sample(place)
    write_sample(sample, place.output)
    return sample


def _shown(
    place: Workspace, frames: dict[str, pl.DataFrame], unseen: pl.DataFrame | None, table: Table
) -> pl.DataFrame:
    """Give the stars that the report of a release shows one by one."""
    far = None
    if unseen is not None:
        first = unseen.filter(pl.col("estimator") == COMBINATION)
        far = first.select("source_id", residual=pl.col("feh") - pl.col("feh_true")).drop_nulls()
    return report_stars(
        frames["catalogue"],
        frames["features"],
        frames["predictions"],
        place.store,
        table=table,
        band=main_band(place.store.bands, place.recipe.catalogue.band),
        cleaning=place.recipe.cleaning,
        residuals=far,
    )


def _order(recipe: Recipe) -> list[str]:
    """Give the estimators in the order in which a star's value is looked for."""
    combined = [] if recipe.combination is None else [COMBINATION]
    return combined + [section.id for section in recipe.estimator]


def _flag_counts(catalogue: pl.DataFrame, table: Table) -> dict[str, int]:
    flags = catalogue.filter(pl.col("feh").is_not_null())["flags"]
    warnings = [bit for bit in table["flags"].bits if bit.kind == "warning"]
    counts = {bit.name: int(((flags & bit.value) != 0).sum()) for bit in warnings}
    return {name: count for name, count in counts.items() if count}


def _learned(place: Workspace, sample: Sample) -> Combination | None:
    """Learn the combination and keep it, where the recipe asks for one."""
    if place.recipe.combination is None:
        return None
    learned = learn_combination(place, sample)
    content = learned.model_dump(mode="json")
    atomic.write_bytes(place.output / COMBINED, json_bytes(content))
    return learned


def _frames(
    place: Workspace,
    sample: Sample | None,
    learned: Combination | None,
    cut: list[Partition],
    pool: Executor,
    table: Table,
) -> dict[str, pl.DataFrame]:
    """Run the stages and give the finished frames: features, predictions and catalogue."""
    recipe, store = place.recipe, place.store
    band = main_band(store.bands, recipe.catalogue.band)
    if recipe.distance is not None:
        check_bands(recipe.distance.published, store.bands)
    parts = place.output / "parts"
    with progress_bars() as progress:
        features = make_features(
            recipe, store, cut, parts / "features", pool=pool, progress=progress
        )
        if reads_sequences(recipe, place.registry):
            make_sequences(
                recipe,
                store,
                cut,
                parts / "sequences",
                features=parts / "features",
                pool=pool,
                progress=progress,
            )
        known = _batch(store, features, sample, cut, parts / "sequences")
        predictions = []
        for section in recipe.estimator:
            bundle = place.output / "bundles" / section.id
            train(section, recipe, place.registry, known, sample, bundle, progress=progress)
            run_stage(
                f"Predicting: {section.id}",
                Predict(
                    store.folder,
                    parts / "features",
                    parts / "sequences",
                    bundle,
                    recipe.catalogue.scale,
                ),
                cut,
                parts / section.id,
                executor=pool,
                progress=progress,
            )
            predictions.append(read_parts(cut, parts / section.id))
    hull = None if sample is None else learn_hull(features, sample.calibrators, band=band)
    keep_hull(hull, place.output)
    frames = {
        "features": features,
        "predictions": pl.concat(predictions).sort("source_id", "estimator"),
    }
    if learned is not None:
        stars = with_found(store.stars(), features)
        frames["predictions"] = recommend(place, frames["predictions"], stars, features, learned)
    frames["catalogue"] = assemble(
        store.stars(),
        frames["features"],
        frames["predictions"],
        table=table,
        band=band,
        scale=recipe.catalogue.scale,
        order=_order(recipe),
        distances=_distances(place, frames["features"]),
        hull=hull,
        warn=recipe.flags,
    )
    return frames


def _distances(place: Workspace, features: pl.DataFrame) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """Give what gives the rows of the catalogue their distances, of what the recipe says."""
    section = place.recipe.distance
    if section is None:
        return without_distances
    return partial(
        with_distances,
        section=section,
        features=features,
        scale=place.recipe.catalogue.scale,
        folder=place.data.maps,
    )


def _batch(
    store: LocalStore,
    features: pl.DataFrame,
    sample: Sample | None,
    cut: list[Partition],
    sequences: Path,
) -> StarBatch:
    """Give the tables of the calibrators and of the first stars with a fit."""
    fitted = features.filter(pl.col("fit_status") == "ok")["source_id"]
    ids = fitted.unique().sort().head(GOLDEN_STARS)
    if sample is not None:
        ids = ids.append(sample.calibrators["source_id"]).unique().sort()
    few = store.only(ids)
    rows = features.join(ids.to_frame(), on="source_id", how="semi", maintain_order="left")
    stars = with_found(few.stars, rows)
    return StarBatch(stars, few.light_curves, rows, sequences_of(cut, sequences, ids))
