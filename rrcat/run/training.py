"""Training: an estimator learns from the calibrators and becomes a bundle."""

import contextlib
import hashlib
from pathlib import Path

import polars as pl
from rich.progress import Progress

from rrcat.calibration.sample import Sample
from rrcat.canonical import parquet_bytes
from rrcat.catalogue.recipe import EstimatorSection, Recipe
from rrcat.errors import BundleError, RecipeError
from rrcat.estimator.batch import StarBatch
from rrcat.estimator.bundle import load_bundle, save_bundle
from rrcat.estimator.checkpoints import keeping_checkpoints
from rrcat.estimator.contract import Model
from rrcat.estimator.label_error import typical_errors
from rrcat.estimator.registry import Registry

GOLDEN_STARS = 16
CHECKPOINTS = "checkpoints"


def check_calibration(recipe: Recipe, registry: Registry) -> None:
    """Raise :class:`RecipeError` where an estimator learns and the recipe has nothing to teach."""
    for section in recipe.estimator:
        if registry.spec(section.id).needs_calibrators and recipe.calibration is None:
            raise RecipeError(
                f"the estimator {section.id!r} learns from calibrators, and the recipe has none",
                key="calibration",
                hint="add [calibration], or choose an estimator that needs no calibrators",
            )


def label_errors(recipe: Recipe, sample: Sample) -> dict[str, float]:
    """Give the errors of photometric labels by pulsation type [dex]; none for spectra."""
    photometric = recipe.calibration is not None and recipe.calibration.photometric
    return typical_errors(sample.calibrators) if photometric else {}


def train(
    section: EstimatorSection,
    recipe: Recipe,
    registry: Registry,
    batch: StarBatch,
    sample: Sample | None,
    bundle: Path,
    *,
    progress: Progress,
) -> Model:
    """Fit an estimator and keep it as a bundle, unless an earlier run has; give the model.

    The golden rows are the first stars with a fit of those it learned from, or of ``batch`` where
    it learns nothing.

    Parameters
    ----------
    batch
        Tables of the stars; all calibrators are among them.
    bundle
        Folder of the bundle.
    """
    if bundle.exists():
        # Where every part is finished, nothing else looks at the bundle before it is released.
        try:
            return load_bundle(bundle, registry)
        except BundleError as error:
            hint = "--restart throws the build away and makes it again"
            raise BundleError(error.message, hint=hint, **error.where) from error
    estimator = registry.estimator(section.id, section.params)
    assert batch.features is not None
    fitted = batch.features.filter(pl.col("fit_status") == "ok")["source_id"]
    read = ("stars", *estimator.spec.inputs)
    batch = StarBatch(**{name: frame for name, frame in batch.frames().items() if name in read})
    checkpoints = bundle.parent.parent / CHECKPOINTS / section.id
    with keeping_checkpoints(estimator, checkpoints):
        if estimator.spec.needs_calibrators:
            assert sample is not None
            batch = batch.only(sample.calibrators["source_id"])
            bar = progress.add_task(f"Training: {section.id}", total=None)
            model = estimator.fit(
                batch,
                sample.calibrators,
                seed=recipe.seed,
                progress=lambda done, total: progress.update(bar, completed=done, total=total),
            )
            progress.update(bar, completed=1, total=1)
            model.label_error = label_errors(recipe, sample)
            learned = _digest(sample.calibrators, *batch.frames().values())
            metrics = {"n_calibrators": sample.calibrators.height}
        else:
            model, learned, metrics = estimator.fit(seed=recipe.seed), "", {}
        golden = fitted.filter(fitted.is_in(batch.stars["source_id"].implode())).unique().sort()
        save_bundle(
            model,
            bundle,
            golden=batch.only(golden.head(GOLDEN_STARS)),
            seed=recipe.seed,
            settings={
                "cleaning": recipe.cleaning.model_dump(mode="json"),
                "fourier": recipe.fourier.model_dump(mode="json"),
                "period_search": recipe.period_search.model_dump(mode="json"),
            },
            training_set_sha256=learned,
            teacher=sample.teacher if sample is not None and learned else None,
            metrics=metrics,
        )
    with contextlib.suppress(OSError):  # those of another estimator stay
        checkpoints.parent.rmdir()
    return model


def _digest(*frames: pl.DataFrame) -> str:
    digest = hashlib.sha256()
    for frame in frames:
        digest.update(parquet_bytes(frame))
    return digest.hexdigest()
