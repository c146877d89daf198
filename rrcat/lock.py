"""One work at a time in a folder."""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from rrcat.errors import RunError

LOCK = ".lock"


@contextmanager
def locked(folder: Path, doing: str = "build") -> Iterator[None]:
    """Hold a folder for one work, which ``doing`` names in the message to another.

    The lock is the kernel's (``flock``), so that it goes with its process, even one that is killed.

    Raises
    ------
    RunError
        Another process holds the folder, or its lock is a link.
    """
    with _opened(folder / LOCK) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise RunError(
                f"another {doing} (process {holder}) works in this folder",
                file=folder,
                hint="wait for it to finish, or choose another --output",
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _opened(path: Path) -> TextIO:
    """Open a lock; never what a link in its place points to, which would be emptied."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
        raise RunError(
            "the lock of the folder is a link",
            file=path,
            hint="remove it, or choose another --output",
        ) from None
    return os.fdopen(handle, "r+", encoding="ascii")
