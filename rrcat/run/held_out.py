"""What learned from labels, judged by the spectra of stars that were none, beside its teacher."""

from pathlib import Path
from typing import Any

import polars as pl

from rrcat.calibration.labels import on_scale
from rrcat.calibration.sample import Sample
from rrcat.errors import RecipeError
from rrcat.estimator.rescale import to_scale
from rrcat.evaluation.cross_validation import COLUMNS, KEY
from rrcat.evaluation.report import report
from rrcat.run.calibrators import read_calibrator_batch
from rrcat.run.progress import progress_bars
from rrcat.run.recommend import recommended
from rrcat.run.teacher import Teacher
from rrcat.run.training import train
from rrcat.run.workspace import Workspace
from rrcat.schema import load

CATALOGUE, OUT_OF_FOLD = "catalogue", "out_of_fold"
TEACHERS = {CATALOGUE: "teacher, catalogue", OUT_OF_FOLD: "teacher, out of fold"}
"""What the values of the teacher are called among those of the students."""


def judge(
    place: Workspace, sample: Sample, held: Sample, predictions: pl.DataFrame
) -> tuple[dict[str, Any], pl.DataFrame]:
    """Give what ``evaluation.json`` says of the held-out stars, and the values themselves.

    A student is a model that learned from all labels, the one that ``rrcat train`` makes; its
    bundle is left in the folder. The values of the teacher are those of its catalogue, which rest
    on these very stars, and, where the recipe names them, those out of fold.

    Parameters
    ----------
    sample, held
        The labels, and the stars with spectra; the folder holds the tables of both.
    predictions
        Those of the labels out of fold, from which a combination is learned where the recipe asks
        for one: it is a student like others.

    Raises
    ------
    RrcatError
        An estimator cannot learn, or the predictions of the teacher cannot be used.
    """
    teacher = place.teacher
    assert teacher is not None
    truth = held.calibrators.select("source_id", "pulsation_type", feh_true="feh")
    students = _students(place, sample, truth)
    if place.recipe.combination is not None:
        students = recommended(place, sample, held, predictions, students)
    beside = [
        _beside(truth, answer, str(id), missing="no_light_curve")
        for (id,), answer in students.group_by("estimator", maintain_order=True)
    ]
    values = [*beside, _in_catalogue(place, teacher, truth)]
    if teacher.out_of_fold is not None:
        values.append(_out_of_fold(place, teacher, truth))
    rows = pl.concat(values)
    told = report(rows, held.stars.filter("taken"), seed=place.recipe.evaluation.seed)
    names = {name: kind for kind, name in TEACHERS.items()}
    groups = told["estimators"]
    return {
        "n_stars": truth.height,
        "students": {id: groups[id] for id in groups if id not in names},
        "teacher": {names[id]: groups[id] for id in groups if id in names},
        "reasons": told["reasons"],
        "comparisons": told["comparisons"],
    }, rows.select(*COLUMNS).sort(KEY)


def _students(place: Workspace, sample: Sample, truth: pl.DataFrame) -> pl.DataFrame:
    """Give the predictions of all that learn; of all that are combined, where the recipe does."""
    batch = read_calibrator_batch(place.output)
    scale, found = place.recipe.catalogue.scale, []
    with progress_bars() as progress:
        for section in place.recipe.estimator:
            learns = place.registry.spec(section.id).needs_calibrators
            if not learns and place.recipe.combination is None:
                continue
            bundle = place.output / "bundles" / section.id
            model = train(
                section, place.recipe, place.registry, batch, sample, bundle, progress=progress
            )
            answer = model.predict(batch.only(truth["source_id"]))
            found.append(to_scale(answer, model.scale, scale))
    return pl.concat(found) if found else load("predictions").empty()


def _in_catalogue(place: Workspace, teacher: Teacher, truth: pl.DataFrame) -> pl.DataFrame:
    rows = on_scale(teacher.rows, place.recipe.catalogue.scale, file=teacher.file)
    rows = rows.rename({"feh_status": "status"})
    return _beside(truth, rows, TEACHERS[CATALOGUE], missing="not_in_catalogue")


def _out_of_fold(place: Workspace, teacher: Teacher, truth: pl.DataFrame) -> pl.DataFrame:
    """Give for each repeat the value that the catalogue would have recommended."""
    assert teacher.out_of_fold is not None
    order = [one["id"] for one in teacher.record["estimators"]]
    rows = _predictions(teacher.out_of_fold).filter(pl.col("estimator").is_in(order))
    if rows.is_empty():
        raise RecipeError(
            f"the file has no predictions of {', '.join(order)}, whose values the labels are",
            file=teacher.out_of_fold,
            key="calibration.out_of_fold",
            hint="give that of `rrcat evaluate` on the recipe of the catalogue",
        )
    rank = pl.col("estimator").replace_strict(order, range(len(order)), return_dtype=pl.Int32)
    best = (
        rows.with_columns(has_none=pl.col("feh").is_null(), rank=rank)
        .sort("repeat", "source_id", "has_none", "rank")
        .unique(["repeat", "source_id"], keep="first", maintain_order=True)
        .with_columns(feh_scale=pl.lit(teacher.record["scale"]), status=pl.lit("no_value"))
    )
    best = on_scale(best, place.recipe.catalogue.scale, file=teacher.out_of_fold)
    repeats = best.select("repeat").unique().sort("repeat")
    asked = truth.join(repeats, how="cross")
    return _beside(asked, best, TEACHERS[OUT_OF_FOLD], missing="not_predicted")


def _predictions(path: Path) -> pl.DataFrame:
    try:
        rows = pl.read_parquet(path, columns=list(COLUMNS), glob=False)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise RecipeError(
            f"the file is no table of out-of-fold predictions: {str(error).splitlines()[0]}",
            file=path,
            key="calibration.out_of_fold",
            hint="give the predictions.parquet that `rrcat evaluate` left, not that of a build",
        ) from None
    return rows


def _beside(asked: pl.DataFrame, values: pl.DataFrame, name: str, *, missing: str) -> pl.DataFrame:
    """Give values for the stars asked for, as predictions of an evaluation.

    ``missing`` is the reason of stars that the values do not know.
    """
    key = ["source_id", *(["repeat"] if "repeat" in asked.columns else [])]
    given = asked.join(
        values.select(*key, "feh", "feh_error", "status"),
        on=key,
        how="left",
        validate="1:1",
        maintain_order="left",
    )
    if "repeat" not in asked.columns:
        given = given.with_columns(repeat=pl.lit(0))
    status = pl.when(pl.col("feh").is_not_null()).then(pl.lit("ok")).otherwise("status")
    return given.with_columns(
        estimator=pl.lit(name), fold=pl.lit(0), status=status.fill_null(missing)
    ).select(*(pl.col(column).cast(kind) for column, kind in COLUMNS.items()), "status")
