"""From candidate to release: a folder that appears whole, once, and never changes."""

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rrcat import atomic
from rrcat.errors import ReleaseError
from rrcat.release.about import About, chosen_date, date_or_today, version_key
from rrcat.release.candidate import CATALOGUE, Candidate, read_candidate
from rrcat.release.diff import differences
from rrcat.release.documents import citation, readme
from rrcat.release.doi import checked_doi
from rrcat.release.fits import write_fits
from rrcat.release.history import (
    HISTORY,
    Changes,
    Entry,
    History,
    appended,
    check_follows,
    only_writer,
    read_history,
)
from rrcat.release.manifest import (
    MANIFEST,
    SIGNATURE,
    check_outside,
    listing,
    read_manifest,
    write_manifest,
)
from rrcat.release.opened import check_hashes
from rrcat.release.parquet import write_parquet
from rrcat.release.provenance import provenance
from rrcat.release.report import report
from rrcat.release.report_material import ACCOUNT, STARS, read_material
from rrcat.release.sides import Pair, Side
from rrcat.release.signature import fingerprint, sign
from rrcat.release.step import check_step
from rrcat.release.summary import summarise
from rrcat.release.votable import write_votable
from rrcat.schema import as_toml


def publish(
    candidate: Path,
    version: str,
    *,
    into: Path | None = None,
    date: str | None = None,
    override: str | None = None,
    override_step: str | None = None,
    previous: Path | None = None,
    doi: str | None = None,
    key: Path | None = None,
) -> Path:
    """Give the folder ``<name>-<version>`` of a new release.

    Parameters
    ----------
    candidate
        Output folder of ``rrcat build``.
    version
        Semantic version; comes after every one in ``releases.toml``, as far as what has changed
        since the last asks (:mod:`rrcat.release.step`).
    into
        Where the release and ``releases.toml`` stand; the folder of the recipe where not given.
    date
        Date of the release, YYYY-MM-DD; ``SOURCE_DATE_EPOCH`` where not given. Without either the
        files carry no date, so that the same candidate gives the same bytes on any day, and only
        ``releases.toml`` says today's (UTC).
    override
        Why the release is made although a validation failed; told in the release and in
        ``releases.toml``.
    override_step
        Why the version moves less than the changes ask; told in manifest and ``releases.toml``.
    previous
        The last release, where it does not stand beside ``releases.toml``. Where it is out of
        reach, the step is not checked and ``releases.toml`` tells no changes.
    doi
        Of this version, where it is known before.
    key
        Private key of SSH that signs the manifest.

    Raises
    ------
    ReleaseError
        The candidate cannot be released or not signed, or changes meanwhile, the version is taken,
        out of order or too small a step, the folder is in a release, or a release is being written
        in it. Nothing is written then.
    """
    version_key(version)
    told = chosen_date(date)
    content = read_candidate(candidate)
    _check_validation(content, override)
    known = content.facts | {"doi": None if doi is None else checked_doi(doi)}
    about = About.of(known, version, told)
    home = into or _recipe_folder(content)
    check_outside(home, "--into")
    with only_writer(home):
        history = home / HISTORY
        earlier = read_history(history)
        check_follows(about.name, version, earlier, history)
        changes = _changes(content, version, earlier, override_step, previous or home)
        final = home / f"{about.name}-{version}"
        if os.path.lexists(final):
            raise ReleaseError(
                "the name of the release is taken, and releases are never overwritten",
                file=final,
                hint="choose a later version, or another --into; what a release that was killed"
                " left there is not in releases.toml and may be deleted",
            )
        atomic.sweep(home)
        with atomic.new_file(history) as longer, atomic.new_folder(final) as folder:
            asides = {
                "doi": about.doi,
                "override": override,
                "override_step": override_step,
                "signed": None if key is None else True,
            }
            try:
                digest = _fill(folder, content, about, asides)
            finally:
                _check_unchanged(content)  # whatever became of the release is its fault
            signed_by = None if key is None else _sign(folder, key)
            manifest = read_manifest(folder)
            entry = {
                "name": about.name,
                "version": version,
                "date": date_or_today(date),
                "manifest_sha256": digest,
                "rows": content.facts["n_rows"],
                "schema": content.table.name,
                "schema_version": content.table.version,
                "recipe_sha256": manifest.recipe_sha256,
                "doi": about.doi,
                "signed_by": signed_by,
                "override": override,
                "override_step": override_step,
                "files": {name: file.sha256 for name, file in manifest.files.items()},
                "changes": None if changes is None else changes.model_dump(mode="json"),
            }
            longer.write_bytes(appended(history, "release", **entry))
    return final


def _changes(
    candidate: Candidate, version: str, history: History, reason: str | None, place: Path
) -> Changes | None:
    """Compare with the last release, and check that the version moves far enough."""
    if reason is not None and not reason.strip():
        raise ReleaseError("the reason for the step is empty", hint="say why")
    last = history.last
    before = None if last is None else _last_release(last, place)
    if last is None or before is None:
        if reason is not None:
            raise ReleaseError(
                "there is no release to compare with, so there is no step to override",
                hint="leave out --override-step, or say with --previous where the last one is",
            )
        return None
    found = differences(Pair(before, Side.of(candidate)))
    try:
        check_step(last.version, version, found.step)
    except ReleaseError:
        if reason is None:
            raise
    else:
        if reason is not None:
            raise ReleaseError(
                f"{version} is step enough for what has changed since {last.version}",
                hint="leave out --override-step",
            )
    columns = [change for change in found.schema.changes if change.what == "column"]
    return Changes(
        since=last.version,
        step=found.step.level,
        why=found.step.why,
        rows_added=len(found.added),
        rows_removed=len(found.removed),
        rows_changed=found.n_changed,
        columns_added=tuple(one.column for one in columns if one.after == "added"),
        columns_removed=tuple(one.column for one in columns if one.after == "removed"),
        schema_before=last.schema_version,
        cells={one.name: one.appeared + one.vanished + one.changed for one in found.columns},
    )


def _last_release(last: Entry, place: Path) -> Side | None:
    """Open the last release, at a place or in it; None where it is not there."""
    folders = (place / f"{last.name}-{last.version}", place)
    folder = next((folder for folder in folders if (folder / MANIFEST).is_file()), None)
    if folder is None:
        return None
    digest = atomic.sha256(folder / MANIFEST)
    if digest != last.manifest_sha256:
        raise ReleaseError(
            f"this is not {last.name} {last.version} as it was released, to compare with",
            file=folder,
            hint=f"`rrcat verify {folder}` tells what is wrong; get it again from where it is"
            " published, and say with --previous where it is",
        )
    manifest = read_manifest(folder)
    check_hashes(folder, manifest, ("schema.toml", f"{manifest.name}.parquet"))
    return Side.of_release(folder, manifest)


def _sign(folder: Path, key: Path) -> str:
    """Sign the manifest of a release that is being made; give the fingerprint of the key."""
    signature = sign((folder / MANIFEST).read_bytes(), key)
    atomic.write_inside(folder / SIGNATURE, signature)
    (folder / SIGNATURE).chmod(0o444)
    return fingerprint(signature)


def _check_validation(candidate: Candidate, override: str | None) -> None:
    if override is not None and not override.strip():
        raise ReleaseError("the reason for the override is empty", hint="say why")
    if candidate.failed and override is None:
        listed = "".join(f"\n  {item['name']}: {item['detail']}" for item in candidate.failed)
        raise ReleaseError(
            f"the candidate failed its validation{listed}",
            file=candidate.folder,
            hint="mend what failed, or give --override REASON, which the release will tell",
        )
    if override is not None and not candidate.failed:
        raise ReleaseError(
            "no validation failed, so there is nothing to override", hint="leave out --override"
        )


def _check_unchanged(candidate: Candidate) -> None:
    """Compare what was read of a candidate with its hashes again: each format reads it anew."""
    files = candidate.facts["files"]
    for name in (CATALOGUE, STARS, ACCOUNT, *candidate.carried):
        path = candidate.folder / name
        if name in files and not (path.is_file() and atomic.sha256(path) == files[name]):
            raise ReleaseError(
                "a file of the candidate changed while it was being released",
                file=path,
                hint="see that no build works in the folder, and run the same command again",
            )


def _recipe_folder(candidate: Candidate) -> Path:
    try:
        run = json.loads((candidate.folder / "run.json").read_bytes())
        home = Path(run["recipe_path"]).parent
    except (OSError, ValueError, KeyError, TypeError):
        home = None
    if home is None or not home.is_dir():
        raise ReleaseError(
            "the folder of the recipe is not known any more",
            file=candidate.folder / "run.json",
            hint="say where the release belongs with --into DIR",
        )
    return home


def _fill(folder: Path, candidate: Candidate, about: About, asides: Mapping[str, Any]) -> str:
    """Write everything a release holds; give the hash of its manifest.

    ``asides`` are said when the release is made, and stand in its manifest.
    """
    override = asides["override"]
    rows, table, facts = candidate.rows, candidate.table, candidate.facts
    for name in candidate.carried:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(candidate.folder / name, folder / name)
    bundles = {name: facts["files"][name] for name in candidate.carried if "/" in name}
    atomic.write_inside(folder / "schema.toml", as_toml(table).encode())
    for suffix, write in (("vot", write_votable), ("fits", write_fits), ("parquet", write_parquet)):
        path = folder / f"{about.name}.{suffix}"
        with atomic.naming(path):
            write(rows, table, about, path)
    summary = summarise(rows, table)
    material = read_material(candidate.folder, facts["files"])
    texts = {
        "provenance.json": provenance(facts, about, bundles),
        "README.md": readme(summary, table, about, {**facts, **asides}, override).encode(),
        "CITATION.cff": citation(about).encode(),
        "report.html": report(rows, summary, table, about, facts, override, material).encode(),
    }
    for name, content in texts.items():
        atomic.write_inside(folder / name, content)
    digest = write_manifest(folder, facts, version=about.version, date=about.date, asides=asides)
    for _, path in listing(folder):
        path.chmod(0o444)
    return digest
