"""The combination of a recipe: learned from folds, tested between them, and put to use.

In an evaluation whatever is said of the stars of a fold was learned from the predictions, out of
fold too, for those of the other folds of the same repeat. A build learns from all of one repeat.
"""

from typing import Any

import polars as pl

from rrcat.calibration.sample import Sample
from rrcat.catalogue.assemble import main_band
from rrcat.catalogue.combination import COMBINATION, Combination
from rrcat.catalogue.combination_learning import learn
from rrcat.catalogue.recipe import Recipe
from rrcat.catalogue.recommended import with_recommended
from rrcat.catalogue.spectrum_error import spectrum_errors
from rrcat.errors import RecipeError
from rrcat.evaluation.cross_validation import COLUMNS, KEY
from rrcat.evaluation.reliability import dilution_report, reliability
from rrcat.evaluation.splits import cut
from rrcat.evaluation.uncertainty import CONDITIONS, conditions
from rrcat.run.calibrators import read_calibrator_batch
from rrcat.run.folds import folds, out_of_fold
from rrcat.run.training import label_errors
from rrcat.run.workspace import Workspace
from rrcat.schema import conform, load

FOLDS = "folds_"  # no estimator has an underscore in its id
RECOMMENDED = {
    "feh_p025": pl.Float64,
    "feh_p16": pl.Float64,
    "feh_p84": pl.Float64,
    "feh_p975": pl.Float64,
    "feh_undiluted": pl.Float64,
    "feh_undiluted_error": pl.Float64,
    "variant": pl.String,
}
"""Columns that predictions.parquet of an evaluation has beside the others with a combination."""


def check_combination(recipe: Recipe) -> None:
    """Raise :class:`RecipeError` where an evaluation cannot test the combination of a recipe."""
    if recipe.combination is not None and recipe.evaluation.scheme == "held-out":
        raise RecipeError(
            "a combination is learned in some folds and tested in others, and scheme = 'held-out' "
            "has one fold",
            key="evaluation.scheme",
            hint="choose k-fold, or take [combination] out of the recipe",
        )


def crossed(
    place: Workspace, sample: Sample, predictions: pl.DataFrame
) -> tuple[pl.DataFrame, list[Combination]]:
    """Give out-of-fold predictions with calibrated errors and with rows of the combination.

    Also gives what was learned, once for each fold. Errors are those against the calibrators, be
    they photometric themselves or not.

    Parameters
    ----------
    predictions
        As of :func:`rrcat.evaluation.cross_validation.cross_validate`, of all estimators.
    """
    stars, table = _calibrators(place, sample), load("predictions")
    found, learned = [], []
    for (repeat, fold), asked in predictions.group_by("repeat", "fold", maintain_order=True):
        others = predictions.filter((pl.col("repeat") == repeat) & (pl.col("fold") != fold))
        learned.append(_learn(place, others, stars))
        known = stars.join(asked, on="source_id", how="semi", maintain_order="left")
        answer = conform(
            asked.select("source_id", "estimator", "feh", "feh_error", "status"), table
        )
        found.append(
            with_recommended(answer, known, learned[-1])
            .join(known, on="source_id", how="left", maintain_order="left")
            .with_columns(repeat=pl.lit(repeat), fold=pl.lit(fold))
        )
    types = COLUMNS | RECOMMENDED
    rows = pl.concat(found).select(
        *(pl.col(name).cast(kind) for name, kind in types.items()), "status"
    )
    return rows.sort(KEY), learned


def learn_combination(place: Workspace, sample: Sample) -> Combination:
    """Cross-validate the estimators on the calibrators, and learn from it.

    The predictions of each fold are kept as parts, so that an interrupted build goes on. What is
    told of stars are errors against the truth, in an evaluation those against the calibrators.
    """
    learned = _learn(place, unseen(place, sample), _calibrators(place, sample))
    photometric = label_errors(place.recipe, sample)
    spectra = {} if photometric else spectrum_errors(sample.calibrators)
    return learned.model_copy(update={"label_error": photometric, "spectrum_error": spectra})


def unseen(place: Workspace, sample: Sample) -> pl.DataFrame:
    """Give the predictions of a build's estimators for the calibrators, out of fold.

    Those that are kept as parts are not made again.
    """
    settings = place.recipe.evaluation
    sets = cut(
        sample.calibrators, scheme="k-fold", folds=settings.folds, repeats=1, seed=settings.seed
    )
    return out_of_fold(place, sample.calibrators, folds(sets), prefix=FOLDS)


def recommended(
    place: Workspace,
    sample: Sample,
    held: Sample,
    predictions: pl.DataFrame,
    answers: pl.DataFrame,
) -> pl.DataFrame:
    """Give what models say of held-out stars, with calibrated errors and rows of the combination.

    Parameters
    ----------
    held
        The stars; the folder holds their tables.
    predictions
        Out of fold, of the calibrators; the first repeat is learned from.
    answers
        Predictions of the models that learned from all calibrators.
    """
    first = predictions.filter(pl.col("repeat") == pl.col("repeat").min())
    learned = _learn(place, first, _calibrators(place, sample))
    errors = {"label_error": label_errors(place.recipe, sample)}
    return with_recommended(answers, _calibrators(place, held), learned.model_copy(update=errors))


def recommend(
    predictions: pl.DataFrame,
    stars: pl.DataFrame,
    features: pl.DataFrame,
    learned: Combination,
    band: str,
) -> pl.DataFrame:
    """Give the predictions for stars with calibrated errors and rows of the combination.

    Parameters
    ----------
    stars
        ``source_id`` and ``pulsation_type``, found or given, of all of them.
    band
        The main one, on whose features errors depend.
    """
    known = stars.select("source_id", "pulsation_type").join(
        conditions(features, band), on="source_id", how="left", maintain_order="left"
    )
    return with_recommended(predictions, known, learned)


def recommended_report(
    place: Workspace, sample: Sample, predictions: pl.DataFrame, learned: list[Combination]
) -> dict[str, Any]:
    """Give what evaluation.json says of combination and calibrated errors.

    ``combination`` (:func:`summary`), ``reliability`` of each estimator and type
    (:func:`rrcat.evaluation.reliability.reliability`), and ``undiluted`` of each type
    (:func:`rrcat.evaluation.reliability.dilution_report`).

    Parameters
    ----------
    predictions, learned
        As :func:`crossed` gives them.
    """
    stars = _calibrators(place, sample).select("source_id", *CONDITIONS)
    rows = predictions.join(stars, on="source_id", how="left", maintain_order="left")
    reliable: dict[str, Any] = {}
    flat: dict[str, Any] = {}
    for (id, kind), some in rows.group_by("estimator", "pulsation_type", maintain_order=True):
        if kind is None:
            continue
        reliable.setdefault(str(id), {})[str(kind)] = reliability(some)
        if id == COMBINATION:
            flat[str(kind)] = dilution_report(some, seed=place.recipe.evaluation.seed)
    return {"combination": summary(learned), "reliability": reliable, "undiluted": flat}


def summary(learned: list[Combination]) -> dict[str, Any]:
    """Give what evaluation.json says of combinations that were learned in its folds.

    ``members``; for each pulsation type ``learned``, how often one was learned, ``stepped_aside``,
    how often it left the value to its best member, and ``best``, how often each member was that.
    """
    told: dict[str, Any] = {}
    for kind in sorted({kind for one in learned for kind in one.types}):
        of_type = [one.types[kind] for one in learned if kind in one.types]
        best = [one.preferred[0] for one in of_type]
        told[kind] = {
            "learned": len(of_type),
            "stepped_aside": sum(one.steps_aside for one in of_type),
            "best": {id: best.count(id) for id in sorted(set(best))},
        }
    return {"members": list(learned[0].members), "types": told}


def _learn(place: Workspace, predictions: pl.DataFrame, stars: pl.DataFrame) -> Combination:
    section = place.recipe.combination
    assert section is not None
    known = stars.join(predictions, on="source_id", how="semi", maintain_order="left")
    given = predictions.select("source_id", "estimator", "feh", "feh_error", "status")
    return learn(
        conform(given, load("predictions")),
        known,
        [one.id for one in place.recipe.estimator],
        section,
        scale=place.recipe.catalogue.scale,
        label_error={},
    )


def _calibrators(place: Workspace, sample: Sample) -> pl.DataFrame:
    """Give the calibrators: ``source_id, pulsation_type, feh_true`` and their conditions."""
    band = main_band(place.store.bands, place.recipe.catalogue.band)
    features = read_calibrator_batch(place.output).features
    assert features is not None
    return sample.calibrators.select("source_id", "pulsation_type", feh_true="feh").join(
        conditions(features, band), on="source_id", how="left", maintain_order="left"
    )
