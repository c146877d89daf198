"""The floors of the house: a module imports its own floor or a lower one, never a higher one."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent
FLOORS = {
    "errors": 0,
    "atomic": 0,
    "canonical": 0,
    "lock": 0,
    "plugin": 0,
    "schema": 1,
    "harmonic": 1,
    "archive": 2,
    "lightcurve": 3,
    "fourier": 4,
    "calibration": 5,
    "simulate": 6,
    "estimator": 7,
    "evaluation": 8,
    "testing": 9,
    "catalogue": 10,
    "release": 11,
    "run": 12,
    "cli": 12,
    "__main__": 12,
}
HIGHEST_FOR_PLUGINS = 9
PARTS = sorted(
    path.stem
    for path in (CHECKOUT / "rrcat").iterdir()
    if path.suffix == ".py" or any(path.glob("*.py"))
)


def imported(source: str, package: str) -> Iterator[tuple[int, str]]:
    """Yield (line, name) of every module that Python source imports, at any depth of the code."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, base]).strip(".")
            # `from rrcat import run` names the part after the package.
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)


def climbs(source: str, package: str, highest: int) -> list[str]:
    """Give every import of a part of rrcat that lies above a floor, as `line: module`."""
    found = []
    for line, name in imported(source, package):
        parts = name.split(".")
        if parts[0] == "rrcat" and len(parts) > 1 and FLOORS.get(parts[1], 0) > highest:
            found.append(f"{line}: {name}")
    return found


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import rrcat.run.build", ["1: rrcat.run.build"]),
        ("from rrcat import run", ["1: rrcat.run"]),
        ("from ..run import build", ["1: rrcat.run.build"]),
        ("def f():\n    from rrcat.release import publish", ["2: rrcat.release.publish"]),
        ("from rrcat.schema import load\nfrom . import series\nfrom rrcat import __version__", []),
    ],
)
def test_climbing_imports_are_seen(source, found):
    assert climbs(source, "rrcat.harmonic", FLOORS["harmonic"]) == found


def test_every_part_has_a_floor():
    assert [part for part in PARTS if part != "__init__" and part not in FLOORS] == []


@pytest.mark.parametrize("part", [part for part in PARTS if part in FLOORS])
def test_no_import_climbs(part):
    root = CHECKOUT / "rrcat"
    paths = root.joinpath(part).rglob("*.py") if root.joinpath(part).is_dir() else [root / part]
    found = []
    for path in paths:
        path = path.with_suffix(".py")
        package = ".".join(path.parent.relative_to(CHECKOUT).parts)
        source = path.read_text(encoding="utf-8")
        found += [f"{path}:{climb}" for climb in climbs(source, package, FLOORS[part])]
    assert found == []


@pytest.mark.parametrize("plugin", sorted(path.name for path in CHECKOUT.glob("plugins/rrcat-*")))
def test_plugins_import_no_floor_above_testing(plugin):
    found = []
    for path in CHECKOUT.joinpath("plugins", plugin).rglob("*.py"):
        if "tests" not in path.relative_to(CHECKOUT).parts:
            source = path.read_text(encoding="utf-8")
            climbed = climbs(source, "", HIGHEST_FOR_PLUGINS)
            found += [f"{path}:{climb}" for climb in climbed]
    assert found == []
