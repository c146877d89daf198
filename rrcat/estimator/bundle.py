"""A trained model on disk: plain data, hashed, with rows that prove it still predicts the same.

A bundle is a folder: ``bundle.toml`` (what it is, how it was trained, the hash of every other
file), ``weights/`` (what ``Model._save`` wrote) and the golden rows: ``golden.parquet``, the
predictions, beside ``golden_stars.parquet`` and so on, the tables they came from.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import tomli_w

import rrcat
from rrcat import atomic, schema
from rrcat.canonical import parquet_bytes
from rrcat.errors import BundleError, PluginError, RecipeError, RrcatError
from rrcat.estimator.batch import StarBatch
from rrcat.estimator.contract import Model, quiet
from rrcat.estimator.manifest import MANIFEST, Manifest, check_files, files_of, read_manifest
from rrcat.estimator.registry import Registry, discover
from rrcat.plugin import API, EstimatorSpec

GOLDEN = "golden.parquet"
TOLERANCE = 1e-6
"""Largest difference of a replayed golden value, dex: another CPU may round differently."""

# What is told of a bundle whose files have the right hashes, and yet are of no use.
_DAMAGED = "it is damaged, or changed by hand: take the bundle from where it came, or train again"


def save_bundle(
    model: Model,
    folder: Path,
    *,
    golden: StarBatch,
    seed: int,
    settings: Mapping[str, Any],
    training_set_sha256: str,
    metrics: Mapping[str, Any],
    teacher: Mapping[str, Any] | None = None,
) -> None:
    """Write a model as a bundle; the same model and arguments give the same bytes.

    Parameters
    ----------
    folder
        The bundle's own folder, which does not exist yet; it appears whole or not at all.
    golden
        A few stars; what the model gives them now is what it must give whenever it is loaded.
    settings
        The cleaning and fit settings the features were made with, as plain data.
    metrics
        How well it does, as plain data; numbers, texts and tables of them.
    teacher
        The catalogue whose values it learned from, as plain data; None where it learned from
        spectra, or from nothing.

    Raises
    ------
    BundleError
        The folder exists, the parameters do not survive being written, or a file is of a kind
        that runs code when it is read.
    """
    spec, folder = model.spec, Path(folder)
    params = model.params.model_dump(mode="json", exclude_none=True)
    if type(model.params).model_validate(params) != model.params:
        raise BundleError(
            f"the parameters of {spec.id!r} change when written as TOML",
            hint="use plain types, and None as the default of a parameter that may be None",
        )
    try:
        with atomic.new_folder(folder) as new:
            (new / "weights").mkdir()
            _save_weights(model, new / "weights")
            _write_golden(new, model.predict(golden), golden)
            files = {name: _described(new / name) for name in files_of(new)}
            manifest = {
                "format": 1,
                "api": API,
                "estimator": spec.id,
                "estimator_version": spec.version,
                "scale": model.scale,
                **({} if model.bands is None else {"bands": sorted(model.bands)}),
                "reference": list(model.reference),
                "seed": seed,
                "training_set_sha256": training_set_sha256,
                "params": params,
                "settings": dict(settings),
                "metrics": dict(metrics),
                **({} if teacher is None else {"teacher": dict(teacher)}),
                **({"label_error": dict(model.label_error)} if model.label_error else {}),
                "versions": _versions(spec),
                "files": files,
            }
            (new / MANIFEST).write_text(tomli_w.dumps(_sorted(manifest)), encoding="utf-8")
    except FileExistsError:
        raise BundleError(
            "the folder exists already", file=folder, hint="choose another, or remove it"
        ) from None


def load_bundle(folder: Path, registry: Registry | None = None) -> Model:
    """Give the model of a bundle, after checking every hash and replaying the golden rows.

    Raises
    ------
    BundleError
        The bundle is damaged, incomplete, holds more than it lists, was made by a version that
        does not fit, or no longer gives its golden values.
    PluginError
        No installed plugin brings its estimator.
    """
    folder = Path(folder)
    manifest = read_manifest(folder)
    check_files(folder, manifest)
    registry = registry or discover()
    spec = registry.spec(manifest.estimator)
    _check_version(folder, manifest, spec)
    try:
        estimator = registry.estimator(manifest.estimator, manifest.params)
    except RecipeError as error:
        raise BundleError(
            f"its parameters do not fit {spec.id} {spec.version}: {error.message}", file=folder
        ) from None
    try:
        model = estimator.load(folder / "weights")
    except BundleError:
        raise
    except (Exception, SystemExit) as error:
        raise BundleError(
            f"{spec.id} cannot read its weights: {type(error).__name__}: {error}",
            file=folder,
            hint=_DAMAGED,
        ) from error
    if model.scale != manifest.scale:
        raise BundleError(
            f"the model is on scale {model.scale}, the bundle says {manifest.scale}", file=folder
        )
    model.label_error = manifest.label_error
    _replay(folder, manifest, model)
    return model


def _save_weights(model: Model, folder: Path) -> None:
    try:
        with quiet():
            model._save(folder)
    except (BundleError, OSError):  # an OSError may tell of a full disk
        raise
    except (Exception, SystemExit) as error:
        raise PluginError(
            f"the estimator failed to save what it learned: {type(error).__name__}: {error}",
            plugin=model.spec.id,
            hint="`--debug` shows where; report it to its author",
        ) from error


def _write_golden(folder: Path, predictions: pl.DataFrame, golden: StarBatch) -> None:
    frames = {GOLDEN: predictions}
    for name, frame in golden.checked().frames().items():
        frames[f"golden_{name}.parquet"] = frame
    for name, frame in frames.items():
        atomic.write_inside(folder / name, parquet_bytes(frame))


def _replay(folder: Path, manifest: Manifest, model: Model) -> None:
    tables = {
        name: pl.read_parquet(folder / f"golden_{name}.parquet", glob=False)
        for name in ("stars", "light_curves", "features", "sequences")
        if f"golden_{name}.parquet" in manifest.files
    }
    expected = pl.read_parquet(folder / GOLDEN, glob=False)
    table = schema.load("predictions")
    schema.check(expected, table, file=folder / GOLDEN)
    try:
        given = model.predict(StarBatch(**tables))
    except RrcatError as error:
        raise BundleError(
            f"the model fails on its golden rows: {error.message}", file=folder, hint=_DAMAGED
        ) from error
    numbers = [column.name for column in table.column if column.dtype == "float64"]
    words = [column.name for column in table.column if column.name not in numbers]
    worst = 0.0
    for name in numbers:
        worst = max(worst, (given[name] - expected[name]).abs().max() or 0.0)  # type: ignore[assignment]
        if given[name].is_null().to_list() != expected[name].is_null().to_list():
            worst = float("inf")
    if not given.select(words).equals(expected.select(words)):
        worst = float("inf")
    if worst > TOLERANCE:
        made = ", ".join(f"{name} {version}" for name, version in manifest.versions.items())
        how = "other reasons or values" if worst == float("inf") else f"up to {worst:.2g} dex off"
        raise BundleError(
            f"the model no longer gives its golden predictions: {how}",
            file=folder,
            hint=f"it was made with {manifest.estimator} {manifest.estimator_version}, {made}; "
            "install those, or train again",
        )


def _check_version(folder: Path, manifest: Manifest, spec: EstimatorSpec) -> None:
    made = manifest.estimator_version
    if made.partition(".")[0] != spec.version.partition(".")[0]:
        raise BundleError(
            f"the bundle was made by {spec.id} {made}, installed is {spec.version}",
            file=folder,
            hint=f"install a version {made.partition('.')[0]} of the plugin, or train again",
        )


def _described(path: Path) -> dict[str, Any]:
    return {"sha256": atomic.sha256(path), "size": path.stat().st_size}


def _versions(spec: EstimatorSpec) -> dict[str, str]:
    versions = {"rrcat": rrcat.__version__, "polars": pl.__version__}
    for name in ("numpy", *spec.requires):
        versions[name] = str(getattr(importlib.import_module(name), "__version__", "unknown"))
    return versions


def _sorted(value: Any) -> Any:
    # TOML has no null: what is None is left out.
    if isinstance(value, Mapping):
        return {key: _sorted(value[key]) for key in sorted(value) if value[key] is not None}
    return value
