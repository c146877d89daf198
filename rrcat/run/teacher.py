"""The teacher: the catalogue whose values are labels, opened and checked, and what is told of it.

It is a release, the folder of a finished build, or the Parquet file of either, wherever it lies.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from rrcat import atomic
from rrcat.archive.readers import require_file
from rrcat.calibration.config import LabelsSection
from rrcat.calibration.labels import values_given, values_predicted
from rrcat.errors import ArchiveError, RecipeError, ReleaseError, RunError
from rrcat.estimator.manifest import read_manifest as read_bundle
from rrcat.release.candidate import CATALOGUE, FACTS, read_candidate
from rrcat.release.manifest import MANIFEST, SEAL, read_manifest
from rrcat.run.candidate import CALIBRATORS
from rrcat.schema import Table, check, conform, expanded_like, load, read

TABLE = "rrl_metallicity"
PREDICTIONS = "predictions.parquet"
SCHEMA = "schema.toml"
KEY = "calibration.catalogue"
HASH_DIGITS = 12


@dataclass(frozen=True)
class Teacher:
    """A catalogue that others learn from.

    Parameters
    ----------
    file
        Where its rows are from.
    rows
        Rows of the table ``rrl_metallicity`` with the values that may be labels, and ``sources``:
        whose value each one is.
    table
        Definition of the rows.
    calibrators
        Frame of the table ``calibrators``: the stars that it learned from itself. None where that
        is not known, no rows where it learned from none.
    inputs
        ``name``, ``sha256`` and ``size`` of the files that were read.
    record
        What every result records: ``catalogue``, ``kind`` (release, candidate or file),
        ``version``, ``sha256`` (of manifest.json, of candidate.json or of the file),
        ``recipe_sha256``, ``scale``, ``survey``, ``estimators`` whose values they are (``id``,
        ``version``), ``reference``, ``zero_point_error`` [dex], and the ``teacher`` of the teacher;
        only what is known.
    out_of_fold
        The predictions of its estimators for stars that they had not seen.
    """

    file: Path
    rows: pl.DataFrame
    table: Table
    calibrators: pl.DataFrame | None
    inputs: list[dict[str, Any]]
    record: dict[str, Any]
    out_of_fold: Path | None = None


def open_teacher(
    config: LabelsSection, folders: Sequence[Path], *, survey: str, output: Path, judged: bool
) -> Teacher:
    """Open the catalogue that a recipe takes its labels from.

    Parameters
    ----------
    folders
        Where its path is looked up, in this order.
    survey
        Name of the recipe's own survey; a catalogue of another one has no labels for it.
    output
        Folder of the results, which may not be that of the catalogue.
    judged
        Whether its predictions out of fold are asked for as well.

    Raises
    ------
    RecipeError
        There is no such catalogue, or nothing of the estimator asked for in it.
    ReleaseError, FrameError
        It is not finished, or not what it was when it was made.
    RunError
        It lies in the folder of the results.
    """
    path = _looked_up(config.catalogue, folders, key=KEY)
    _refuse_output(path, output)
    home = path if path.is_dir() else path.parent
    if (home / MANIFEST).is_file():
        teacher = _release(home, config.estimator)
    elif path.is_dir() or (home / FACTS).is_file():
        teacher = _candidate(home, config.estimator)
    else:
        teacher = _file(path, config.estimator)
    if path.is_file() and path != teacher.file:
        raise RecipeError(
            f"the file is not the catalogue of its folder, which is {teacher.file.name}",
            file=path,
            key=KEY,
            hint=f"give the folder; with `estimator`, the values are those of {PREDICTIONS}",
        )
    theirs = teacher.record.get("survey")
    if survey and theirs and theirs != survey:
        raise RecipeError(
            f"the labels are of {theirs}, and the archive of the recipe is {survey}: one number "
            "is not one star in both",
            file=path,
            key=KEY,
            hint="give a catalogue of the same survey",
        )
    told = [*teacher.record.get("reference", ()), *config.reference]
    if told:
        record = teacher.record | {"reference": list(dict.fromkeys(told))}
        teacher = replace(teacher, record=record)
    if not judged or config.out_of_fold is None:
        return teacher
    path = _looked_up(config.out_of_fold, folders, key="calibration.out_of_fold")
    require_file(path)
    _refuse_output(path, output)
    name = path.name if Path(config.out_of_fold).is_absolute() else config.out_of_fold
    inputs = [*teacher.inputs, _described(path, Path(name).as_posix())]
    return replace(teacher, inputs=inputs, out_of_fold=path)


def _looked_up(name: str, folders: Sequence[Path], *, key: str) -> Path:
    """Give the first of some folders' paths of a name that is there.

    Raises
    ------
    RecipeError
        None is.
    """
    paths = list(dict.fromkeys(folder / name for folder in folders))
    for path in paths:
        if path.exists():
            return path
    raise RecipeError(
        "there is no such file or folder",
        file=" or ".join(map(str, paths)),
        key=key,
        hint="make it first, or correct the path; it is looked up in --data, and then beside the "
        "recipe",
    )


def _refuse_output(path: Path, output: Path) -> None:
    """Raise :class:`RunError` where something to be read lies in the folder of the results."""
    ours, theirs = output.resolve(), path.resolve()
    if ours.is_relative_to(theirs) or theirs.is_relative_to(ours):
        raise RunError(
            "the folder of the results is that of the catalogue whose values are labels",
            file=output,
            hint="choose another --output",
        )


def _candidate(folder: Path, estimator: str | None) -> Teacher:
    content = read_candidate(folder)
    facts, rows = content.facts, content.frame
    files = [CATALOGUE, FACTS]
    if estimator is not None:
        file = folder / PREDICTIONS
        predictions = pl.read_parquet(file, glob=False)
        rows = values_predicted(rows, content.table, predictions, estimator, file=file)
        files.append(PREDICTIONS)
    calibrators = _no_calibrators(folder, facts)
    if calibrators is None and CALIBRATORS in facts["files"] and not facts.get("teacher"):
        calibrators = pl.read_parquet(folder / CALIBRATORS, glob=False)
        check(calibrators, load("calibrators"), file=folder / CALIBRATORS)
        files.append(CALIBRATORS)
    name = f"{facts['name']}, recipe {facts['recipe_sha256'][:HASH_DIGITS]}"
    return _teacher(
        folder / CATALOGUE,
        rows,
        content.table,
        calibrators,
        inputs=[_described(folder / file, f"{facts['name']}/{file}") for file in files],
        record={"kind": "candidate", "sha256": atomic.sha256(folder / FACTS)},
        facts=facts,
        name=name,
    )


def _release(folder: Path, estimator: str | None) -> Teacher:
    manifest = read_manifest(folder)
    catalogue = f"{manifest.name}.parquet"
    digest = atomic.sha256(folder / MANIFEST)
    seal = folder / SEAL
    if not seal.is_file() or seal.read_bytes() != f"{digest}  {MANIFEST}\n".encode():
        raise _changed(folder / MANIFEST, f"does not have the hash that {SEAL} tells")
    for name in (catalogue, SCHEMA):
        known, path = manifest.files.get(name), folder / name
        if known is None or not path.is_file() or atomic.sha256(path) != known.sha256:
            raise _changed(path, "does not have the hash that the manifest tells")
    table, path = read(folder / SCHEMA), folder / catalogue
    rows = pl.read_parquet(path, glob=False)
    check(rows, table, file=path)
    name = f"{manifest.name}-{manifest.version}"
    return _teacher(
        path,
        rows if estimator is None else values_given(rows, table, estimator, file=path),
        table,
        _no_calibrators(folder, manifest.facts),
        inputs=[_described(folder / file, f"{name}/{file}") for file in (catalogue, MANIFEST)],
        record={"kind": "release", "version": manifest.version, "sha256": digest},
        facts=manifest.facts,
        name=f"{manifest.name} {manifest.version}",
    )


def _file(path: Path, estimator: str | None) -> Teacher:
    """Open a catalogue that lies alone: nothing is known of it but its rows."""
    try:
        rows = pl.read_parquet(path, glob=False)
    except pl.exceptions.PolarsError as error:
        raise ArchiveError(
            f"the catalogue cannot be read: {str(error).partition(chr(10))[0]}",
            file=path,
            hint="give a release, the folder of a finished build, or the Parquet file of either",
        ) from None
    table = expanded_like(load(TABLE), rows.columns)
    rows = conform(rows, table)
    check(rows, table, file=path)
    digest = atomic.sha256(path)
    scales = rows["feh_scale"].unique().sort().to_list()
    return _teacher(
        path,
        rows if estimator is None else values_given(rows, table, estimator, file=path),
        table,
        None,
        inputs=[_described(path, path.name)],
        record={"kind": "file", "sha256": digest},
        facts={"name": path.name, "scale": ", ".join(scales)},
        name=f"{path.name}, SHA-256 {digest[:HASH_DIGITS]}",
    )


def _teacher(
    file: Path,
    rows: pl.DataFrame,
    table: Table,
    calibrators: pl.DataFrame | None,
    *,
    inputs: list[dict[str, Any]],
    record: dict[str, Any],
    facts: Mapping[str, Any],
    name: str,
) -> Teacher:
    """Put together what was read, and say of each value whose it is."""
    versions = {one["id"]: one["version"] for one in facts.get("estimators", ())}
    methods = rows.filter(pl.col("feh").is_not_null())["feh_method"].drop_nulls()
    found = methods.unique().sort().to_list()
    order = [id for id in versions if id in found] + [id for id in found if id not in versions]
    texts = [", ".join((name, f"{id} {versions.get(id, '')}".strip())) for id in order]
    told = ("recipe_sha256", "scale", "survey", "reference", "teacher", "zero_point_error")
    estimators = [
        {"id": id} | ({"version": versions[id]} if id in versions else {}) for id in order
    ]
    record = {
        "catalogue": facts["name"],
        **record,
        **{key: facts[key] for key in told if facts.get(key)},
        "estimators": estimators,
    }
    sources = pl.col("feh_method").replace_strict(
        order, texts, default=None, return_dtype=pl.String
    )
    return Teacher(file, rows.with_columns(sources=sources), table, calibrators, inputs, record)


def _no_calibrators(folder: Path, facts: Mapping[str, Any]) -> pl.DataFrame | None:
    """Give an empty frame where no model of a catalogue learned from calibrators, else None."""
    bundles = [read_bundle(folder / "bundles" / one["id"]) for one in facts["estimators"]]
    combined = (facts.get("recipe") or {}).get("combination") is not None
    learned = combined or any(bundle.training_set_sha256 for bundle in bundles)
    return None if learned else load("calibrators").empty()


def _changed(path: Path, what: str) -> ReleaseError:
    return ReleaseError(
        f"the release is not what it was when it was made: {path.name} {what}",
        file=path,
        hint="get the release again; `rrcat verify` tells all that is wrong with it",
    )


def _described(path: Path, name: str) -> dict[str, Any]:
    return {"name": name, "sha256": atomic.sha256(path), "size": path.stat().st_size}
