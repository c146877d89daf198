"""The build: a recipe becomes a candidate catalogue, in stages that can be interrupted."""

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl

from rrcat import atomic
from rrcat.calibration.sample import Sample
from rrcat.canonical import json_bytes
from rrcat.catalogue.assemble import main_band
from rrcat.catalogue.combination import COMBINATION, Combination
from rrcat.catalogue.distance import check_bands, check_maps, check_statuses
from rrcat.catalogue.hull import keep_hull, learn_hull
from rrcat.catalogue.individual import catalogue_table
from rrcat.catalogue.recipe import Recipe
from rrcat.catalogue.validation.result import counted
from rrcat.estimator.batch import StarBatch
from rrcat.fourier.measure import with_found
from rrcat.release.candidate import COMBINATION as COMBINED
from rrcat.run.calibrators import calibration_sample, write_sample
from rrcat.run.candidate import keep_table, write_candidate
from rrcat.run.partition import Partition
from rrcat.run.parts import scan_parts
from rrcat.run.progress import progress_bars
from rrcat.run.recommend import learn_combination
from rrcat.run.report_stars import report_stars
from rrcat.run.rows import FEATURES, PREDICTIONS, ROWS, SEQUENCES, Join, MakeRows
from rrcat.run.stage import run_stage
from rrcat.run.tables import make_features, make_sequences, reads_sequences, stars_of
from rrcat.run.training import GOLDEN_STARS, check_calibration, train
from rrcat.run.validation import earlier_catalogue, tested, validated, validation_tables
from rrcat.run.work import Predict
from rrcat.run.workspace import Request, Workspace, workspace
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
        earlier = earlier_catalogue(place)  # fail now, not after the work
        sample = _sample(place)
        learned = None if sample is None else _learned(place, sample)
        cut = place.partitions(place.store)
        with place.executor(len(cut)) as pool:
            parts = _parts(place, sample, learned, cut, pool, table)
        tables = {name: keep_table(output, name, rows) for name, rows in parts.items()}
        if recipe.distance is not None:
            check_statuses(tables["catalogue"], recipe.distance.published)
        unseen = tested(place, sample)
        tables["report_stars"] = keep_table(
            output, "report_stars", _shown(place, tables, unseen, table).lazy()
        )
        if unseen is not None:
            tables["out_of_fold"] = keep_table(output, "out_of_fold", unseen.lazy())
        results = write_candidate(
            output,
            request.recipe,
            recipe,
            tables,
            place.store.account,
            place.origin,
            validated(place, sample, tables, _order(recipe), unseen, earlier),
        )
        seconds = round(time.monotonic() - started, 3)
        run = {
            "recipe_path": str(request.recipe.resolve()),
            "workers": place.workers(len(cut)),
            "partition_size": request.partition_size,
            "seconds": seconds,
        }
        atomic.write_bytes(output / "run.json", json_bytes(run))
    told = tables["catalogue"].select("feh", "feh_status", "flags").collect()
    statuses = Counter(told["feh_status"].to_list())
    return BuildSummary(
        candidate=str(output),
        name=recipe.catalogue.name,
        n_stars=told.height,
        n_values=statuses["ok"],
        statuses=dict(sorted(statuses.items())),
        flags=_flag_counts(told, table),
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
    place: Workspace, tables: dict[str, pl.LazyFrame], unseen: pl.DataFrame | None, table: Table
) -> pl.DataFrame:
    """Give the stars that the report of a release shows one by one."""
    far = None
    if unseen is not None:
        first = unseen.filter(pl.col("estimator") == COMBINATION)
        far = first.select("source_id", residual=pl.col("feh") - pl.col("feh_true")).drop_nulls()
    return report_stars(
        tables["catalogue"],
        tables["features"],
        tables["predictions"],
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


def _parts(
    place: Workspace,
    sample: Sample | None,
    learned: Combination | None,
    cut: list[Partition],
    pool: Executor,
    table: Table,
) -> dict[str, pl.LazyFrame]:
    """Run the stages, and give the tables that they leave in parts."""
    recipe, store = place.recipe, place.store
    band = main_band(store.bands, recipe.catalogue.band)
    if recipe.distance is not None:
        check_bands(recipe.distance.published, store.bands)
        check_maps(recipe.distance.extinction, place.data.maps)
    parts = place.output / "parts"
    with progress_bars() as progress:

        def stage(title: str, work: Callable[[Partition], pl.DataFrame], name: str) -> None:
            run_stage(title, work, cut, parts / name, executor=pool, progress=progress)

        make_features(recipe, store, cut, parts / FEATURES, pool=pool, progress=progress)
        if reads_sequences(recipe, place.registry):
            make_sequences(
                recipe,
                store,
                cut,
                parts / SEQUENCES,
                features=parts / FEATURES,
                pool=pool,
                progress=progress,
            )
        known = _batch(place, sample, cut, parts)
        for section in recipe.estimator:
            bundle = place.output / "bundles" / section.id
            train(section, recipe, place.registry, known, sample, bundle, progress=progress)
            predict = Predict(
                store.folder, parts / FEATURES, parts / SEQUENCES, bundle, recipe.catalogue.scale
            )
            stage(f"Predicting: {section.id}", predict, section.id)
        hull = None
        if sample is not None and known.features is not None:
            hull = learn_hull(known.features, sample.calibrators, band=band)
        keep_hull(hull, place.output)
        ids = tuple(section.id for section in recipe.estimator)
        join = Join(store.folder, parts, ids, band, learned)
        stage("Joining predictions", join, PREDICTIONS)
        rows = MakeRows(
            store.folder,
            parts,
            table,
            band,
            recipe.catalogue.scale,
            tuple(_order(recipe)),
            hull,
            recipe.flags,
            recipe.distance,
            place.data.maps,
        )
        stage("Making rows", rows, ROWS)
    folders = {"features": FEATURES, "predictions": PREDICTIONS, "catalogue": ROWS}
    return {name: scan_parts(cut, parts / folder) for name, folder in folders.items()}


def _batch(place: Workspace, sample: Sample | None, cut: list[Partition], parts: Path) -> StarBatch:
    """Give the tables of the calibrators and of the first stars with a fit."""
    ids = _first_fitted(cut, parts / FEATURES)
    if sample is not None:
        ids = ids.append(sample.calibrators["source_id"]).unique().sort()
    specs = [place.registry.spec(section.id) for section in place.recipe.estimator]
    few = place.store.only(ids, light_curves=any("light_curves" in one.inputs for one in specs))
    features = stars_of(cut, parts / FEATURES, ids)
    folded = (parts / SEQUENCES).exists()
    return StarBatch(
        with_found(few.stars, features),
        few.light_curves,
        features,
        stars_of(cut, parts / SEQUENCES, ids) if folded else None,
    )


def _first_fitted(cut: list[Partition], folder: Path) -> pl.Series:
    """Give the first stars with a fit, as many as a bundle has golden rows of."""
    ids = pl.Series("source_id", [], pl.Int64)
    for partition in cut:
        part = scan_parts([partition], folder).filter(fit_status="ok").select("source_id")
        ids = ids.append(part.collect()["source_id"].unique().sort())
        if len(ids) >= GOLDEN_STARS:
            break
    return ids.head(GOLDEN_STARS)
