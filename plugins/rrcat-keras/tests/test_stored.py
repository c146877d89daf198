"""What was learned, on disk."""

import json

import numpy as np
import polars as pl
import pytest
from rrcat_keras.estimator import KerasTransformer
from rrcat_keras.stored import load_model, save_model
from safetensors.numpy import load, save

from rrcat.errors import BundleError
from rrcat.estimator import StarBatch, discover, load_bundle, save_bundle

KERNEL = "part_0004/kernel"


@pytest.fixture
def folder(model, tmp_path):
    model._save(tmp_path)
    return tmp_path


def test_what_is_saved_comes_back(model, stars, folder):
    loaded = KerasTransformer(model.params).load(folder)
    assert loaded.predict(stars[0]).equals(model.predict(stars[0]))
    for kind, account in model.accounts.items():
        assert loaded.accounts[kind].left_out.equals(account.left_out)
        assert loaded.accounts[kind].histories == account.histories


def test_saving_what_was_loaded_gives_the_same_bytes(folder, tmp_path):
    again = tmp_path / "again"
    again.mkdir()
    save_model(again, *load_model(folder))
    names = [path.name for path in sorted(again.iterdir())]
    assert names == [
        "RRab-left-out.parquet", "RRab.safetensors", "RRc-left-out.parquet", "RRc.safetensors",
        "model.json",
    ]  # fmt: skip
    for name in names:
        assert (again / name).read_bytes() == (folder / name).read_bytes()


def test_weights_of_another_shape_are_refused_and_told(folder):
    path = folder / "RRc.safetensors"
    arrays = load(path.read_bytes())
    arrays[f"01/{KERNEL}"] = np.zeros((2, 2), np.float32)
    path.write_bytes(save(arrays))
    with pytest.raises(
        BundleError, match=rf"01/{KERNEL} is float32\[2, 2\], wanted float32\["
    ) as error:
        load_model(folder)
    assert "the file is damaged" in error.value.hint
    content = json.loads((folder / "model.json").read_text())
    content["versions"]["keras"] = "3.6.0"
    (folder / "model.json").write_text(json.dumps(content))
    with pytest.raises(BundleError) as error:
        load_model(folder)
    assert "it was saved with Keras 3.6.0" in error.value.hint


@pytest.mark.parametrize("change", ["absent", "double"])
def test_weights_that_are_not_all_there_are_refused(folder, change):
    path = folder / "RRab.safetensors"
    arrays = load(path.read_bytes())
    weights = arrays.pop(f"00/{KERNEL}")
    if change == "double":
        arrays[f"00/{KERNEL}"] = weights.astype(np.float64)
    path.write_bytes(save(arrays))
    with pytest.raises(BundleError, match=rf"00/{KERNEL} is (absent|float64)"):
        load_model(folder)


def test_a_damaged_file_is_refused(folder):
    path = folder / "RRab.safetensors"
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(BundleError, match="the weights cannot be read") as error:
        load_model(folder)
    assert error.value.where["file"] == path


def test_a_bundle_of_another_version_of_keras_is_read(model, stars, folder):
    content = json.loads((folder / "model.json").read_text())
    content["versions"] = {"keras": "3.6.0", "tensorflow": "2.18.0"}
    (folder / "model.json").write_text(json.dumps(content))
    assert KerasTransformer().load(folder).predict(stars[0]).equals(model.predict(stars[0]))


def test_tampered_weights_do_not_get_past_the_bundle(model, stars, tmp_path):
    batch, _ = stars
    golden = StarBatch(batch.stars, features=batch.features, sequences=batch.sequences).only(
        batch.stars["source_id"][:4]
    )
    path = tmp_path / "bundle"
    save_bundle(model, path, golden=golden, seed=1, settings={}, training_set_sha256="", metrics={})
    assert load_bundle(path, discover()).predict(golden).equals(model.predict(golden))
    weights = path / "weights" / "RRab.safetensors"
    changed = bytearray(weights.read_bytes())
    changed[-1] ^= 1
    weights.write_bytes(changed)
    with pytest.raises(BundleError, match=r"RRab\.safetensors"):
        load_bundle(path, discover())


def test_stars_left_out_are_in_a_table_that_anyone_can_read(model, folder):
    left_out = pl.read_parquet(folder / "RRab-left-out.parquet")
    assert left_out.columns == ["source_id", "feh", "feh_error", "predicted", "predicted_error"]
    assert 0 < left_out.height < 80
    assert (left_out["predicted_error"] > 0.0).all()


@pytest.mark.parametrize(
    ("place", "value", "why"),
    [
        (("architecture", "sizes", "width"), 10**9, r"width is 1000000000: .* than or equal to"),
        (("architecture", "reads", "width"), 10**9, r"reads\.width is 1000000000, and can be 24 "),
        (("architecture", "reads", "coefficients"), 10**9, r"reads\.coefficients is 1000000000"),
        (("architecture", "reads", "auxiliary"), 10**9, r"reads\.auxiliary .* can be 0 or 15 "),
        (("representation", "max_points"), 10**9, "max_points is 1000000000"),
        (("members",), 10**9, "members is 1000000000"),
    ],
)
def test_sizes_that_nobody_can_have_learned_are_not_built(folder, place, value, why):
    content = json.loads((folder / "model.json").read_text())
    part = content["types"]["RRab"]
    for name in place[:-1]:
        part = part[name]
    part[place[-1]] = value
    (folder / "model.json").write_text(json.dumps(content))
    with pytest.raises(BundleError, match=why) as error:
        load_model(folder)
    assert "train again" in error.value.hint


def test_a_type_that_is_a_path_is_not_followed(folder):
    content = json.loads((folder / "model.json").read_text())
    content["types"] = {"../RRab": content["types"]["RRab"]}
    (folder / "model.json").write_text(json.dumps(content))
    with pytest.raises(BundleError, match=r"no pulsation type '\.\./RRab'"):
        load_model(folder)
