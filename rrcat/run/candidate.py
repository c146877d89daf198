"""The candidate: a finished catalogue on disk, ready to be looked at and released.

Nothing in it depends on when, where or in how many pieces it was built, but for ``run.json``, which
says just that and enters no release.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl

from rrcat import atomic
from rrcat.archive.config import GAIA_ORIGIN_JD
from rrcat.canonical import json_bytes, write_parquet
from rrcat.catalogue.individual import catalogue_table, with_columns_of_their_own
from rrcat.catalogue.recipe import Recipe
from rrcat.catalogue.validation.checks import as_document
from rrcat.catalogue.validation.result import Result
from rrcat.estimator.manifest import Manifest, read_manifest
from rrcat.release.candidate import COMBINATION, HULL, VALIDATION

FILE = "candidate.json"
CALIBRATORS = "calibrators.parquet"


@dataclass(frozen=True)
class Origin:
    """What the results come from: input files, queries, code, estimators, catalogue of labels."""

    inputs: list[dict[str, Any]]
    adql: list[str]
    versions: dict[str, str]
    estimators: list[dict[str, Any]]
    teacher: dict[str, Any] | None = None


def keep_table(folder: Path, name: str, rows: pl.LazyFrame) -> pl.LazyFrame:
    """Write a table of a candidate, as its rows are read, and give it as it stands there."""
    path = folder / f"{name}.parquet"
    with atomic.new_file(path) as temporary:
        write_parquet(rows, temporary)
    return pl.scan_parquet(path, glob=False)


def write_candidate(
    folder: Path,
    recipe_path: Path,
    recipe: Recipe,
    tables: Mapping[str, pl.LazyFrame],
    account: Mapping[str, Any],
    origin: Origin,
    checks: Sequence[Result] = (),
) -> list[Result]:
    """Write the documents of a candidate; ``candidate.json``, which lists all files, comes last.

    Gives its whole validation: how the build went, and the checks of the values.

    Parameters
    ----------
    folder
        The build folder.
    recipe_path, recipe
        The recipe as its author wrote it, and as it was followed.
    tables
        As :func:`keep_table` gave them: ``catalogue``, ``features``, ``predictions``, and what else
        the release tells of, by the name of its file.
    account
        What the archive gave and lost.
    origin
        What the results come from.
    checks
        Of the values of the catalogue.
    """
    table = catalogue_table(recipe)
    broken = (pl.col("feh").is_null() == (pl.col("feh_status") == "ok")).sum()
    n_rows, n_broken = tables["catalogue"].select(pl.len(), broken).collect().row(0)
    atomic.write_bytes(folder / "account.json", json_bytes(account))
    atomic.write_bytes(folder / "recipe.toml", recipe_path.read_bytes())
    bundles = [read_manifest(folder / "bundles" / section.id) for section in recipe.estimator]
    resolved = recipe.resolved()
    results = [
        Result(
            "build",
            "every row has a value or a reason, not both",
            not n_broken,
            f"{n_broken:,} of {n_rows:,} rows break this",
        ),
        *_wholeness(account),
        *checks,
    ]
    validation = as_document(results, recipe.catalogue.scale)
    atomic.write_bytes(folder / VALIDATION, json_bytes(validation))
    facts = {
        "name": recipe.catalogue.name,
        "title": recipe.catalogue.title,
        "authors": list(recipe.catalogue.authors),
        "rights": recipe.catalogue.rights,
        "survey": recipe.archive.survey,
        "schema": table.name,
        "schema_version": table.version,
        "individual_columns": with_columns_of_their_own(recipe),
        "scale": recipe.catalogue.scale,
        "time_system": {
            "scale": recipe.archive.time.scale,
            "reference_position": recipe.archive.time.reference_position,
            "origin_jd": GAIA_ORIGIN_JD,
        },
        "coordinates": {"system": "ICRS", "epoch": recipe.archive.coordinate_epoch},
        "n_rows": n_rows,
        "seed": recipe.seed,
        "recipe": resolved,
        "recipe_sha256": hashlib.sha256(json_bytes(resolved)).hexdigest(),
        "distance": None if recipe.distance is None else recipe.distance.described(),
        **asdict(origin),
        "reference": _references(recipe, bundles, origin),
        "validation": [result.short() for result in results],
        "zero_point_error": validation["zero_point_error"],
        "files": _hashes(folder, recipe, tables, bundles),
    }
    atomic.write_bytes(folder / FILE, json_bytes(facts))
    return results


def _wholeness(account: Mapping[str, Any]) -> list[Result]:
    """Tell whether all of an archive was asked for, where it was fetched."""
    asked = account.get("asked")
    if asked is None:
        return []
    counts = {status: asked[status] for status in ("received", "empty", "failed")}
    limit = asked.get("limit")
    cut = limit is not None and sum(counts.values()) >= limit
    told = ", ".join(f"{count} {status}" for status, count in counts.items())
    only = f"the first {limit} stars only, by --limit: " if cut else ""
    return [
        Result("build", "every star that the archive has was asked for", not cut, f"{only}{told}")
    ]


def _references(recipe: Recipe, bundles: Sequence[Manifest], origin: Origin) -> list[str]:
    """Give the papers to cite: of the data, the distances, the estimators; each once."""
    known = () if recipe.calibration is None else recipe.calibration.reference
    data = [*recipe.archive.reference, *known, *(origin.teacher or {}).get("reference", ())]
    data += () if recipe.distance is None else recipe.distance.reference
    papers = [*data, *(paper for each in bundles for paper in each.reference)]
    return list(dict.fromkeys(papers))


def _hashes(
    folder: Path, recipe: Recipe, tables: Iterable[str], bundles: Sequence[Manifest]
) -> dict[str, str]:
    names = [f"{name}.parquet" for name in tables]
    names += ["account.json", "recipe.toml", VALIDATION]
    if recipe.combination is not None:
        names.append(COMBINATION)
    if (folder / HULL).exists():
        names.append(HULL)
    if recipe.combination is not None or any(one.training_set_sha256 for one in bundles):
        names.append(CALIBRATORS)
    models = [path for path in sorted((folder / "bundles").rglob("*")) if path.is_file()]
    files = [folder / name for name in names] + models
    return {str(path.relative_to(folder)): atomic.sha256(path) for path in files}
