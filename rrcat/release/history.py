"""``releases.toml``: the history of a catalogue, to which entries are only ever added.

Two kinds of entries follow each other: ``[[release]]``, written by ``rrcat release``, and
``[[doi]]``, written by ``rrcat doi`` where a version gets its DOI after it was made. Each tells the
hash of all that stands above it, so that an edit of anything but the last entry is found.
"""

import fcntl
import hashlib
import os
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli_w
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from rrcat.errors import ReleaseError
from rrcat.release.about import checked_date, version_key
from rrcat.schema.diff import Level

HISTORY = "releases.toml"
HEADER = re.compile(rb"^\[\[(release|doi)\]\]", re.MULTILINE)
SHA256 = r"^[0-9a-f]{64}$"


class _Told(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Changes(_Told):
    """What moved since the version before.

    Parameters
    ----------
    since
        The version before.
    step
        How far the changes ask the version to move.
    why
        What asks for that step, in words.
    rows_added, rows_removed, rows_changed
        Numbers of stars.
    columns_added, columns_removed
        Names of columns.
    schema_before
        Version that the table had.
    cells
        For each column in which stars of both versions differ, in how many of them.
    """

    since: str
    step: Level
    why: tuple[str, ...] = Field(strict=False)
    rows_added: int
    rows_removed: int
    rows_changed: int
    columns_added: tuple[str, ...] = Field(strict=False)
    columns_removed: tuple[str, ...] = Field(strict=False)
    schema_before: str
    cells: dict[str, int] = {}


class _Entry(_Told):
    """What every entry has; ``doi`` is None where it tells none."""

    version: str
    date: str
    manifest_sha256: str = Field(pattern=SHA256)
    doi: str | None = None

    @field_validator("version")
    @classmethod
    def _is_version(cls, version: str) -> str:
        try:
            version_key(version)
        except ReleaseError as error:
            raise ValueError(error.message) from None
        return version

    @field_validator("date")
    @classmethod
    def _is_date(cls, date: str) -> str:
        try:
            return checked_date(date)
        except ReleaseError as error:
            raise ValueError(error.message) from None


class Entry(_Entry):
    """One version in the history; what has a default here lacks in old histories.

    Parameters
    ----------
    name, version, date
        Of the release.
    manifest_sha256, recipe_sha256
        Hash of ``manifest.json``, and of the recipe with every default filled in.
    rows, schema_name, schema_version
        Rows of the catalogue, and its table.
    doi
        Where it was known when the release was made.
    signed_by
        Fingerprint of the key that signed the manifest.
    override
        Why it was made although a validation failed.
    override_step
        Why the version moved less than the changes ask.
    above_sha256
        Hash of everything above this entry in the file.
    files
        Hash of every file that the manifest lists.
    changes
        What moved since the version before; None for the first, or where that was out of reach.
    """

    name: str
    rows: int = Field(ge=0)
    schema_name: str = Field(alias="schema")
    schema_version: str
    recipe_sha256: str | None = None
    signed_by: str | None = None
    override: str | None = None
    override_step: str | None = None
    above_sha256: str | None = Field(None, pattern=SHA256)
    files: dict[str, str] = {}
    changes: Changes | None = None


class Doi(_Entry):
    """The DOI of a version, noted after it was released; a later entry stands in for it."""

    doi: str
    above_sha256: str = Field(pattern=SHA256)


@dataclass(frozen=True)
class History:
    """The entries of a history, the oldest first."""

    releases: tuple[Entry, ...] = ()
    dois: tuple[Doi, ...] = ()

    @property
    def last(self) -> Entry | None:
        """The entry of the greatest version; None where there is none."""
        return max(self.releases, key=lambda entry: version_key(entry.version), default=None)

    def of(self, version: str) -> tuple[Entry, ...]:
        """Give the entries of a version: one, if the history is sound."""
        return tuple(entry for entry in self.releases if entry.version == version)

    def doi(self, version: str) -> str | None:
        """Give the DOI of a version, as told last; None where it has none."""
        entries: tuple[_Entry, ...] = (*self.releases, *self.dois)
        told = [entry.doi for entry in entries if entry.version == version]
        return next((doi for doi in reversed(told) if doi), None)


def read_history(path: Path) -> History:
    """Give the entries of a history; none where there is no file.

    Raises
    ------
    ReleaseError
        The file cannot be read, an entry cannot be understood, or what stands above an entry is
        not what stood there when it was written.
    """
    try:
        content = path.read_bytes()
        told = tomllib.loads(content.decode("utf-8"))
        releases = [Entry.model_validate(entry) for entry in told.pop("release", [])]
        dois = [Doi.model_validate(entry) for entry in told.pop("doi", [])]
        if told:
            raise TypeError(f"there is no entry of the kind {sorted(told)[0]!r}")
    except FileNotFoundError:
        return History()
    except OSError as error:
        raise ReleaseError(
            f"the history cannot be read: {(error.strerror or str(error)).lower()}",
            file=path,
            hint="restore it from version control",
        ) from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise _edited(path, f"cannot be understood: {place}: {first['msg']}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, TypeError) as error:
        raise _edited(path, f"cannot be understood: {error}") from None
    _check_chain(path, content, {"release": releases, "doi": dois})
    return History(tuple(releases), tuple(dois))


def _check_chain(path: Path, content: bytes, entries: Mapping[str, Sequence[Any]]) -> None:
    """Raise unless every entry stands below what it stood below when it was written."""
    headers = [(found.start(), found[1].decode()) for found in HEADER.finditer(content)]
    known = {kind: iter(of_kind) for kind, of_kind in entries.items()}
    for start, kind in headers:
        entry = next(known[kind], None)
        above = hashlib.sha256(content[:start]).hexdigest()
        if entry is not None and entry.above_sha256 not in (None, above):
            what = "the DOI of" if kind == "doi" else "version"
            raise _edited(path, f"was changed above the entry of {what} {entry.version}")
    if len(headers) != sum(map(len, entries.values())):
        raise _edited(path, "does not hold its entries as they are written")


def _edited(path: Path, what: str) -> ReleaseError:
    return ReleaseError(
        f"the history {what}",
        file=path,
        hint="restore it from version control; entries are never edited",
    )


def check_follows(name: str, version: str, history: History, path: Path) -> None:
    """Raise unless a version of a catalogue comes after every one in its history.

    Raises
    ------
    ReleaseError
        The history is that of another catalogue, or the version is no semantic version, is in the
        history, or is not the greatest.
    """
    if others := sorted({entry.name for entry in history.releases} - {name}):
        raise ReleaseError(
            f"the folder holds the history of another catalogue, {', '.join(others)}",
            file=path,
            hint="give every catalogue a folder of its own with --into",
        )
    key = version_key(version)
    last = history.last
    if last is None or key > version_key(last.version):
        return
    if history.of(version):
        message = f"version {version} is released already"
    else:
        message = f"version {version} does not come after {last.version}"
    major, minor, patch = version_key(last.version)
    raise ReleaseError(
        message,
        file=path,
        hint=f"choose {major}.{minor}.{patch + 1}, {major}.{minor + 1}.0 or {major + 1}.0.0",
    )


def appended(path: Path, kind: str, **entry: Any) -> bytes:
    """Give the history with one entry more; the bytes before it stay as they are.

    ``kind`` is ``release`` or ``doi``, ``entry`` what its keys are in the file, without
    ``above_sha256``; what is None is left out.
    """
    before = path.read_bytes() if path.exists() else b""
    above = before + (b"" if not before else b"\n" if before.endswith(b"\n") else b"\n\n")
    told = {key: value for key, value in entry.items() if value is not None}
    plain = {key: value for key, value in told.items() if not isinstance(value, dict)}
    tables = {key: value for key, value in told.items() if isinstance(value, dict)}
    whole = plain | {"above_sha256": hashlib.sha256(above).hexdigest()} | tables
    return above + tomli_w.dumps({kind: [whole]}).encode()


@contextmanager
def only_writer(home: Path) -> Iterator[None]:
    """Have the folder of a history for oneself while something is added to it.

    Raises
    ------
    ReleaseError
        Somebody else is writing in it.
    """
    home.mkdir(parents=True, exist_ok=True)
    handle = os.open(home, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise ReleaseError(
            "another release is being written in the folder", file=home, hint="wait for it"
        ) from None
    try:
        yield
    finally:
        os.close(handle)
