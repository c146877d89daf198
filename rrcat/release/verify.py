"""A release, checked against its own manifest, its table definition and itself."""

import hashlib
import json
import os
import warnings
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath

import polars as pl

from rrcat import atomic
from rrcat.canonical import json_bytes
from rrcat.catalogue.combination import read_combination
from rrcat.errors import BundleError, ReleaseError, SchemaError
from rrcat.estimator.manifest import MANIFEST as BUNDLE
from rrcat.estimator.manifest import check_files
from rrcat.estimator.manifest import read_manifest as read_bundle
from rrcat.release.about import About
from rrcat.release.candidate import COMBINATION, VALIDATION
from rrcat.release.fits_check import fits_problems
from rrcat.release.history import HISTORY, read_history
from rrcat.release.manifest import MANIFEST, SEAL, Manifest, listing, read_manifest
from rrcat.release.parquet import CONTENT_KEY, VERSION_KEY
from rrcat.release.reading import as_read, read_fits, read_votable
from rrcat.release.votable import document
from rrcat.release.votable_check import votable_problems
from rrcat.schema import Table, expanded, load, names, read, violations


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with a release, and in which file."""

    file: str
    what: str

    def as_dict(self) -> dict[str, str]:
        """Give the finding as plain data."""
        return asdict(self)


def verify(folder: Path) -> list[Finding]:
    """Give everything that is wrong with a release; an empty list where nothing is.

    First the hashes: where the files are not those of the manifest, nothing else is read. Then the
    rows against the table definition in the release, and every format, read back through astropy,
    against the Parquet file cell by cell, with units, UCDs and descriptions. No code in the release
    is run and no link followed.

    Raises
    ------
    ReleaseError
        The folder holds no release.
    """
    if not folder.is_dir():
        raise ReleaseError(
            "there is no such folder", file=folder, hint="give the folder of a release"
        )
    manifest = read_manifest(folder)
    if damaged := list(_files(folder, manifest)):
        return damaged
    findings = list(_history(folder, manifest))
    try:
        table = read(folder / "schema.toml")
    except SchemaError as error:
        return [*findings, Finding("schema.toml", str(error.message))]
    findings += [
        *_recipe(manifest),
        *_bundles(folder, manifest),
        *_combination(folder, manifest),
        *_validation(folder, manifest),
    ]
    return [*findings, *_schema(table, manifest), *_contents(folder, manifest, table)]


def _files(folder: Path, manifest: Manifest) -> Iterator[Finding]:
    try:
        there = dict(listing(folder))
    except ReleaseError as error:
        yield Finding(_name(error.where["file"], folder), error.message)
        return
    digest = atomic.sha256(folder / MANIFEST)
    if SEAL not in there:
        yield Finding(SEAL, "is missing")
    elif there[SEAL].read_bytes() != f"{digest}  {MANIFEST}\n".encode():
        yield Finding(MANIFEST, f"does not have the hash that {SEAL} tells")
    for name, known in manifest.files.items():
        if name not in there:
            yield Finding(name, "is missing")
        elif there[name].stat().st_size != known.size:
            size = there[name].stat().st_size
            yield Finding(name, f"has {size} bytes instead of {known.size}")
        elif atomic.sha256(there[name]) != known.sha256:
            yield Finding(name, "does not have the hash that the manifest tells")
    for name in there:
        if name not in manifest.files and name not in (MANIFEST, SEAL):
            yield Finding(name, "is not in the manifest")
    wanted = ["schema.toml", "recipe.toml", *_formats(manifest.name).values()]
    for name in wanted:
        if name not in manifest.files:
            yield Finding(MANIFEST, f"does not list {name}")


def _formats(name: str) -> dict[str, str]:
    return {"parquet": f"{name}.parquet", "votable": f"{name}.vot", "fits": f"{name}.fits"}


def _name(path: object, folder: Path) -> str:
    return Path(str(path)).relative_to(folder).as_posix()


def _history(folder: Path, manifest: Manifest) -> Iterator[Finding]:
    """Compare with the history beside the release, where there is one."""
    if (wanted := f"{manifest.name}-{manifest.version}") != folder.resolve().name:
        yield Finding(MANIFEST, f"is that of {wanted}, not of {folder.resolve().name}")
    path = folder.resolve().parent / HISTORY
    if not os.path.lexists(path):
        return
    try:
        entries = read_history(path)
    except ReleaseError as error:
        yield Finding(f"../{HISTORY}", error.message)
        return
    digest = atomic.sha256(folder / MANIFEST)
    told = [entry.manifest_sha256 for entry in entries if entry.version == manifest.version]
    if told != [digest]:
        yield Finding(
            MANIFEST,
            f"does not have the hash that ../{HISTORY} tells for {manifest.version}"
            if told
            else f"../{HISTORY} does not tell of {manifest.version}",
        )


def _recipe(manifest: Manifest) -> Iterator[Finding]:
    recipe = json_bytes(manifest.facts.get("recipe"))
    if hashlib.sha256(recipe).hexdigest() != manifest.recipe_sha256:
        yield Finding(MANIFEST, "its recipe does not have the hash that recipe_sha256 tells")


def _bundles(folder: Path, manifest: Manifest) -> Iterator[Finding]:
    """Compare every bundle with what it lists of itself; its model is not loaded."""
    for name in manifest.files:
        if PurePosixPath(name).match(f"bundles/*/{BUNDLE}"):
            bundle = (folder / name).parent
            try:
                check_files(bundle, read_bundle(bundle))
            except BundleError as error:
                file = Path(str(error.where.get("file", bundle)))
                within = file.relative_to(bundle).as_posix()
                told = "" if within in (".", BUNDLE) else f"{within}: "
                yield Finding(name, told + error.message)


def _combination(folder: Path, manifest: Manifest) -> Iterator[Finding]:
    if COMBINATION in manifest.files:
        try:
            read_combination(folder / COMBINATION)
        except BundleError as error:
            yield Finding(COMBINATION, error.message)


def _validation(folder: Path, manifest: Manifest) -> Iterator[Finding]:
    """Compare how the checks went with what the manifest tells of them."""
    if VALIDATION not in manifest.files:
        return
    try:
        results = json.loads((folder / VALIDATION).read_bytes())["results"]
        told = [{key: one[key] for key in ("name", "passed", "detail")} for one in results]
    except (ValueError, TypeError, KeyError, RecursionError):
        yield Finding(VALIDATION, "cannot be understood")
        return
    if told != manifest.facts.get("validation"):
        yield Finding(VALIDATION, f"does not tell the same results as {MANIFEST}")


def _schema(table: Table, manifest: Manifest) -> Iterator[Finding]:
    told = (manifest.schema_name, manifest.schema_version)
    if (table.name, table.version) != told:
        yield Finding(
            "schema.toml", f"is {table.name} {table.version}, the manifest says {' '.join(told)}"
        )
    elif table.name in names():
        try:
            installed = expanded(load(table.name), _own_columns(manifest))
        except SchemaError as error:
            yield Finding(MANIFEST, error.message)
            return
        if installed.version == table.version and installed != table:
            yield Finding("schema.toml", f"differs from the installed {table.name} {table.version}")


def _own_columns(manifest: Manifest) -> list[str]:
    """Give the estimators that are told to have columns of their own."""
    told = manifest.facts.get("individual_columns")
    return [id for id in told if isinstance(id, str)] if isinstance(told, list) else []


def _contents(folder: Path, manifest: Manifest, table: Table) -> Iterator[Finding]:
    files = _formats(manifest.name)
    try:
        about = About.of(manifest.facts, manifest.version, manifest.date)
        resolved = manifest.facts["recipe"]["catalogue"]["name"]
    except (KeyError, TypeError, ValueError) as error:
        yield Finding(MANIFEST, f"lacks {error}")
        return
    if resolved != manifest.name:
        yield Finding(MANIFEST, f"is of {manifest.name}, its recipe of {resolved}")
    try:
        frame = pl.read_parquet(folder / files["parquet"], glob=False)
    except pl.exceptions.PolarsError as error:
        yield Finding(files["parquet"], f"cannot be read: {error}")
        return
    broken = [Finding(files["parquet"], str(broken)) for broken in violations(frame, table)]
    if frame.height != manifest.n_rows:
        broken.append(
            Finding(MANIFEST, f"tells {manifest.n_rows} rows, the Parquet file has {frame.height}")
        )
    yield from broken
    if broken:
        return
    yield from _parquet(folder / files["parquet"], table, about, frame.height)
    yield from _format(folder / files["votable"], "votable", frame, table, about)
    yield from _format(folder / files["fits"], "fits", frame, table, about)


def _parquet(path: Path, table: Table, about: About, n_rows: int) -> Iterator[Finding]:
    told = pl.read_parquet_metadata(path)
    if told.get(VERSION_KEY) != "1.0" or told.get(CONTENT_KEY) != document(table, about, n_rows):
        yield Finding(path.name, "does not describe its columns as the table definition does")


def _format(
    path: Path, form: str, frame: pl.DataFrame, table: Table, about: About
) -> list[Finding]:
    problems: Callable[[Path, Table, About], list[str]]
    problems, reader = {
        "votable": (votable_problems, read_votable),
        "fits": (fits_problems, read_fits),
    }[form]
    # What astropy only warns of is wrong in a release.
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            found = problems(path, table, about)
            if not found:
                expected = as_read(frame, table, form)
                found = list(differences(expected, reader(path, table)))
        except Exception as error:  # whatever a reader does with a broken file is a finding
            found = [f"cannot be read: {type(error).__name__}: {error}"]
    return [Finding(path.name, what) for what in found]


def differences(expected: pl.DataFrame, found: pl.DataFrame) -> Iterator[str]:
    """Yield, for each column in which two frames differ, how often they do and where first."""
    if expected.height != found.height:
        yield f"has {found.height} rows, the Parquet file has {expected.height}"
        return
    for name in expected.columns:
        differs = expected[name].ne_missing(found[name])
        if n := differs.sum():
            row = differs.arg_true()[0]
            yield (
                f"column {name}: {n} cells differ from the Parquet file; in row {row},"
                f" {found[name][row]!r} instead of {expected[name][row]!r}"
            )
