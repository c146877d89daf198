"""``releases.toml``: the history of a catalogue, to which entries are only ever added."""

import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path

import tomli_w

from rrcat.errors import ReleaseError
from rrcat.release.about import version_key

HISTORY = "releases.toml"


@dataclass(frozen=True)
class Entry:
    """One version in the history."""

    name: str
    version: str
    date: str
    manifest_sha256: str
    rows: int
    schema: str
    schema_version: str


def read_history(path: Path) -> list[Entry]:
    """Give the entries of a history, the oldest first; none where there is no file.

    Raises
    ------
    ReleaseError
        The file cannot be read, or an entry cannot be understood.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        entries = [Entry(**entry) for entry in content.get("release", [])]
        for entry in entries:
            version_key(entry.version)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ReleaseError(
            f"the history cannot be read: {(error.strerror or str(error)).lower()}",
            file=path,
            hint="restore it from version control",
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, TypeError, ReleaseError) as error:
        raise ReleaseError(
            f"the history cannot be understood: {error.args[0]}",
            file=path,
            hint="restore it from version control; entries are never edited",
        ) from None
    return entries


def check_follows(name: str, version: str, entries: list[Entry], path: Path) -> None:
    """Raise unless a version of a catalogue comes after every one in its history.

    Raises
    ------
    ReleaseError
        The history is that of another catalogue, or the version is no semantic version, is in the
        history, or is not the greatest.
    """
    if others := sorted({entry.name for entry in entries} - {name}):
        raise ReleaseError(
            f"the folder holds the history of another catalogue, {', '.join(others)}",
            file=path,
            hint="give every catalogue a folder of its own with --into",
        )
    key = version_key(version)
    last = max(entries, key=lambda entry: version_key(entry.version), default=None)
    if last is None or key > version_key(last.version):
        return
    if any(entry.version == version for entry in entries):
        message = f"version {version} is released already"
    else:
        message = f"version {version} does not come after {last.version}"
    major, minor, patch = version_key(last.version)
    raise ReleaseError(
        message,
        file=path,
        hint=f"choose {major}.{minor}.{patch + 1}, {major}.{minor + 1}.0 or {major + 1}.0.0",
    )


def appended(path: Path, entry: Entry) -> bytes:
    """Give the history with one entry more; the bytes before it stay as they are."""
    before = path.read_bytes() if path.exists() else b""
    gap = b"" if not before else b"\n" if before.endswith(b"\n") else b"\n\n"
    return before + gap + f"[[release]]\n{tomli_w.dumps(asdict(entry))}".encode()
