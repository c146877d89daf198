"""Changed code is noticed, whatever its version says."""

import importlib
from pathlib import Path

import pytest

from rrcat.run.code import code_digest


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "rrcat_test_package"
    (folder / "inner").mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    (folder / "inner" / "relation.py").write_text("ZERO = 1.0\n")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    return folder


def test_the_digest_stays_while_the_code_does(package: Path) -> None:
    before = code_digest("rrcat_test_package")
    (package / "__pycache__").mkdir()
    (package / "__pycache__" / "relation.pyc").write_bytes(b"compiled")
    assert code_digest("rrcat_test_package") == before


def test_a_changed_constant_changes_the_digest(package: Path) -> None:
    before = code_digest("rrcat_test_package")
    (package / "inner" / "relation.py").write_text("ZERO = 2.0\n")
    assert code_digest("rrcat_test_package") != before


def test_a_single_module_has_a_digest_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = tmp_path / "rrcat_test_module.py"
    module.write_text("ZERO = 1.0\n")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    before = code_digest("rrcat_test_module")
    module.write_text("ZERO = 2.0\n")
    assert code_digest("rrcat_test_module") != before
