"""One build at a time in a folder."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rrcat.errors import RunError
from rrcat.run.claim import LOCK


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder for one build.

    The lock is the kernel's (``flock``), so that it goes with its process, even one that is killed.

    Raises
    ------
    RunError
        Another process holds the folder.
    """
    with (folder / LOCK).open("a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise RunError(
                f"another build (process {file.read().strip() or 'unknown'}) works in this folder",
                file=folder,
                hint="wait for it to finish, or choose another --output",
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
