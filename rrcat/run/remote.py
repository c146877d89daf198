"""Work in processes that somebody else has started, perhaps elsewhere: those of a cluster.

Before its first task such a process is looked at: it must have the software of the build and see
its folders. Little is imported here, so that the process is set up before libraries are.
"""

import contextlib
import os
import platform
import socket
import sys
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from rrcat import atomic
from rrcat.errors import RunError
from rrcat.run.code import code_digest
from rrcat.run.executor import ONE_THREAD

PYTHON = "Python"


@dataclass(frozen=True)
class Terms:
    """What a worker must have in common with the build that it works for.

    Parameters
    ----------
    versions
        Distributions and their versions.
    code
        Packages and the digests of their code.
    probe
        A file in the folder of the build that is there as long as the build is.
    store
        A file of the store that is read, and the SHA-256 of its content.
    home
        Host and process of the build, which needs no looking at.
    """

    versions: tuple[tuple[str, str], ...]
    code: tuple[tuple[str, str], ...]
    probe: Path
    store: tuple[Path, str]
    home: tuple[str, int]


class RemoteExecutor(Executor):
    """An executor whose workers are looked at before they work."""

    def __init__(self, executor: Executor, terms: Terms) -> None:
        self.executor, self.terms = executor, terms

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Hand a task to a worker."""
        return self.executor.submit(work_remotely, self.terms, fn, *args, **kwargs)


@contextmanager
def terms(
    output: Path, store: Path, versions: dict[str, str], code: dict[str, str]
) -> Iterator[Terms]:
    """Give the terms of a build whose folders these are, in force until the context ends."""
    # The next build in the folder sweeps it away, where this one is killed before it can.
    probe = output / f".workers.{uuid.uuid4().hex}{atomic.SUFFIX}"
    probe.write_bytes(b"")
    try:
        yield Terms(
            versions=tuple(sorted((versions | {PYTHON: _python()}).items())),
            code=tuple(sorted(code.items())),
            probe=probe,
            store=(store, atomic.sha256(store)),
            home=_here(),
        )
    finally:
        probe.unlink(missing_ok=True)


def work_remotely(terms: Terms, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    """Do a task, in a worker that fulfils the terms.

    Raises
    ------
    RunError
        The worker does not fulfil them, or the build has ended.
    """
    look(terms)
    # What a plugin prints is no output of the command, whose own a worker may share.
    with contextlib.redirect_stdout(sys.stderr):
        return fn(*args, **kwargs)


def look(terms: Terms) -> None:
    """Set a worker up and see that it fulfils the terms.

    Raises
    ------
    RunError
        It does not, or the build has ended.
    """
    if _here() == terms.home:
        return
    for variable in ONE_THREAD:  # read by the libraries when the first task imports them
        os.environ[variable] = "1"
    if differing := _differing(terms.versions, terms.code):
        raise RunError(
            f"a worker has other software than the build: {'; '.join(differing)}",
            worker=_name(),
            hint="install the same versions of rrcat, plugins and libraries for all workers, and "
            "start these again",
        )
    if not _reads(terms.probe):
        raise RunError(
            "a worker does not see the folder of the build",
            worker=_name(),
            file=terms.probe.parent,
            hint="give an --output on a file system that all workers share, under the same path",
        )
    if _digest(terms.store[0]) != terms.store[1]:
        raise RunError(
            "a worker does not see the data of the build",
            worker=_name(),
            file=terms.store[0].parent,
            hint="keep the data on a file system that all workers share, under the same path",
        )


@cache
def _differing(
    versions: tuple[tuple[str, str], ...], code: tuple[tuple[str, str], ...]
) -> list[str]:
    """Give what is other here than in the build, as text. Software does not change in a process."""
    found = []
    for name, wanted in versions:
        try:
            own = _python() if name == PYTHON else version(name)
        except PackageNotFoundError:
            own = "none"
        if own != wanted:
            found.append(f"{name} {own}, in the build {wanted}")
    return found or [
        f"{package} of the same version, but with other code"
        for package, wanted in code
        if code_digest(package) != wanted
    ]


@cache
def _digest(file: Path) -> str:
    return atomic.sha256(file) if _reads(file) else ""


def _reads(file: Path) -> bool:
    """Tell whether a file is there. To open it asks a file server, which may have removed it."""
    try:
        file.open("rb").close()
    except OSError:
        return False
    return True


def _python() -> str:
    return ".".join(platform.python_version_tuple()[:2])


def _here() -> tuple[str, int]:
    return socket.gethostname(), os.getpid()


def _name() -> str:
    return "process {1} on {0}".format(*_here())
