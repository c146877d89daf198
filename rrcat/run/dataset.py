"""``rrcat dataset``: a training set of sequences, whole and documented, for any program."""

import hashlib
import shutil
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from rrcat import atomic
from rrcat.calibration.density import density_weights
from rrcat.calibration.sample import Sample
from rrcat.canonical import json_bytes, parquet_bytes
from rrcat.errors import RecipeError, RrcatError, RunError
from rrcat.estimator.batch import StarBatch
from rrcat.estimator.dataset import (
    FACTS,
    FORMAT,
    ROWS_IN_GROUP,
    SEAL,
    Dataset,
    read_dataset,
    sealed,
)
from rrcat.estimator.reasons import reasons
from rrcat.evaluation.splits import split
from rrcat.plugin import EstimatorSpec
from rrcat.run.calibrators import calibration_sample, calibrator_batch
from rrcat.run.claim import differences
from rrcat.run.dataset_readme import readme
from rrcat.run.folds import fold_sets
from rrcat.run.progress import progress_bars
from rrcat.run.workspace import Request, Workspace, workspace
from rrcat.schema import check, conform, load

VERSION = "1.0.0"
"""Version of the layout: of what is in a training set, and what it means."""

MEASUREMENTS = "measurements"

# What makes two training sets the same one, and is known before the work.
IDENTITY = ("recipe", "inputs", "adql", "versions", "estimator", "teacher", "version", "format")


@dataclass(frozen=True)
class DatasetSummary:
    """What a training set holds, for people and for ``--json``.

    ``statuses`` counts the calibrators by reason, ``splits`` those that can be learned from.
    """

    output: str
    name: str
    scale: str
    n_stars: int
    n_sequences: int
    n_points: int
    statuses: dict[str, int]
    splits: dict[str, int]
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """Give the summary as plain data."""
        return asdict(self)


def make_dataset(request: Request) -> DatasetSummary:
    """Write the calibrators of a recipe as a training set of sequences, the folder whole or not.

    The work is done in a hidden folder beside it, in which an interrupted run goes on. The same
    input gives the same bytes. Where the training set is there already it is checked and stays;
    another one is refused, or with ``restart`` replaced.

    Raises
    ------
    RrcatError
        The recipe or its input is not fit for the work, or the folder holds something else.
    """
    started = time.monotonic()
    output = request.output.resolve()
    there = _there(output)
    work = output.with_name(f".{output.name}.rrcat-work")
    with workspace(replace(request, output=work), task="dataset") as place:
        keep = there is not None and not request.restart
        try:
            spec = _reader(place)
            identity = _identity(place, spec)
            if keep and there is not None:
                _require_the_same(there, identity)
        except RrcatError:
            shutil.rmtree(work)  # there is no work in it that could go on
            raise
        if not keep:
            with progress_bars() as progress:
                sample = calibration_sample(place)
                batch = calibrator_batch(place, sample.calibrators, progress=progress, folded=True)
            files = _tables(place, sample, batch, spec)
            if there is not None:
                atomic.remove_folder(output)
            _write(output, files, sample, identity, place)
    shutil.rmtree(work)
    return _summary(read_dataset(output), time.monotonic() - started)


def _there(output: Path) -> Dataset | None:
    """Give the training set that is in a folder; None where there is nothing.

    Raises
    ------
    RunError
        There is something else.
    """
    if not output.exists() or (output.is_dir() and not any(output.iterdir())):
        return None
    if not (output / FACTS).is_file():
        raise RunError(
            "the folder is not empty, and what it holds is no training set",
            file=output,
            hint="choose another --output",
        )
    return read_dataset(output)


def _reader(place: Workspace) -> EstimatorSpec | None:
    """Give the spec of the estimator that the training set is for; None for one of all stars."""
    recipe = place.recipe
    if recipe.calibration is None:
        raise RecipeError(
            "the recipe has no calibrators, so there is nothing to learn",
            file=place.request.recipe,
            key="calibration",
            hint="add [calibration]: a file of stars with spectroscopic [Fe/H], and its columns; "
            "or a catalogue whose values are labels",
        )
    if not place.store.has_light_curves:
        raise RecipeError(
            "the archive of the recipe has no light curves, so there are no sequences",
            file=place.request.recipe,
            key="archive.light_curves",
            hint="name the light curves",
        )
    asked = place.request.estimators
    if len(asked) > 1:
        raise RecipeError(
            f"a training set is for one estimator, or for all: {', '.join(asked)} are several",
            hint="give --estimator once, or not at all",
        )
    if not asked:
        return None
    spec = place.registry.spec(asked[0])
    if "sequences" not in spec.inputs:
        raise RecipeError(
            f"the estimator {spec.id!r} reads {' and '.join(sorted(spec.inputs))}, no sequences",
            file=place.request.recipe,
            key="estimator",
            hint="name one that reads sequences, or leave out --estimator: then the training set "
            "has all stars and bands",
        )
    return spec


def _identity(place: Workspace, spec: EstimatorSpec | None) -> dict[str, Any]:
    """Give what a training set follows from, as plain data."""
    recipe, origin = place.recipe, place.origin
    assert recipe.calibration is not None
    resolved = recipe.resolved()
    papers = [
        *recipe.archive.reference,
        *recipe.calibration.reference,
        *(origin.teacher or {}).get("reference", ()),
    ]
    facts = {
        "format": FORMAT,
        "version": VERSION,
        "name": recipe.catalogue.name,
        "title": recipe.catalogue.title,
        "survey": recipe.archive.survey,
        "scale": recipe.catalogue.scale,
        "seed": recipe.evaluation.seed,
        "estimator": None if spec is None else {"id": spec.id, "version": spec.version},
        "recipe": resolved,
        "recipe_sha256": hashlib.sha256(json_bytes(resolved)).hexdigest(),
        "inputs": origin.inputs,
        "adql": origin.adql,
        "versions": origin.versions,
        "reference": list(dict.fromkeys(papers)),
    }
    return facts if origin.teacher is None else facts | {"teacher": origin.teacher}


def _require_the_same(there: Dataset, identity: Mapping[str, Any]) -> None:
    earlier, asked = (
        {name: facts.get(name) for name in IDENTITY} for facts in (there.facts, identity)
    )
    if differing := differences(earlier, asked):
        raise RunError(
            f"the folder holds another training set, which differs in {', '.join(differing)}",
            file=there.folder,
            hint="choose another --output, or replace the training set with --restart",
        )


def _tables(
    place: Workspace, sample: Sample, batch: StarBatch, spec: EstimatorSpec | None
) -> dict[str, pl.DataFrame]:
    """Give the tables of a training set by name."""
    labels = _labels(place, sample, batch, spec)
    able = labels.filter(status="ok")
    bands = None if spec is None else spec.bands
    assert batch.sequences is not None
    assert batch.features is not None

    def learned_from(rows: pl.DataFrame) -> pl.DataFrame:
        few = rows.join(able, on="source_id", how="semi", maintain_order="left")
        return few if bands is None else few.filter(pl.col("band").is_in(sorted(bands)))

    return {
        "sequences": learned_from(batch.sequences),
        "features": learned_from(batch.features),
        "labels": labels,
        "folds": conform(fold_sets(place.recipe, sample.calibrators), load("folds")),
    }


def _labels(
    place: Workspace, sample: Sample, batch: StarBatch, spec: EstimatorSpec | None
) -> pl.DataFrame:
    every_type = frozenset(load("stars")["pulsation_type"].values or ())
    status = reasons(
        batch,
        inputs=frozenset({"sequences"}) if spec is None else spec.inputs,
        pulsation_types=every_type if spec is None else spec.pulsation_types,
        bands=None if spec is None else spec.bands,
        needs=(),
    )
    known = batch.stars.select("source_id", type_of_star="pulsation_type")
    origin = pl.lit(MEASUREMENTS)
    if sample.teacher is not None:
        origin = pl.col("sources").fill_null(sample.teacher["catalogue"])
    labels = (
        sample.calibrators.join(known, on="source_id", how="left", maintain_order="left")
        .join(status, on="source_id", how="left", maintain_order="left")
        .with_columns(
            pulsation_type=pl.coalesce("type_of_star", "pulsation_type"),
            status=pl.col("status").fill_null("no_light_curve"),
            origin=origin,
        )
    )
    parts = split(labels, seed=place.recipe.evaluation.seed)
    table = load("labels")
    return conform(
        labels.join(parts, on="source_id", how="left", maintain_order="left")
        .join(_weights(labels), on="source_id", how="left", maintain_order="left")
        .select(table.names),
        table,
    )


def _weights(labels: pl.DataFrame) -> pl.DataFrame:
    """Give ``source_id``, ``weight`` of the stars that can be learned from, each type by itself."""
    kinds = labels.filter(status="ok").partition_by("pulsation_type", maintain_order=True)
    found = [
        stars.select("source_id", weight=pl.Series(density_weights(stars["feh"])))
        for stars in kinds
    ]
    empty = pl.DataFrame(schema={"source_id": pl.Int64, "weight": pl.Float64})
    return pl.concat([empty, *found])


def _write(
    output: Path,
    tables: Mapping[str, pl.DataFrame],
    sample: Sample,
    identity: Mapping[str, Any],
    place: Workspace,
) -> None:
    for name, frame in tables.items():
        check(frame, load(name))
    settings = place.recipe.evaluation
    facts = {
        **identity,
        "schemas": {name: load(name).version for name in tables},
        "rows": {name: frame.height for name, frame in tables.items()},
        "statuses": _counts(tables["labels"]["status"]),
        "splits": _counts(tables["labels"].filter(status="ok")["split"]),
        "points": int(tables["sequences"]["n_points"].sum()),
        "folds": {
            "scheme": settings.scheme,
            "repeats": tables["folds"]["repeat"].n_unique(),
            "folds": tables["folds"]["fold"].n_unique(),
        },
    }
    with atomic.new_folder(output) as new:
        for name, frame in tables.items():
            content = parquet_bytes(frame, rows_in_group=ROWS_IN_GROUP)
            atomic.write_inside(new / f"{name}.parquet", content)
        atomic.write_inside(new / "sample.csv", sample.stars.write_csv().encode())
        atomic.write_inside(new / "README.md", readme(facts).encode())
        files = sorted(new.iterdir())
        facts["files"] = {
            file.name: {"sha256": atomic.sha256(file), "size": file.stat().st_size}
            for file in files
        }
        atomic.write_inside(new / FACTS, json_bytes(facts))
        atomic.write_inside(new / SEAL, sealed(new / FACTS))


def _counts(words: pl.Series) -> dict[str, int]:
    return dict(words.value_counts().sort(words.name).iter_rows())


def _summary(made: Dataset, seconds: float) -> DatasetSummary:
    facts = made.facts
    return DatasetSummary(
        output=str(made.folder),
        name=facts["name"],
        scale=facts["scale"],
        n_stars=facts["rows"]["labels"],
        n_sequences=facts["rows"]["sequences"],
        n_points=facts["points"],
        statuses=facts["statuses"],
        splits=facts["splits"],
        seconds=round(seconds, 3),
    )
