"""The CmdStan of this machine: where it is, and the model compiled with it.

Only learning comes here. ``cmdstanpy`` is imported inside the functions: predicting needs neither
it nor CmdStan.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import platformdirs

from rrcat import atomic
from rrcat.errors import PluginError
from rrcat_stan.plugin import SPEC

MODEL = "relation"
INCOMPLETE = "rrcat-incomplete"
"""A file in the tree of a CmdStan that is being built; it is removed at the end."""

# Without checks of array bounds it samples a third faster; the tests run the model with them.
_CPP_OPTIONS = {"STAN_NO_RANGE_CHECKS": True}

_ROOM = 2**20
"""Fewer free bytes than this, and what failed to write failed for that."""


@dataclass(frozen=True)
class CmdStan:
    """An installation: its folder and its version, such as ``2.27.0``."""

    path: Path
    version: str


def find_cmdstan() -> CmdStan | None:
    """Give the CmdStan that ``CMDSTAN`` names, else the newest in ``~/.cmdstan``, if it works.

    It works where it is complete and its compiler of Stan code answers.
    """
    if named := os.environ.get("CMDSTAN"):
        return _working(Path(named).absolute())
    trees = (Path.home() / ".cmdstan").glob("cmdstan-*")
    newest_first = sorted(trees, key=lambda tree: _numbers(tree.name), reverse=True)
    return next((found for tree in newest_first if (found := _working(tree))), None)


def _numbers(name: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", name)]


def _working(tree: Path) -> CmdStan | None:
    try:
        said = re.search(r"CMDSTAN_VERSION\s*:?=\s*(\S+)", (tree / "makefile").read_text())
        stanc = [str(tree / "bin" / "stanc"), "--version"]
        answers = subprocess.run(stanc, capture_output=True, check=False).returncode == 0
    except OSError:
        return None
    if said is None or not answers or (tree / INCOMPLETE).exists():
        return None
    return CmdStan(tree, said[1])


def need_cmdstan() -> CmdStan:
    """Give the CmdStan of this machine.

    Raises
    ------
    PluginError
        There is none.
    """
    if importlib.util.find_spec("cmdstanpy") is None:
        raise PluginError(
            "learning needs cmdstanpy, which is not installed",
            plugin=SPEC.id,
            hint="install rrcat-stan with its dependencies; a bundle predicts without",
        )
    found = find_cmdstan()
    if found is None and (named := os.environ.get("CMDSTAN")):
        raise PluginError(
            "learning needs CmdStan, and the one that CMDSTAN names does not work",
            plugin=SPEC.id,
            file=Path(named),
            hint="name the folder of one that was built, or unset CMDSTAN and run "
            "`rrcat-stan setup`; a bundle that was trained elsewhere predicts without",
        )
    if found is None:
        raise PluginError(
            "learning needs CmdStan, and there is none that works",
            plugin=SPEC.id,
            hint="run `rrcat-stan setup`; a bundle that was trained elsewhere predicts without",
        )
    return found


def need_compiler() -> None:
    """Check that what CmdStan is built with is here.

    Raises
    ------
    PluginError
        The C++ compiler or make is missing.
    """
    compiler = os.environ.get("CXX", "clang++" if sys.platform == "darwin" else "g++").split()[0]
    missing = [name for name in (compiler, "make") if shutil.which(name) is None]
    if missing:
        raise PluginError(
            f"CmdStan is built with a C++ compiler and make; missing: {', '.join(missing)}",
            plugin=SPEC.id,
            hint="on Debian: apt-get install g++ make. Without them everything but learning works",
        )


def source() -> str:
    """Give the Stan code of the model."""
    return (files("rrcat_stan") / f"{MODEL}.stan").read_text(encoding="utf-8")


def program(cmdstan: CmdStan) -> Path:
    """Give where the compiled model is kept.

    That is by the hash of its source, of CmdStan's version and of its place, because it links to
    libraries there.
    """
    said = "\0".join([source(), cmdstan.version, str(cmdstan.path), repr(_CPP_OPTIONS)])
    return cache_folder() / hashlib.sha256(said.encode()).hexdigest()[:24] / MODEL


def compiled_model(cmdstan: CmdStan) -> Path:
    """Give the compiled model, from the user's cache folder or else compiled into it (a minute).

    Two processes that ask at once compile once.

    Raises
    ------
    PluginError
        It does not compile.
    """
    compiled = program(cmdstan)
    if not compiled.exists():
        with alone():
            if not compiled.exists():
                atomic.sweep(cache_folder())
                with atomic.new_folder(compiled.parent) as new:
                    _compile(cmdstan, new)
    return compiled


@contextmanager
def alone() -> Iterator[None]:
    """Wait until no other process installs CmdStan or compiles, and let others wait."""
    cache_folder().mkdir(parents=True, exist_ok=True)
    with (cache_folder() / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def cache_folder() -> Path:
    """Give the folder of compiled models."""
    return platformdirs.user_cache_path("rrcat") / "stan"


def _compile(cmdstan: CmdStan, folder: Path) -> None:
    import cmdstanpy

    cmdstanpy.set_cmdstan_path(str(cmdstan.path))
    path = folder / f"{MODEL}.stan"
    path.write_text(source(), encoding="utf-8")
    try:
        with cmdstanpy.disable_logging():
            cmdstanpy.CmdStanModel(stan_file=path, cpp_options=_CPP_OPTIONS)
    except (ValueError, RuntimeError, OSError) as error:
        need_compiler()  # the usual cause, in plain words
        tail = "\n".join(str(error).strip().splitlines()[-8:])
        raise PluginError(
            f"the Stan model does not compile with CmdStan {cmdstan.version}:\n{tail}",
            plugin=SPEC.id,
            file=cmdstan.path,
            hint=advice(
                folder,
                "is the C++ compiler one that CmdStan knows? Name another CmdStan in CMDSTAN",
            ),
        ) from error


def advice(folder: Path, otherwise: str) -> str:
    """Give the hint for something that failed while it wrote into a folder."""
    if shutil.disk_usage(folder).free < _ROOM:
        return f"the disk is full: free some space in {folder.parent}"
    return otherwise
