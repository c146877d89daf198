import ast
import sys
from pathlib import Path

import pytest

from rrcat.errors import ReleaseError
from rrcat.release import export as exports
from rrcat.release.export import TARGETS, Target, export
from rrcat.release.opened import open_release


@pytest.fixture(scope="module")
def release(released):
    return open_release(released)


@pytest.mark.parametrize("target", TARGETS)
def test_every_target_can_be_found(target):
    # By its source: the libraries that a target needs may not be installed.
    module, function = TARGETS[target].place.split(":")
    (folder,) = exports.__path__
    source = ast.parse((Path(folder) / f"{module}.py").read_text(encoding="utf-8"))
    defined = [part.name for part in source.body if isinstance(part, ast.FunctionDef)]
    assert function in defined


def test_an_export_fills_a_new_or_an_empty_folder(release, tmp_path):
    (tmp_path / "empty").mkdir()
    for folder in (tmp_path / "a" / "new", tmp_path / "empty"):
        assert export(release, "csv", folder) == [
            folder / "rrl-example.csv",
            folder / "README.md",
        ]
        assert sorted(folder.iterdir()) == [folder / "README.md", folder / "rrl-example.csv"]


def test_an_output_that_is_taken_is_refused_and_left_alone(release, tmp_path):
    kept = tmp_path / "kept.txt"
    kept.write_text("mine")
    for taken in (tmp_path, kept):
        with pytest.raises(ReleaseError, match="nothing is overwritten") as error:
            export(release, "csv", taken)
        assert "another --output" in error.value.hint
    assert kept.read_text() == "mine"
    assert list(tmp_path.iterdir()) == [kept]


def test_nothing_is_written_into_a_release(release, released, tmp_path):
    (tmp_path / "link").symlink_to(released)
    before = sorted(released.rglob("*"))
    for inside in (released, released / "out", tmp_path / "link" / "deep" / "out"):
        with pytest.raises(ReleaseError, match="in a release, which never changes") as error:
            export(release, "csv", inside)
        assert error.value.where["file"] == inside
        assert error.value.hint == f"choose another --output, outside of {released.resolve()}"
    assert sorted(released.rglob("*")) == before


def test_an_export_that_fails_leaves_nothing(release, tmp_path, monkeypatch):
    def half(release, output):
        (output / "half.txt").write_text("half")
        raise ReleaseError("cannot go on", file=output / "half.txt")

    monkeypatch.setattr("rrcat.release.export.plain.csv", half)
    with pytest.raises(ReleaseError, match="cannot go on") as error:
        export(release, "csv", tmp_path / "out")
    assert error.value.where["file"] == str(tmp_path / "out" / "half.txt")
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_target_names_those_there_are(release, tmp_path):
    with pytest.raises(ReleaseError, match="no target 'word'") as error:
        export(release, "word", tmp_path / "out")
    assert "votable" in error.value.hint


@pytest.mark.parametrize(
    ("extra", "install"), [("tables", "pip install 'rrcat[tables]'"), (None, "pip install 'xyzzy'")]
)
def test_a_target_that_lacks_a_library_says_how_to_install_it(
    release, tmp_path, monkeypatch, extra, install
):
    module = tmp_path / "lacking.py"
    module.write_text("import xyzzy.inner\n")
    monkeypatch.setattr(exports, "__path__", [*exports.__path__, str(tmp_path)])
    monkeypatch.setitem(TARGETS, "lacking", Target("lacking:export", "nothing", extra))
    with pytest.raises(ReleaseError, match="lacking needs xyzzy") as error:
        export(release, "lacking", tmp_path / "out")
    assert error.value.hint == install
    assert not (tmp_path / "out").exists()


def test_what_lists_the_targets_loads_none_of_them():
    source = Path(sys.modules["rrcat.release.export"].__file__).read_text()
    assert "polars" not in source
