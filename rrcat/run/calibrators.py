"""The calibrators of a recipe in a claimed folder: the sample, and the tables of its stars."""

from pathlib import Path

import polars as pl
from rich.progress import Progress

from rrcat import atomic
from rrcat.archive.store import LocalStore
from rrcat.archive.store_writing import cut_out
from rrcat.calibration.sample import Sample, read_sample
from rrcat.canonical import parquet_bytes
from rrcat.errors import RecipeError
from rrcat.estimator.batch import StarBatch
from rrcat.fourier.measure import with_found
from rrcat.run.executor import executor
from rrcat.run.workspace import Workspace, default_workers, make_features

CALIBRATION = "calibration"
CALIBRATORS = "calibrators.parquet"


def calibration_sample(place: Workspace) -> Sample:
    """Give the recipe's calibrators among the stars of the store.

    Raises
    ------
    RecipeError
        The recipe has no ``[calibration]``, or nothing of it can be used.
    """
    recipe = place.recipe
    if recipe.calibration is None:
        raise RecipeError(
            "the recipe has no calibrators",
            file=place.request.recipe,
            key="calibration",
            hint="add [calibration]: a file of stars with spectroscopic [Fe/H], and its columns",
        )
    table, folder = place.data.table(recipe.calibration)
    sample = read_sample(
        table,
        folder,
        survey=recipe.archive.survey,
        with_light_curve=place.store.served_ids(),
        scale=recipe.catalogue.scale,
    )
    # What the file of spectra does not say of a star, the archive may.
    known = place.store.stars()
    return Sample(_completed(sample.calibrators, known), _completed(sample.stars, known))


def _completed(frame: pl.DataFrame, stars: pl.DataFrame) -> pl.DataFrame:
    names = [n for n in ("archive_id", "pulsation_type", "blazhko") if n in frame.columns]
    joined = frame.join(
        stars.select("source_id", *names),
        on="source_id",
        how="left",
        suffix="_of_archive",
        maintain_order="left",
    )
    return joined.with_columns(
        pl.coalesce(name, f"{name}_of_archive").alias(name) for name in names
    ).select(frame.columns)


def calibrator_batch(
    place: Workspace, calibrators: pl.DataFrame, *, progress: Progress
) -> StarBatch:
    """Give the tables of the calibrators alone, their features among them.

    They are kept in the folder: ``calibration`` is a store, ``parts/calibration`` the features.
    """
    folder = place.output / CALIBRATION
    if not folder.exists():
        cut_out(place.store, calibrators["source_id"], folder)
    store = LocalStore.open(folder)
    cut = place.partitions(store)
    with executor(default_workers(place.request.workers, len(cut))) as pool:
        make_features(
            place.recipe,
            store,
            cut,
            place.output / "parts" / CALIBRATION,
            pool=pool,
            progress=progress,
        )
    return read_calibrator_batch(place.output)


def read_calibrator_batch(output: Path) -> StarBatch:
    """Give what :func:`calibrator_batch` has left in a folder."""
    store = LocalStore.open(output / CALIBRATION, verify=False)
    parts = (output / "parts" / CALIBRATION).glob("*.parquet")
    features = pl.read_parquet(sorted(parts), glob=False)
    features = features.sort("source_id", "band")
    return StarBatch(
        with_found(store.stars(), features),
        light_curves=store.light_curves(),
        features=features,
    )


def write_sample(sample: Sample, folder: Path) -> None:
    """Write ``calibrators.parquet``, and ``sample.csv`` for people."""
    atomic.write_bytes(folder / CALIBRATORS, parquet_bytes(sample.calibrators))
    atomic.write_bytes(folder / "sample.csv", sample.stars.write_csv().encode())
