"""What a bundle lists of itself, and whether its folder holds exactly that."""

from __future__ import annotations

import tomllib
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rrcat import atomic
from rrcat.errors import BundleError
from rrcat.plugin import API

MANIFEST = "bundle.toml"
MAX_BYTES = 2**31
MAX_MANIFEST_BYTES = 2**20
RUNS_CODE = frozenset({".pkl", ".pickle", ".joblib", ".dill", ".py", ".pyc", ".pyd", ".so"})


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class File(_Strict):
    """Hash and size of one file of a bundle."""

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    size: int = Field(ge=0)


class Manifest(_Strict):
    """What ``bundle.toml`` says."""

    format: Literal[1]
    api: int
    estimator: str
    estimator_version: str
    scale: str
    bands: list[str] | None = None
    reference: list[str]
    seed: int
    training_set_sha256: str
    params: dict[str, Any]
    settings: dict[str, Any]
    metrics: dict[str, Any]
    teacher: dict[str, Any] | None = None
    label_error: dict[str, float] = {}
    versions: dict[str, str]
    files: dict[str, File]


def read_manifest(folder: Path) -> Manifest:
    """Give what ``bundle.toml`` says, checked in itself; no other file is looked at.

    Raises
    ------
    BundleError
        There is none, or it is not one that this version can read.
    """
    path = folder / MANIFEST
    if path.is_symlink() or not path.is_file():
        raise BundleError("this is no bundle: it has no bundle.toml", file=folder)
    if path.stat().st_size > MAX_MANIFEST_BYTES:
        raise BundleError("bundle.toml is too large to be one", file=path)
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        manifest = Manifest.model_validate(content)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BundleError(f"bundle.toml is not TOML: {error}", file=path) from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise BundleError(
            f"bundle.toml is not valid: {first['msg']}",
            file=path,
            key=".".join(str(part) for part in first["loc"]),
            hint="it was written by another version of rrcat, or changed by hand",
        ) from None
    if manifest.api != API:
        raise BundleError(
            f"the bundle was made with plugin api {manifest.api}, this rrcat has {API}",
            file=path,
            hint=f"use rrcat {manifest.versions.get('rrcat', 'of its time')}, or train again",
        )
    for name in manifest.files:
        parts = PurePosixPath(name).parts
        plain = name == "/".join(parts) and "\\" not in name and ":" not in name
        if not plain or ".." in parts or PurePosixPath(name).is_absolute() or name == MANIFEST:
            raise BundleError(f"bundle.toml lists a path that leaves it: {name!r}", file=path)
    if not {"golden.parquet", "golden_stars.parquet"} <= manifest.files.keys():
        raise BundleError("the bundle has no golden rows to prove itself with", file=path)
    return manifest


def check_files(folder: Path, manifest: Manifest) -> None:
    """Raise :class:`BundleError` unless the folder holds the listed files and nothing else."""
    if (total := sum(file.size for file in manifest.files.values())) > MAX_BYTES:
        raise BundleError(f"the bundle lists {total} bytes, more than {MAX_BYTES}", file=folder)
    there = set(files_of(folder)) - {MANIFEST}
    for what, names in (
        ("misses", manifest.files.keys() - there),
        ("holds what bundle.toml does not list:", there - manifest.files.keys()),
    ):
        if names:
            raise BundleError(
                f"the bundle {what} {', '.join(sorted(names))}",
                file=folder,
                hint="copy the whole folder again from where it was made",
            )
    for name, file in sorted(manifest.files.items()):
        path = folder / name
        if path.stat().st_size != file.size or atomic.sha256(path) != file.sha256:
            raise BundleError(
                "the file is not the one that was saved",
                file=path,
                hint="copy the whole folder again from where it was made",
            )


def files_of(folder: Path) -> list[str]:
    """Give the files of a bundle, sorted, as paths within it; refuse what is no plain data."""
    names = []
    for path in sorted(folder.rglob("*")):
        if path.is_symlink():
            raise BundleError("a bundle holds no links", file=path, hint="put the file itself")
        if path.is_dir():
            continue
        if not path.is_file():
            raise BundleError("a bundle holds plain files only", file=path)
        if path.suffix.lower() in RUNS_CODE:
            raise BundleError(
                "a bundle holds nothing that runs code when it is read",
                file=path,
                hint="save weights in the library's own data format, or as Parquet or JSON",
            )
        names.append(path.relative_to(folder).as_posix())
    return names
