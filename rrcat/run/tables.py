"""The tables that estimators read, made of what a store holds and kept as parts."""

from concurrent.futures import Executor
from pathlib import Path

import polars as pl
from rich.progress import Progress

from rrcat.archive.store import LocalStore
from rrcat.catalogue.recipe import Recipe
from rrcat.errors import RecipeError
from rrcat.estimator.registry import Registry
from rrcat.run.partition import Partition
from rrcat.run.parts import scan_parts
from rrcat.run.stage import run_stage
from rrcat.run.work import MakeFeatures, MakeSequences

OF_LIGHT_CURVES = frozenset({"light_curves", "sequences"})


def check_inputs(recipe: Recipe, registry: Registry, store: LocalStore) -> None:
    """Raise :class:`RecipeError` where an estimator reads light curves and the store has none."""
    for section in recipe.estimator:
        read = sorted(registry.spec(section.id).inputs & OF_LIGHT_CURVES)
        if read and not store.has_light_curves:
            raise RecipeError(
                f"the estimator {section.id!r} reads {' and '.join(read)}, and the archive of the"
                " recipe has no light curves",
                key="archive.light_curves",
                hint="name the light curves, or choose an estimator that reads features only",
            )


def reads_sequences(recipe: Recipe, registry: Registry) -> bool:
    """Tell whether an estimator of a recipe reads sequences."""
    return any("sequences" in registry.spec(section.id).inputs for section in recipe.estimator)


def make_features(
    recipe: Recipe,
    store: LocalStore,
    cut: list[Partition],
    folder: Path,
    *,
    pool: Executor,
    progress: Progress,
) -> None:
    """Keep the features of every star of a store as parts in a folder."""
    run_stage(
        "Reading features" if store.has_features else "Fitting light curves",
        _fit(recipe, store),
        cut,
        folder,
        executor=pool,
        progress=progress,
    )


def make_sequences(
    recipe: Recipe,
    store: LocalStore,
    cut: list[Partition],
    folder: Path,
    *,
    features: Path,
    pool: Executor,
    progress: Progress,
) -> None:
    """Keep the sequences of every star of a store as parts in a folder.

    ``features`` is the folder that :func:`make_features` has filled.
    """
    run_stage(
        "Folding light curves",
        MakeSequences(_fit(recipe, store), features),
        cut,
        folder,
        executor=pool,
        progress=progress,
    )


def stars_of(cut: list[Partition], folder: Path, source_ids: pl.Series) -> pl.DataFrame:
    """Give the rows of some stars from a folder of parts."""
    asked = [one for one in cut if source_ids.is_between(one.first, one.last).any()]
    rows = scan_parts(asked or cut[:1], folder)  # of nobody, no rows of these columns
    return rows.filter(pl.col("source_id").is_in(source_ids.implode())).collect()


def _fit(recipe: Recipe, store: LocalStore) -> MakeFeatures:
    return MakeFeatures(
        store.folder,
        store.bands,
        recipe.cleaning,
        recipe.fourier,
        recipe.period_search.settings(),
    )
