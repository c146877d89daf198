"""Whether the files of a release are those of its manifest, and that the one that was made."""

import re
from collections.abc import Iterator
from pathlib import Path

from rrcat import atomic
from rrcat.errors import ReleaseError
from rrcat.release import signature
from rrcat.release.finding import Finding
from rrcat.release.history import HISTORY, Entry, read_history
from rrcat.release.manifest import MANIFEST, SEAL, SIGNATURE, Manifest, listing

BESIDE = f"../{HISTORY}"
SEALED = re.compile(rf"([0-9a-f]{{64}})  {re.escape(MANIFEST)}\n")


def seal_findings(folder: Path) -> Iterator[Finding]:
    """Compare the manifest with its seal; where they differ, say which of the two was changed.

    Of a changed manifest the hash is another from first to last letter. A hash that is nearly the
    right one is therefore a changed seal; so is any other where the history knows the manifest.
    """
    if not (folder / SEAL).is_file():
        yield Finding(SEAL, "is missing")
        return
    digest = atomic.sha256(folder / MANIFEST)
    told = SEALED.fullmatch((folder / SEAL).read_bytes().decode("ascii", "replace"))
    if told is None:
        yield Finding(SEAL, "is not as sha256sum writes it")
    elif told[1] != digest:
        if _alike(told[1], digest) or digest in _told_beside(folder):
            yield Finding(SEAL, f"does not tell the hash of {MANIFEST}")
        else:
            yield Finding(MANIFEST, f"does not have the hash that {SEAL} tells")


def file_findings(folder: Path, manifest: Manifest) -> Iterator[Finding]:
    """Hash every file and compare with the manifest."""
    try:
        there = dict(listing(folder))
    except ReleaseError as error:
        name = Path(str(error.where["file"])).relative_to(folder).as_posix()
        yield Finding(name, error.message)
        return
    owners = {file.sha256: name for name, file in manifest.files.items()}
    for name, known in manifest.files.items():
        if name not in there:
            yield Finding(name, "is missing")
            continue
        sha256, size = atomic.sha256(there[name]), there[name].stat().st_size
        if sha256 == known.sha256 and size == known.size:
            continue
        if sha256 in owners:
            yield Finding(name, f"holds what belongs in {owners[sha256]}")
        elif size != known.size:
            yield Finding(name, f"has {size} bytes instead of {known.size}")
        else:
            yield Finding(name, "does not have the hash that the manifest tells")
    for name in there:
        if name not in manifest.files and name not in (MANIFEST, SEAL, SIGNATURE):
            yield Finding(name, "is not in the manifest")
    for path in sorted(folder.rglob("*")):
        if path.is_dir() and not any(path.iterdir()):
            yield Finding(path.relative_to(folder).as_posix(), "is an empty folder")


def history_findings(folder: Path, manifest: Manifest) -> Iterator[Finding]:
    """Compare with the history beside the release, where there is one."""
    folder = folder.resolve()
    if (wanted := f"{manifest.name}-{manifest.version}") != folder.name:
        yield Finding(MANIFEST, f"is that of {wanted}, not of {folder.name}")
    try:
        history = read_history(folder.parent / HISTORY)
    except ReleaseError as error:
        yield Finding(BESIDE, error.message)
        return
    told = history.of(manifest.version)
    if len(told) == 1:
        yield from _entry(folder, manifest, told[0])
    elif told:
        yield Finding(BESIDE, f"tells of {manifest.version} {len(told)} times")
    elif history.releases or (folder.parent / HISTORY).exists():
        yield Finding(BESIDE, f"does not tell of {manifest.version}")


def _entry(folder: Path, manifest: Manifest, entry: Entry) -> Iterator[Finding]:
    """Compare with what the history tells of this version."""
    digest, of_version = atomic.sha256(folder / MANIFEST), f"for {entry.version}"
    have = {name: file.sha256 for name, file in manifest.files.items()}
    names = sorted({*have, *entry.files}) if entry.files else []
    others = [name for name in names if have.get(name) != entry.files.get(name)]
    if digest != entry.manifest_sha256 and not _alike(digest, entry.manifest_sha256):
        for name in others or [MANIFEST]:
            yield Finding(name, f"does not have the hash that {BESIDE} tells {of_version}")
        return
    facts = manifest.facts
    pairs = {
        "manifest_sha256": (entry.manifest_sha256, digest),
        "name": (entry.name, manifest.name),
        "rows": (entry.rows, manifest.n_rows),
        "schema": (entry.schema_name, manifest.schema_name),
        "schema_version": (entry.schema_version, manifest.schema_version),
        "date": (entry.date, manifest.date or entry.date),
        "recipe_sha256": (entry.recipe_sha256 or manifest.recipe_sha256, manifest.recipe_sha256),
        "override": (entry.override or facts.get("override"), facts.get("override")),
        "override_step": (entry.override_step, facts.get("override_step")),
        "doi": (entry.doi, facts.get("doi")),
    }
    for key, (told, true) in pairs.items():
        if told != true:
            yield Finding(BESIDE, f"tells {key} {told} {of_version}, the release {true}")
    for name in others:
        yield Finding(BESIDE, f"tells another hash of {name} {of_version} than the release")
    if (folder / SIGNATURE).is_file() or entry.signed_by:
        signer = signer_of(folder)
        if entry.signed_by and signer and entry.signed_by != signer:
            yield Finding(SIGNATURE, f"is by {signer}, {BESIDE} tells {entry.signed_by}")
        elif entry.signed_by and not signer:
            yield Finding(SIGNATURE, f"is missing or broken; {BESIDE} tells {entry.signed_by}")


def signature_findings(folder: Path, manifest: Manifest, key: Path | None) -> Iterator[Finding]:
    """Check the signature, where there is one or should be.

    Raises
    ------
    ReleaseError
        The public key cannot be used.
    """
    path = folder / SIGNATURE
    if not path.is_file():
        if manifest.facts.get("signed"):
            yield Finding(SIGNATURE, "is missing; the release was signed")
        elif key is not None:
            yield Finding(SIGNATURE, "is missing; the release is not signed")
        return
    problem = signature.check((folder / MANIFEST).read_bytes(), path.read_bytes(), key)
    if problem is not None:
        yield Finding(SIGNATURE, problem)


def signer_of(folder: Path) -> str | None:
    """Give the fingerprint of the key that signed a release; None where none did."""
    try:
        return signature.fingerprint((folder / SIGNATURE).read_bytes())
    except (OSError, ReleaseError):
        return None


def _told_beside(folder: Path) -> list[str]:
    """Give the hashes of manifests that the history beside a release tells."""
    try:
        entries = read_history(folder.resolve().parent / HISTORY).releases
    except ReleaseError:
        return []
    return [entry.manifest_sha256 for entry in entries]


def _alike(one: str, other: str) -> bool:
    """Whether two hashes are so alike that one was made from the other."""
    return sum(a == b for a, b in zip(one, other, strict=True)) > len(one) // 2
