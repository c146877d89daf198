"""``rrcat evaluate``: how well the recipe's estimators do on calibrators they have not seen."""

import hashlib
import shutil
import time
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import polars as pl

from rrcat import atomic
from rrcat.canonical import json_bytes, parquet_bytes
from rrcat.catalogue.assemble import main_band
from rrcat.catalogue.combination import COMBINATION
from rrcat.catalogue.recipe import Recipe
from rrcat.errors import RecipeError, RunError
from rrcat.evaluation.cross_validation import COLUMNS
from rrcat.evaluation.external import beside, read_external
from rrcat.evaluation.plots import plots
from rrcat.evaluation.reliability_plots import reliability_plot
from rrcat.evaluation.report import TYPES, report
from rrcat.run.calibrators import calibration_sample, held_out_sample, write_sample
from rrcat.run.folds import fold_sets, folds, out_of_fold
from rrcat.run.held_out import judge
from rrcat.run.recommend import RECOMMENDED, check_combination, crossed, recommended_report
from rrcat.run.training import CHECKPOINTS, check_calibration
from rrcat.run.workspace import Request, Workspace, workspace


@dataclass(frozen=True)
class EvaluationSummary:
    """What an evaluation found, for people and for ``--json``.

    ``report`` is evaluation.json; ``selection`` is selection.json, None where it was not asked for.
    """

    output: str
    name: str
    n_calibrators: int
    report: dict[str, Any]
    selection: dict[str, Any] | None
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """Give the summary as plain data."""
        return asdict(self)


def evaluate_estimators(request: Request, *, select_features: bool = False) -> EvaluationSummary:
    """Cross-validate the estimators of a recipe on its calibrators.

    Leaves ``evaluation.json``, ``predictions.parquet``, ``calibrators.parquet``, ``sample.csv``
    and ``plots/`` in the folder, the same bytes for any number of workers and size of partitions.
    An interrupted evaluation goes on where it stopped.

    Where the calibrators are labels of a catalogue, it also judges by the stars that are held out
    of them, and leaves ``held_out.parquet``, and in ``bundles/`` the models that were judged.

    With ``select_features`` it also finds which features the calibrators speak for, and leaves
    what :func:`rrcat.run.selection.select` does.

    Raises
    ------
    RrcatError
        The recipe, its input or the folder is not fit for the work, or an estimator cannot learn.
    """
    started = time.monotonic()
    if select_features:
        _check_scikit_learn()
    with workspace(
        request, task="evaluate", tables=lambda recipe: recipe.evaluation.external
    ) as place:
        recipe = place.recipe
        check_calibration(recipe, place.registry)
        check_combination(recipe)
        _check_names(recipe)
        if select_features or recipe.combination is not None:  # fail now, not after the folds
            main_band(place.store.bands, recipe.catalogue.band)
        sample = calibration_sample(place)
        write_sample(sample, place.output)
        held = held_out_sample(place)
        published = {
            one.id: read_external(
                *place.data.table(one),
                survey=recipe.archive.survey,
                scale=recipe.catalogue.scale,
            )
            for one in recipe.evaluation.external
        }
        units = folds(fold_sets(recipe, sample.calibrators))
        samples = [sample] if held is None else [sample, held]
        stars = pl.concat(one.calibrators.select("source_id") for one in samples).sort("source_id")
        predictions = out_of_fold(place, stars, units)
        columns, recommended, unseen = COLUMNS, {}, predictions
        if recipe.combination is not None:
            predictions, learned = crossed(place, sample, predictions)
            recommended = recommended_report(place, sample, predictions, learned)
            columns = COLUMNS | RECOMMENDED
        external = [beside(predictions, values, id) for id, values in published.items()]
        told = report(
            pl.concat([predictions, *external], how="diagonal"),
            sample.stars.filter("taken"),
            seed=recipe.evaluation.seed,
        )
        told |= recommended
        told["external"] = {id: told["estimators"].pop(id) for id in published}
        resolved = recipe.resolved()
        leave_one_out = recipe.evaluation.scheme == "leave-one-out"
        n_stars = sample.calibrators.height
        told |= {
            "recipe_sha256": hashlib.sha256(json_bytes(resolved)).hexdigest(),
            "seed": recipe.evaluation.seed,
            "scheme": recipe.evaluation.scheme,
            "folds": n_stars if leave_one_out else recipe.evaluation.folds,
            "repeats": 1 if leave_one_out else recipe.evaluation.repeats,
            "scale": recipe.catalogue.scale,
        }
        if sample.teacher is not None:
            told["teacher"] = sample.teacher
        if held is not None:
            told["held_out"], values = judge(place, sample, held, unseen)
            atomic.write_bytes(place.output / "held_out.parquet", parquet_bytes(values))
        shutil.rmtree(place.output / CHECKPOINTS, ignore_errors=True)  # empty, all is learned
        _draw(place, predictions, sample.stars.filter("taken"), told)
        table = predictions.select(*columns)
        for id, values in published.items():
            table = table.join(
                values.select("source_id", pl.col("feh").alias(f"feh_{id}")),
                on="source_id",
                how="left",
                maintain_order="left",
            )
        atomic.write_bytes(place.output / "predictions.parquet", parquet_bytes(table))
        atomic.write_bytes(place.output / "evaluation.json", json_bytes(told))
        selection = None
        if select_features:
            from rrcat.run.selection import select

            selection = select(place, units)
    return EvaluationSummary(
        output=str(request.output),
        name=recipe.catalogue.name,
        n_calibrators=n_stars,
        report=told,
        selection=selection,
        seconds=round(time.monotonic() - started, 3),
    )


def _check_scikit_learn() -> None:
    if find_spec("sklearn") is None:
        raise RunError(
            "feature selection needs scikit-learn",
            hint="python -m pip install 'rrcat[selection]'",
        )


def _check_names(recipe: Recipe) -> None:
    ids = {COMBINATION, *(section.id for section in recipe.estimator)}
    for one in recipe.evaluation.external:
        if one.id in ids:
            raise RecipeError(
                f"published values are called {one.id!r}, as an estimator of the recipe is",
                key="evaluation.external",
                hint="give them another id",
            )


def _draw(
    place: Workspace, predictions: pl.DataFrame, stars: pl.DataFrame, told: dict[str, Any]
) -> None:
    folder: Path = place.output / "plots"
    folder.mkdir(exist_ok=True)
    for id, groups in told["estimators"].items():
        for kind in TYPES:
            rows = predictions.filter(
                (pl.col("estimator") == id) & (pl.col("pulsation_type") == kind)
            )
            if kind not in groups:
                continue
            drawn = plots(rows, stars, groups[kind], title=f"{id}, {kind}", scale=told["scale"])
            for name, content in drawn.items():
                atomic.write_bytes(folder / f"{id}-{kind}-{name}.svg", content)
            reliable = told.get("reliability", {}).get(id, {}).get(kind)
            if drawn and reliable is not None:
                content = reliability_plot(reliable, title=f"{id}, {kind}")
                atomic.write_bytes(folder / f"{id}-{kind}-reliability.svg", content)
