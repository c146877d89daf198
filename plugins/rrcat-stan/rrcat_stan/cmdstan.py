"""The CmdStan of this machine: where it is, and the model compiled with it.

Only learning comes here. ``cmdstanpy`` is imported inside the functions: predicting needs neither
it nor CmdStan.
"""

from __future__ import annotations

import fcntl
import hashlib
import re
import subprocess
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


@dataclass(frozen=True)
class CmdStan:
    """An installation: its folder and its version, such as ``2.27.0``."""

    path: Path
    version: str


def find_cmdstan() -> CmdStan | None:
    """Give the CmdStan that cmdstanpy would use, if it is complete and its compiler answers.

    That is the one ``CMDSTAN`` names, else the newest in ``~/.cmdstan``.
    """
    import cmdstanpy

    try:
        path = Path(cmdstanpy.cmdstan_path())
        said = re.search(r"CMDSTAN_VERSION\s*:?=\s*(\S+)", (path / "makefile").read_text())
        stanc = [str(path / "bin" / "stanc"), "--version"]
        works = subprocess.run(stanc, capture_output=True, check=False).returncode == 0
    except (ValueError, OSError):
        return None
    if said is None or not works or (path / INCOMPLETE).exists():
        return None
    return CmdStan(path, said[1])


def need_cmdstan() -> CmdStan:
    """Give the CmdStan of this machine.

    Raises
    ------
    PluginError
        There is none.
    """
    try:
        found = find_cmdstan()
    except ImportError:
        raise PluginError(
            "learning needs cmdstanpy, which is not installed",
            plugin=SPEC.id,
            hint="install rrcat-stan with its dependencies; a bundle predicts without",
        ) from None
    if found is None:
        raise PluginError(
            "learning needs CmdStan, and there is none that works",
            plugin=SPEC.id,
            hint="run `rrcat-stan setup`; a bundle that was trained elsewhere predicts without",
        )
    return found


def source() -> str:
    """Give the Stan code of the model."""
    return (files("rrcat_stan") / f"{MODEL}.stan").read_text(encoding="utf-8")


def compiled_model(cmdstan: CmdStan) -> Path:
    """Give the compiled model, from the user's cache folder or else compiled into it (a minute).

    It is kept by the hash of its source, of CmdStan's version and of its place, because it links
    to libraries there. Two processes that ask at once compile once.

    Raises
    ------
    PluginError
        It does not compile.
    """
    said = "\0".join([source(), cmdstan.version, str(cmdstan.path), repr(_CPP_OPTIONS)])
    folder = cache_folder() / hashlib.sha256(said.encode()).hexdigest()[:24]
    program = folder / MODEL
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not program.exists():
            with atomic.new_folder(folder) as new:
                _compile(cmdstan, new)
    return program


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
        tail = "\n".join(str(error).strip().splitlines()[-8:])
        raise PluginError(
            f"the Stan model does not compile with CmdStan {cmdstan.version}:\n{tail}",
            plugin=SPEC.id,
            file=cmdstan.path,
            hint="is a C++ compiler installed? `rrcat-stan setup` tells",
        ) from error
