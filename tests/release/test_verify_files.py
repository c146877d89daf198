import pytest

from rrcat import atomic
from rrcat.release.manifest import Manifest, write_manifest
from rrcat.release.verify_files import file_findings, seal_findings

FACTS = {key: [] for key in ("adql", "estimators", "inputs", "reference", "validation")}
FACTS |= {"coordinates": {}, "recipe": {}, "time_system": {}, "n_rows": 0, "seed": 0}
FACTS |= dict.fromkeys(("recipe_sha256", "scale", "schema_version", "title"), "x")
FACTS |= {"name": "rrl", "schema": "t", "versions": {}}


@pytest.fixture
def folder(tmp_path):
    """Two files with manifest and seal, far from any history."""
    (tmp_path / "one").write_text("1")
    (tmp_path / "two").write_text("2")
    write_manifest(tmp_path, FACTS, version="1.0.0", date=None, asides={})
    return tmp_path


def seal_says(folder):
    return [(finding.file, finding.what) for finding in seal_findings(folder)]


def test_sound_seal_has_no_findings(folder):
    assert seal_says(folder) == []


def test_changed_letter_of_the_hash_is_a_changed_seal(folder):
    path = folder / "manifest.json.sha256"
    told = path.read_text()
    path.write_text(("1" if told[0] != "1" else "2") + told[1:])
    assert seal_says(folder) == [
        ("manifest.json.sha256", "does not tell the hash of manifest.json")
    ]


def test_another_hash_altogether_is_a_changed_manifest(folder):
    path = folder / "manifest.json"
    path.write_bytes(path.read_bytes() + b" ")
    assert seal_says(folder) == [
        ("manifest.json", "does not have the hash that manifest.json.sha256 tells")
    ]


@pytest.mark.parametrize("content", [b"", b"\xff", b"ab  manifest.json\n"])
def test_seal_that_is_written_otherwise_is_told(folder, content):
    (folder / "manifest.json.sha256").write_bytes(content)
    assert seal_says(folder) == [("manifest.json.sha256", "is not as sha256sum writes it")]


def test_exchanged_files_are_told_by_what_they_hold(folder):
    files = {name: {"sha256": atomic.sha256(folder / name), "size": 1} for name in ("one", "two")}
    told = {"format": 1, "name": "rrl", "version": "1.0.0", "schema": "t", "schema_version": "1"}
    rest = {"n_rows": 0, "recipe_sha256": "", "files": files, "facts": {}}
    (folder / "one").write_text("2")
    findings = list(file_findings(folder, Manifest.model_validate(told | rest)))
    assert [(one.file, one.what) for one in findings] == [("one", "holds what belongs in two")]
