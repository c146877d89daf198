"""A release, checked against its own manifest, its history, its table definition and itself."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from rrcat.canonical import json_bytes
from rrcat.catalogue.combination import read_combination
from rrcat.errors import BundleError, PluginError, ReleaseError, SchemaError
from rrcat.estimator.bundle import load_bundle
from rrcat.estimator.manifest import MANIFEST as BUNDLE
from rrcat.estimator.manifest import check_files
from rrcat.estimator.manifest import read_manifest as read_bundle
from rrcat.release.candidate import BUNDLES, COMBINATION, VALIDATION
from rrcat.release.finding import Finding
from rrcat.release.manifest import MANIFEST, SEAL, Manifest, read_manifest
from rrcat.release.verify_files import (
    file_findings,
    history_findings,
    seal_findings,
    signature_findings,
)
from rrcat.release.verify_formats import files_of, format_findings
from rrcat.schema import Table, expanded, load, names, read

PROVENANCE = "provenance.json"


def verify(folder: Path, *, key: Path | None = None, golden: bool = False) -> list[Finding]:
    """Give everything that is wrong with a release; an empty list where nothing is.

    First the hashes: where the files are not those of the manifest, nothing else is read. Then the
    history beside it and the signature, the rows against the table definition in the release, and
    every format, read back by what it says of itself, cell by cell, with units, UCDs and
    descriptions. No link is followed, and no code is run but with ``golden``.

    Parameters
    ----------
    folder
        The release.
    key
        Public key of SSH that its manifest must be signed by.
    golden
        Whether to load every model and replay its golden rows; this runs code of the plugins that
        are installed.

    Raises
    ------
    ReleaseError
        The folder holds no release, or the key cannot be used.
    """
    if not folder.is_dir():
        raise ReleaseError(
            "there is no such folder", file=folder, hint="give the folder of a release"
        )
    if not (folder / MANIFEST).is_file() and (folder / SEAL).is_file():
        return [Finding(MANIFEST, "is missing")]
    sealed = list(seal_findings(folder)) if (folder / MANIFEST).is_file() else []
    try:
        manifest = read_manifest(folder)
    except ReleaseError as error:
        if not sealed:
            raise
        return [Finding(MANIFEST, error.message)]
    if any(finding.file == MANIFEST for finding in sealed):
        # What it says of the other files cannot be trusted.
        return sealed
    if damaged := [*sealed, *file_findings(folder, manifest), *_unlisted(manifest)]:
        return damaged
    findings = [*history_findings(folder, manifest), *signature_findings(folder, manifest, key)]
    findings += [
        *_recipe(manifest),
        *_bundles(folder, manifest),
        *_combination(folder, manifest),
        *_validation(folder, manifest),
    ]
    findings += [
        one
        for one in _provenance(folder, manifest)
        if one.file not in {finding.file for finding in findings}
    ]
    try:
        table = read(folder / "schema.toml")
    except SchemaError as error:
        return [*findings, Finding("schema.toml", str(error.message))]
    if differing := list(_schema(table, manifest)):
        return [*findings, *differing]
    findings += format_findings(folder, manifest, table)
    return findings + (_golden(folder, manifest) if golden and not findings else [])


def _unlisted(manifest: Manifest) -> Iterator[Finding]:
    for name in ("schema.toml", "recipe.toml", *files_of(manifest.name).values()):
        if name not in manifest.files:
            yield Finding(MANIFEST, f"does not list {name}")


def _recipe(manifest: Manifest) -> Iterator[Finding]:
    recipe = json_bytes(manifest.facts.get("recipe"))
    if hashlib.sha256(recipe).hexdigest() != manifest.recipe_sha256:
        yield Finding(MANIFEST, "its recipe does not have the hash that recipe_sha256 tells")


def _provenance(folder: Path, manifest: Manifest) -> Iterator[Finding]:
    """Look in the provenance for the hashes of inputs, recipe and models.

    One that lacks was changed in the file or the manifest; where all lack, it is the provenance.
    """
    if PROVENANCE not in manifest.files:
        return
    text = (folder / PROVENANCE).read_bytes()
    inputs = manifest.facts.get("inputs")
    sources = [one for one in inputs if isinstance(one, dict)] if isinstance(inputs, list) else []
    told = [(MANIFEST, "tells another recipe than", manifest.recipe_sha256)]
    told += [
        (MANIFEST, f"tells another {one.get('name')} than", str(one.get("sha256")))
        for one in sources
    ]
    told += [
        (name, "does not have the hash that is in", file.sha256)
        for name, file in manifest.files.items()
        if name.startswith(BUNDLES)
    ]
    others = [(file, what) for file, what, sha256 in told if sha256.encode() not in text]
    if len(others) == len(told):
        yield Finding(PROVENANCE, f"tells none of the hashes that are in {MANIFEST}")
        return
    for file, what in others:
        yield Finding(file, f"{what} {PROVENANCE}")


def _bundles(folder: Path, manifest: Manifest) -> Iterator[Finding]:
    """Compare every bundle with what it lists of itself; its model is not loaded."""
    for name in _bundle_files(manifest):
        bundle = (folder / name).parent
        try:
            check_files(bundle, read_bundle(bundle))
        except BundleError as error:
            file = Path(str(error.where.get("file", bundle)))
            at_fault = name if file == bundle else file.relative_to(folder).as_posix()
            yield Finding(at_fault, error.message)


def _bundle_files(manifest: Manifest) -> list[str]:
    return [name for name in manifest.files if PurePosixPath(name).match(f"bundles/*/{BUNDLE}")]


def _golden(folder: Path, manifest: Manifest) -> list[Finding]:
    """Load every model, which must give its golden rows again."""
    findings = []
    for name in _bundle_files(manifest):
        try:
            load_bundle((folder / name).parent)
        except (BundleError, PluginError) as error:
            hint = f" ({error.hint})" if error.hint else ""
            findings.append(Finding(name, f"its golden rows: {error.message}{hint}"))
    return findings


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
            known = {column.name: column for column in installed.column}
            other = [c.name for c in table.column if c != known.get(c.name)]
            first = f"; the first column that does is {other[0]}" if other else ""
            what = f"differs from the installed {table.name} {table.version}{first}"
            yield Finding("schema.toml", what)


def _own_columns(manifest: Manifest) -> list[str]:
    """Give the estimators that are told to have columns of their own."""
    told = manifest.facts.get("individual_columns")
    return [id for id in told if isinstance(id, str)] if isinstance(told, list) else []
