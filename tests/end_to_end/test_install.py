"""rrcat as others get it: from the source distribution, the wheel and an editable checkout."""

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
import uv

from rrcat.schema import names

CHECKOUT = Path(__file__).resolve().parents[2]
CORE_LIMIT_MB = 800


def run(*command: object, cwd: Path) -> str:
    """Run a command outside the checkout and give what it prints."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "COV", "PYTEST")) and name != "VIRTUAL_ENV"
    }
    environment.pop("UV_COMPILE_BYTECODE", None)
    environment["UV_CONSTRAINT"] = str(CHECKOUT / "constraints.txt")
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def build(kind: str, folder: Path) -> Path:
    run(uv.find_uv_bin(), "build", f"--{kind}", "--out-dir", folder, CHECKOUT, cwd=folder)
    (made,) = folder.glob("rrcat-*")
    return made


def install(folder: Path, *what: object) -> Path:
    """Install into a fresh environment and give the folder of its programs."""
    environment = folder / "environment"
    run(uv.find_uv_bin(), "venv", "--python", sys.executable, environment, cwd=folder)
    programs = environment / "bin"
    run(uv.find_uv_bin(), "pip", "install", "--python", programs / "python", *what, cwd=folder)
    return programs


@pytest.fixture(scope="module")
def sdist(tmp_path_factory) -> Path:
    return build("sdist", tmp_path_factory.mktemp("sdist"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    return build("wheel", tmp_path_factory.mktemp("wheel"))


def test_sdist_holds_what_a_build_needs_and_nothing_of_the_workshop(sdist):
    with tarfile.open(sdist) as archive:
        tops = {name.split("/")[1] for name in archive.getnames()}
    assert tops == {
        "CHANGELOG.md", "LICENSE", "PKG-INFO", "README.md", "pyproject.toml", "rrcat", "schemas",
        ".gitignore",
    }  # fmt: skip


def test_wheel_holds_the_schemas_and_no_tests(wheel):
    with zipfile.ZipFile(wheel) as archive:
        held = archive.namelist()
    schemas = {f"rrcat/_schemas/{name}.toml" for name in names()}
    assert schemas <= set(held)
    assert "rrcat/py.typed" in held
    assert not [name for name in held if name.startswith("tests/") or name.endswith(".nbi")]


@pytest.fixture
def from_sdist(sdist, tmp_path) -> Path:
    return install(tmp_path, sdist)


@pytest.fixture(scope="module")
def from_wheel(wheel, tmp_path_factory) -> Path:
    return install(tmp_path_factory.mktemp("wheel"), "--compile-bytecode", wheel)  # as pip does


@pytest.fixture
def editable(tmp_path) -> Path:
    return install(tmp_path, "-e", CHECKOUT)


@pytest.mark.parametrize("kind", ["from_sdist", "from_wheel", "editable"])
def test_schemas_are_found_outside_the_checkout(kind, tmp_path, request):
    programs = request.getfixturevalue(kind)
    listed = run(programs / "rrcat", "schema", "list", cwd=tmp_path)
    assert all(name in listed for name in names())
    where = run(programs / "python", "-c", "import rrcat; print(rrcat.__file__)", cwd=tmp_path)
    assert where.startswith(str(CHECKOUT if kind == "editable" else programs.parent))


def test_core_is_light(from_wheel):
    (packages,) = from_wheel.parent.glob("lib/python3.*/site-packages")
    size = sum(path.stat().st_size for path in packages.rglob("*") if path.is_file())
    assert size < CORE_LIMIT_MB * 1e6
    for heavy in ("tensorflow", "cmdstanpy", "xgboost"):
        assert not list(packages.glob(f"{heavy}*"))
