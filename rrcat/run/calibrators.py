"""The calibrators of a recipe in a claimed folder: the sample, and the tables of its stars."""

from dataclasses import replace
from pathlib import Path

import polars as pl
from rich.progress import Progress

from rrcat import atomic
from rrcat.archive.store import LocalStore
from rrcat.archive.store_writing import cut_out
from rrcat.calibration.config import LabelsSection
from rrcat.calibration.sample import Sample, read_sample
from rrcat.canonical import parquet_bytes
from rrcat.errors import RecipeError
from rrcat.estimator.batch import StarBatch
from rrcat.fourier.measure import with_found
from rrcat.run.candidate import CALIBRATORS
from rrcat.run.labels import read_held_out, read_labels
from rrcat.run.tables import make_features, make_sequences, reads_sequences
from rrcat.run.workspace import Workspace

CALIBRATION = "calibration"
CALIBRATION_SEQUENCES = "calibration_sequences"  # no estimator has an underscore in its id


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
            hint="add [calibration]: a file of stars with spectroscopic [Fe/H], and its columns, "
            "or a catalogue whose values are labels",
        )
    if isinstance(recipe.calibration, LabelsSection):
        assert place.teacher is not None
        return _completed(read_labels(recipe.calibration, place.teacher, place), place)
    table, folder = place.data.table(recipe.calibration)
    sample = read_sample(
        table,
        folder,
        survey=recipe.archive.survey,
        with_light_curve=place.store.served_ids(),
        scale=recipe.catalogue.scale,
    )
    return _completed(sample, place)


def held_out_sample(place: Workspace) -> Sample | None:
    """Give the stars with spectra that are kept from the labels of a recipe, to judge by them.

    None where the recipe learns from spectra, or nobody is held out.

    Raises
    ------
    RecipeError
        Nothing of them can be used.
    """
    section = place.recipe.calibration
    if not isinstance(section, LabelsSection):
        return None
    assert place.teacher is not None
    sample = read_held_out(section, place.teacher, place)
    return None if sample is None else _completed(sample, place)


def _completed(sample: Sample, place: Workspace) -> Sample:
    """Give a sample in which the archive says of a star what its file does not."""
    known = place.store.stars()
    return replace(
        sample,
        calibrators=_with_known(sample.calibrators, known),
        stars=_with_known(sample.stars, known),
    )


def _with_known(frame: pl.DataFrame, stars: pl.DataFrame) -> pl.DataFrame:
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
    place: Workspace, calibrators: pl.DataFrame, *, progress: Progress, folded: bool = False
) -> StarBatch:
    """Give the tables of the calibrators alone: features too, and sequences if they are read.

    With ``folded`` there are sequences even if no estimator of the recipe reads them.

    They are kept in the folder: ``calibration`` is a store, ``parts/calibration`` the features,
    ``parts/calibration_sequences`` the sequences.
    """
    folder = place.output / CALIBRATION
    if not folder.exists():
        cut_out(place.store, calibrators["source_id"], folder)
    store = LocalStore.open(folder)
    cut = place.partitions(store)
    features = place.output / "parts" / CALIBRATION
    with place.executor(len(cut)) as pool:
        make_features(place.recipe, store, cut, features, pool=pool, progress=progress)
        if folded or reads_sequences(place.recipe, place.registry):
            sequences = place.output / "parts" / CALIBRATION_SEQUENCES
            make_sequences(
                place.recipe, store, cut, sequences, features=features, pool=pool, progress=progress
            )
    return read_calibrator_batch(place.output)


def read_calibrator_batch(output: Path) -> StarBatch:
    """Give what :func:`calibrator_batch` has left in a folder."""
    store = LocalStore.open(output / CALIBRATION, verify=False)
    features = _read(output / "parts" / CALIBRATION)
    folder = output / "parts" / CALIBRATION_SEQUENCES
    return StarBatch(
        with_found(store.stars(), features),
        light_curves=store.light_curves(),
        features=features,
        sequences=_read(folder) if folder.exists() else None,
    )


def _read(folder: Path) -> pl.DataFrame:
    parts = sorted(folder.glob("*.parquet"))
    return pl.read_parquet(parts, glob=False).sort("source_id", "band")


def write_sample(sample: Sample, folder: Path) -> None:
    """Write ``calibrators.parquet``, and ``sample.csv`` for people."""
    atomic.write_bytes(folder / CALIBRATORS, parquet_bytes(sample.calibrators))
    atomic.write_bytes(folder / "sample.csv", sample.stars.write_csv().encode())
