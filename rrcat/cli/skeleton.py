"""A plugin to start from: small, whole, and passing the conformance suite."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

from rrcat import atomic
from rrcat.errors import PluginError
from rrcat.estimator.loading import ID

FILES = {
    "pyproject.toml": "pyproject.toml.txt",
    "README.md": "README.md.txt",
    "{package}/__init__.py": "init.py.txt",
    "{package}/plugin.py": "plugin.py.txt",
    "{package}/estimator.py": "estimator.py.txt",
    "tests/test_conformance.py": "test_conformance.py.txt",
}
"""Files of the new plugin, and the templates beside this module they are made from."""


def write_skeleton(name: str, into: Path) -> Path:
    """Write a working plugin whose estimator has the id ``name``; give its folder.

    Raises
    ------
    PluginError
        The name is no id, or the folder exists already.
    """
    if not re.fullmatch(ID, name):
        raise PluginError(
            f"{name!r} cannot be the id of an estimator",
            hint="use lower-case words joined by hyphens, e.g. my-relation",
        )
    distribution = f"rrcat-{name.removeprefix('rrcat-')}"
    words = {
        "id": name,
        "distribution": distribution,
        "package": distribution.replace("-", "_"),
        "class": "".join(word.capitalize() for word in name.split("-")),
    }
    folder = into / distribution
    templates = files("rrcat.cli") / "skeleton_files"
    try:
        with atomic.new_folder(folder) as temporary:
            for target, template in FILES.items():
                path = temporary / _filled(target, words)
                path.parent.mkdir(exist_ok=True)
                text = templates.joinpath(template).read_text(encoding="utf-8")
                path.write_text(_filled(text, words), encoding="utf-8")
    except FileExistsError:
        raise PluginError(
            "the folder exists already", file=folder, hint="choose another name or --into"
        ) from None
    return folder


def _filled(text: str, words: dict[str, str]) -> str:
    for key, word in words.items():
        text = text.replace("{" + key + "}", word)
    return text
