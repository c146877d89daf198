import os

import pytest

from rrcat.errors import BundleError
from rrcat.estimator import load_bundle, save_bundle
from rrcat.estimator.manifest import read_manifest


@pytest.fixture
def folder(model, batch, tmp_path):
    """A sound bundle."""
    save_bundle(
        model,
        tmp_path / "bundle",
        golden=batch,
        seed=0,
        settings={},
        training_set_sha256="",
        metrics={},
    )
    return tmp_path / "bundle"


def test_a_changed_file_is_refused(folder, registry):
    weights = folder / "weights" / "line.json"
    weights.write_text(weights.read_text().replace("C21", "C09"))
    with pytest.raises(BundleError, match="not the one that was saved") as caught:
        load_bundle(folder, registry)
    assert caught.value.where["file"] == weights


def test_a_missing_file_is_refused(folder, registry):
    (folder / "weights" / "line.json").unlink()
    with pytest.raises(BundleError, match=r"misses weights/line\.json"):
        load_bundle(folder, registry)


def test_a_file_too_many_is_refused(folder, registry):
    (folder / "weights" / "more.json").write_text("{}")
    with pytest.raises(BundleError, match=r"does not list: weights/more\.json"):
        load_bundle(folder, registry)


def test_a_file_that_runs_code_is_refused(folder, registry):
    (folder / "weights" / "model.pkl").write_bytes(b"")
    with pytest.raises(BundleError, match="nothing that runs code"):
        load_bundle(folder, registry)


@pytest.mark.parametrize("name", ["weights/line.json", "weights", "extra"])
def test_a_link_is_refused(folder, registry, tmp_path, name):
    path = folder / name
    if path.exists():
        path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BundleError, match="holds no links"):
        load_bundle(folder, registry)


def test_a_pipe_is_refused(folder, registry):
    os.mkfifo(folder / "weights" / "pipe")
    with pytest.raises(BundleError, match="plain files only"):
        load_bundle(folder, registry)


def test_a_linked_manifest_is_refused(folder, tmp_path):
    (folder / "bundle.toml").rename(tmp_path / "elsewhere")
    (folder / "bundle.toml").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BundleError, match="no bundle"):
        read_manifest(folder)


@pytest.mark.parametrize(
    "path", ["../line.json", "/etc/hosts", "weights/../x", "weights//x", "./x", "C:/x", "a\\\\b"]
)
def test_a_listed_path_that_leaves_the_bundle_is_refused(folder, path):
    manifest = folder / "bundle.toml"
    manifest.write_text(manifest.read_text().replace("weights/line.json", path))
    with pytest.raises(BundleError, match="a path that leaves it"):
        read_manifest(folder)


def test_a_bundle_larger_than_any_model_is_refused_before_it_is_read(folder, registry):
    manifest = folder / "bundle.toml"
    size = (folder / "golden.parquet").stat().st_size
    manifest.write_text(manifest.read_text().replace(f"size = {size}", f"size = {2**40}"))
    with pytest.raises(BundleError, match="lists 1099511"):
        load_bundle(folder, registry)


def test_a_manifest_larger_than_any_is_refused(folder):
    with (folder / "bundle.toml").open("a") as file:
        file.write("#" * 2**20)
    with pytest.raises(BundleError, match="too large"):
        read_manifest(folder)


def test_a_bundle_of_another_api_is_refused_with_the_version_to_use(folder):
    manifest = folder / "bundle.toml"
    manifest.write_text(manifest.read_text().replace("api = 1", "api = 2"))
    with pytest.raises(BundleError, match=r"api 2, this rrcat has 1") as caught:
        read_manifest(folder)
    assert "use rrcat 0." in caught.value.hint


def test_a_bundle_without_golden_rows_is_refused(folder):
    manifest = folder / "bundle.toml"
    manifest.write_text(manifest.read_text().replace("golden.parquet", "gold.parquet"))
    with pytest.raises(BundleError, match="no golden rows"):
        read_manifest(folder)


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("seed = 0", "seeds = 0", "Field required"),
        ("format = 1", "format = 2", "Input should be 1"),
        ("seed = 0", "seed = ", "is not TOML"),
        ('sha256 = "', 'sha256 = "x', "pattern"),
    ],
)
def test_a_manifest_that_cannot_be_understood_is_refused(folder, old, new, what):
    manifest = folder / "bundle.toml"
    manifest.write_text(manifest.read_text().replace(old, new))
    with pytest.raises(BundleError, match=what):
        read_manifest(folder)


def test_a_folder_that_is_no_bundle_is_refused(tmp_path):
    with pytest.raises(BundleError, match="no bundle"):
        read_manifest(tmp_path)
