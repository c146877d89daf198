"""A distribution declares what it imports, and nothing else."""

import ast
import re
import sys
import tomllib
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent
DISTRIBUTIONS = [CHECKOUT, *sorted(CHECKOUT.glob("plugins/rrcat-*"))]


def package_of(distribution: Path) -> Path:
    (found,) = [path.parent for path in distribution.glob("rrcat*/__init__.py")]
    return found


MODULES = {"scikit-learn": "sklearn"}
"""Module of a distribution of another name."""


def imported(package: Path) -> set[str]:
    """Give the top-level modules that are imported, but for the standard library's."""
    found = set()
    for path in package.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.split(".")[0])
            elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
                found |= {a.value.split(".")[0] for a in node.args if isinstance(a, ast.Constant)}
    return found - set(sys.stdlib_module_names) - {package.name}


def declared(distribution: Path, *, extras: bool) -> set[str]:
    project = tomllib.loads((distribution / "pyproject.toml").read_text(encoding="utf-8"))[
        "project"
    ]
    requirements = list(project["dependencies"])
    if extras:
        for extra in project.get("optional-dependencies", {}).values():
            requirements += extra
    names = [re.split(r"[^\w-]", requirement)[0] for requirement in requirements]
    return {MODULES.get(name, name).replace("-", "_") for name in names}


@pytest.mark.parametrize("distribution", DISTRIBUTIONS, ids=lambda path: package_of(path).name)
def test_dependencies_are_what_is_imported(distribution):
    needed, known = imported(package_of(distribution)), declared(distribution, extras=True)
    if "rrcat" in known:  # a plugin may rely on what rrcat itself depends on
        needed -= declared(CHECKOUT, extras=False)
    assert needed - known == set(), "imported, not declared"
    assert known - needed == set(), "declared, not imported"


def test_constraints_name_packages_and_versions_only():
    lines = (CHECKOUT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    requirement = re.compile(r"[a-z0-9-]+==[0-9a-z.]+( ; [a-z_]+ [^/@:]+)?")
    assert [line for line in lines if not requirement.fullmatch(line)] == []


def test_everything_is_installed_with_one_command():
    text = (CHECKOUT / "tox.ini").read_text(encoding="utf-8")
    (install,) = [line for line in text.splitlines() if line.startswith("install = uv pip")]
    plugins = [f"-e plugins/{path.name}" for path in DISTRIBUTIONS[1:]]
    assert [each for each in ["-e .", *plugins] if each not in install] == []
