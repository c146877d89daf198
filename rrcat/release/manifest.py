"""The manifest: what a release consists of, and what it was made from.

Canonical JSON, with neither wall clock nor path of any machine.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rrcat import atomic
from rrcat.canonical import json_bytes
from rrcat.errors import ReleaseError

MANIFEST = "manifest.json"
SEAL = "manifest.json.sha256"
SIGNATURE = "manifest.json.sig"
FORMAT = 1

# What a release takes over from its candidate.
FROM_CANDIDATE = (
    "adql",
    "coordinates",
    "estimators",
    "inputs",
    "n_rows",
    "name",
    "recipe",
    "recipe_sha256",
    "reference",
    "scale",
    "schema",
    "schema_version",
    "seed",
    "time_system",
    "title",
    "validation",
    "versions",
)

# What it takes over where the candidate has it.
WHERE_TOLD = (
    "authors",
    "distance",
    "individual_columns",
    "rights",
    "scale_definition",
    "survey",
    "teacher",
    "zero_point_error",
)


class File(BaseModel):
    """Size and hash of one file."""

    model_config = ConfigDict(extra="forbid")

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    size: int = Field(ge=0)


class Manifest(BaseModel):
    """The part of a manifest that verification rests on; ``facts`` is the whole of it."""

    format: int = Field(ge=FORMAT, le=FORMAT)
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    version: str
    date: str | None = None
    schema_name: str = Field(alias="schema")
    schema_version: str
    n_rows: int = Field(ge=0)
    recipe_sha256: str
    files: dict[str, File]
    facts: dict[str, Any]


def listing(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield every file in a folder with its name relative to it, sorted by name.

    Raises
    ------
    ReleaseError
        A symbolic link, or anything else that is neither file nor folder, lies in it. Links are
        refused since they point at what the hashes do not cover.
    """
    for path in sorted(folder.rglob("*"), key=lambda path: path.relative_to(folder).as_posix()):
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            raise ReleaseError(
                "a link or special file lies in the folder",
                file=path,
                hint="replace it by the file itself",
            )
        if path.is_file():
            yield path.relative_to(folder).as_posix(), path


def write_manifest(
    folder: Path,
    candidate: Mapping[str, Any],
    *,
    version: str,
    date: str | None,
    asides: Mapping[str, Any],
) -> str:
    """Write the manifest of the files in a folder, and its hash beside it; give the hash.

    ``asides`` are facts that were told when the release was made; what is None is left out.
    """
    facts = {key: candidate[key] for key in FROM_CANDIDATE}
    facts |= {key: candidate[key] for key in WHERE_TOLD if candidate.get(key)}
    facts |= {"format": FORMAT, "version": version}
    if date is not None:
        facts["date"] = date
    facts |= {key: told for key, told in asides.items() if told is not None}
    facts["files"] = {
        name: {"sha256": atomic.sha256(path), "size": path.stat().st_size}
        for name, path in listing(folder)
    }
    content = json_bytes(facts)
    digest = hashlib.sha256(content).hexdigest()
    (folder / MANIFEST).write_bytes(content)
    # As sha256sum writes it: `sha256sum -c manifest.json.sha256` checks the manifest.
    (folder / SEAL).write_bytes(f"{digest}  {MANIFEST}\n".encode())
    return digest


def check_outside(path: Path, option: str) -> None:
    """Refuse to write where a release stands, which never changes.

    Raises
    ------
    ReleaseError
        The place is a release or inside one.
    """
    real = Path(os.path.realpath(path))
    for folder in (real, *real.parents):
        if all(os.path.lexists(folder / name) for name in (MANIFEST, SEAL)):
            raise ReleaseError(
                "the place is in a release, which never changes",
                file=path,
                hint=f"choose another {option}, outside of {folder}",
            )


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a release.

    Raises
    ------
    ReleaseError
        There is none, or it cannot be understood.
    """
    path = folder / MANIFEST
    try:
        facts = json.loads(path.read_bytes())
        return Manifest.model_validate({**facts, "facts": facts})
    except FileNotFoundError:
        raise ReleaseError(
            "the folder holds no manifest, so it is no release",
            file=path,
            hint="give the folder that `rrcat release` made",
        ) from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ReleaseError(f"the manifest is wrong at {place}: {first['msg']}", file=path) from None
    except (ValueError, TypeError, RecursionError) as error:
        raise ReleaseError(f"the manifest is no JSON object: {error}", file=path) from None
