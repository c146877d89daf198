"""Files and folders that are there whole or not at all.

Everything is written under a hidden temporary name beside its final one, synced to the disk and
renamed once. A process that is killed leaves at most such a temporary behind; :func:`sweep`
removes them.
"""

import hashlib
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rrcat.errors import RrcatError

SUFFIX = ".rrcat-tmp"


def write_bytes(path: Path, data: bytes) -> None:
    """Write a whole file, in place of the one that may be there."""
    with new_file(path) as temporary:
        temporary.write_bytes(data)


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """Give a temporary path to write a file to; on leaving it takes its final name.

    A file of that name is replaced. After an error, nothing is left and the old file stands.
    """
    temporary = _temporary(path)
    try:
        with naming(path, temporary):
            yield temporary
            replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Give a temporary folder to fill; on leaving it takes its final name.

    After an error nothing is left of it.

    Raises
    ------
    FileExistsError
        The final name is taken, by anything but an empty folder; nothing is overwritten.
    """
    _refuse_existing(path)
    temporary = _temporary(path)
    try:
        with naming(path, temporary):
            temporary.mkdir()
            yield temporary
            _refuse_existing(path)
            replace(temporary, path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def write_inside(path: Path, data: bytes) -> None:
    """Write a file in a folder of :func:`new_folder`; an error names it."""
    with naming(path):
        path.write_bytes(data)


@contextmanager
def naming(path: Path, temporary: Path | None = None) -> Iterator[None]:
    """Let an error name the final path: the temporary one is gone when somebody reads of it.

    A write that fails says no name at all, and a copy names what it read before what it wrote.
    """

    def final(name: object) -> str:
        return str(name) if temporary is None else str(name).replace(str(temporary), str(path))

    try:
        yield
    except OSError as error:
        if error.errno is not None:
            error.filename = final(error.filename2 or error.filename or path)
            error.filename2 = None
        raise
    except RrcatError as error:
        if "file" in error.where:
            error.where["file"] = final(error.where["file"])
        raise


def replace(temporary: Path, final: Path) -> None:
    """Sync a file, or a folder with all in it, to the disk and rename it, then sync the name."""
    if temporary.is_dir():
        for inside in sorted(temporary.rglob("*")):
            _sync(inside)
    _sync(temporary)
    temporary.replace(final)
    _sync(final.parent)


def remove_folder(path: Path) -> None:
    """Remove a folder with all in it, which is there whole or not at all."""
    temporary = _temporary(path)
    path.rename(temporary)
    shutil.rmtree(temporary)


def sha256(path: Path) -> str:
    """Give the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sweep(folder: Path) -> None:
    """Remove what killed processes left in a folder; call it only while no other one writes."""
    for leftover in folder.glob(f".*{SUFFIX}"):
        if leftover.is_dir():
            shutil.rmtree(leftover)
        else:
            leftover.unlink()


def _temporary(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.parent / f".{path.name}.{uuid.uuid4().hex}{SUFFIX}"


def _refuse_existing(path: Path) -> None:
    if path.exists() and not (path.is_dir() and not any(path.iterdir())):
        raise FileExistsError(f"{path} exists already")


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
