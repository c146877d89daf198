import tomllib

import polars as pl
import pytest

from rrcat import atomic
from rrcat.errors import BundleError, PluginError
from rrcat.estimator import load_bundle, save_bundle
from rrcat.estimator.registry import Registry


@pytest.fixture
def save(model, batch, tmp_path):
    """Saves the model as a bundle and gives its folder."""

    def save(name="bundle", **changes):
        given = {
            "golden": batch.only([1, 2, 3]),
            "seed": 7,
            "settings": {"fit": {"max_order": 8, "prior": None}},
            "training_set_sha256": "0" * 64,
            "metrics": {"rmse": 0.25},
        } | changes
        save_bundle(model, tmp_path / name, **given)
        return tmp_path / name

    return save


def test_a_loaded_model_gives_the_same_bits(save, model, batch, registry):
    loaded = load_bundle(save(), registry)
    assert loaded.predict(batch).equals(model.predict(batch))
    assert loaded.scale == "C21"
    assert loaded.params == model.params


def test_a_bundle_says_how_it_was_made(save):
    content = tomllib.loads((save() / "bundle.toml").read_text())
    assert content["estimator"] == "toy-line"
    assert content["estimator_version"] == "1.2.0"
    assert content["bands"] == ["G"]
    assert content["reference"] == ["Doe 2020"]
    assert content["seed"] == 7
    assert content["settings"] == {"fit": {"max_order": 8}}
    assert content["metrics"] == {"rmse": 0.25}
    assert content["params"] == {"error": 0.2}
    assert {"rrcat", "polars", "numpy"} <= content["versions"].keys()
    assert sorted(content["files"]) == [
        "golden.parquet",
        "golden_features.parquet",
        "golden_stars.parquet",
        "weights/line.json",
    ]


def test_a_bundle_tells_its_teacher_and_keeps_the_errors_of_its_labels(
    save, model, batch, registry
):
    teacher = {
        "catalogue": "asas-i",
        "kind": "release",
        "version": "1.0.0",
        "sha256": "ab" * 32,
        "estimators": [{"id": "fourier-xgboost", "version": "1.0.0"}],
    }
    before = model.predict(batch)
    model.label_error = {"RRab": 0.3, "RRc": 0.4}
    folder = save(teacher=teacher)
    content = tomllib.loads((folder / "bundle.toml").read_text())
    assert content["teacher"] == teacher
    assert content["label_error"] == {"RRab": 0.3, "RRc": 0.4}
    loaded = load_bundle(folder, registry).predict(batch)
    assert loaded.equals(model.predict(batch))
    assert (loaded["feh_error"] > before["feh_error"]).drop_nulls().all()


def test_a_bundle_that_learned_from_spectra_has_no_teacher(save):
    content = tomllib.loads((save() / "bundle.toml").read_text())
    assert not {"teacher", "label_error"} & content.keys()


def test_saving_twice_gives_the_same_bytes(save):
    one, other = save("one"), save("other")
    names = sorted(path.relative_to(one) for path in one.rglob("*") if path.is_file())
    assert names == sorted(path.relative_to(other) for path in other.rglob("*") if path.is_file())
    assert all((one / name).read_bytes() == (other / name).read_bytes() for name in names)


def test_an_existing_folder_is_not_overwritten(save):
    save()
    with pytest.raises(BundleError, match="exists already"):
        save()


def test_a_model_that_cannot_be_saved_leaves_nothing(save, model, monkeypatch, tmp_path):
    monkeypatch.setattr(
        type(model), "_save", lambda self, folder: (folder / "weights.pkl").write_bytes(b"x")
    )
    with pytest.raises(BundleError, match="nothing that runs code"):
        save()
    assert list(tmp_path.iterdir()) == []


def test_other_weights_with_a_right_hash_do_not_pass_the_golden_rows(save, registry):
    folder = save()
    weights = folder / "weights" / "line.json"
    old = weights.read_text()
    weights.write_text(old.replace("-", "-1"))
    manifest = folder / "bundle.toml"
    content = tomllib.loads(manifest.read_text())["files"]["weights/line.json"]
    text = manifest.read_text().replace(content["sha256"], atomic.sha256(weights))
    manifest.write_text(text.replace(f"size = {content['size']}", f"size = {len(old) + 1}"))
    with pytest.raises(
        BundleError, match="no longer gives its golden predictions: up to"
    ) as caught:
        load_bundle(folder, registry)
    assert "toy-line 1.2.0" in caught.value.hint


def test_a_model_that_fails_on_its_golden_rows_is_a_broken_bundle(
    save, model, registry, monkeypatch
):
    folder = save()
    monkeypatch.setattr(type(model), "_predict", lambda self, batch: {}["slope"])
    with pytest.raises(BundleError, match=r"fails on its golden rows: .*KeyError") as caught:
        load_bundle(folder, registry)
    assert caught.value.where["file"] == folder


def test_other_reasons_than_the_golden_ones_are_noticed(save, model, registry, monkeypatch):
    folder = save()
    monkeypatch.setattr(type(model), "needs", ("a1",))
    with pytest.raises(BundleError, match="other reasons or values"):
        load_bundle(folder, registry)


def test_rounding_of_another_machine_is_tolerated(save, model, registry, monkeypatch):
    folder = save()
    inner = type(model)._predict
    monkeypatch.setattr(
        type(model),
        "_predict",
        lambda self, batch: inner(self, batch).with_columns(pl.col("feh") + 1e-9),
    )
    load_bundle(folder, registry)


def test_a_bundle_of_another_major_version_is_refused(save, registry):
    manifest = save() / "bundle.toml"
    text = manifest.read_text().replace('version = "1.2.0"', 'version = "2.0.0"')
    manifest.write_text(text)
    with pytest.raises(BundleError, match=r"made by toy-line 2.0.0, installed is 1.2.0"):
        load_bundle(manifest.parent, registry)


def test_parameters_that_no_longer_exist_are_named(save, registry):
    manifest = save() / "bundle.toml"
    manifest.write_text(manifest.read_text().replace("error = 0.2", "errors = 0.2"))
    with pytest.raises(BundleError, match=r"parameters do not fit toy-line 1\.2\.0"):
        load_bundle(manifest.parent, registry)


def test_weights_that_cannot_be_read_are_named(save, line, registry, monkeypatch):
    folder = save()
    monkeypatch.setattr(line, "_load", lambda self, folder: {}["slope"])
    with pytest.raises(BundleError, match="cannot read its weights: KeyError") as caught:
        load_bundle(folder, registry)
    assert "train again" in caught.value.hint


def test_what_an_estimator_says_of_its_weights_is_told_as_it_is(save, line, registry, monkeypatch):
    def refuse(self, folder):
        raise BundleError("the weights are cut off", file=folder / "line.json", hint="train again")

    folder = save()
    monkeypatch.setattr(line, "_load", refuse)
    with pytest.raises(BundleError, match=r"^the weights are cut off") as caught:
        load_bundle(folder, registry)
    assert caught.value.where == {"file": folder / "weights" / "line.json"}


def test_a_bundle_without_its_plugin_says_so(save):
    with pytest.raises(PluginError, match="there is no estimator 'toy-line'"):
        load_bundle(save(), Registry(()))


def test_a_scale_changed_by_hand_is_refused(save, registry):
    manifest = save() / "bundle.toml"
    manifest.write_text(manifest.read_text().replace('scale = "C21"', 'scale = "C09"'))
    with pytest.raises(BundleError, match="scale C21, the bundle says C09"):
        load_bundle(manifest.parent, registry)


@pytest.mark.parametrize("failure", [RuntimeError("no"), SystemExit(0)])
def test_an_exception_while_saving_names_the_plugin(save, model, monkeypatch, tmp_path, failure):
    def fail(self, folder):
        raise failure

    monkeypatch.setattr(type(model), "_save", fail)
    with pytest.raises(PluginError, match="failed to save") as caught:
        save()
    assert caught.value.where == {"plugin": "toy-line"}
    assert list(tmp_path.iterdir()) == []
