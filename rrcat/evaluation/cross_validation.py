"""Predictions for calibrators by models that have not seen them."""

from collections.abc import Callable
from pathlib import Path

import polars as pl

from rrcat.errors import RrcatError
from rrcat.estimator.batch import StarBatch
from rrcat.estimator.checkpoints import keeping_checkpoints
from rrcat.estimator.contract import Estimator, Model
from rrcat.estimator.rescale import to_scale
from rrcat.evaluation.splits import derived_seed

COLUMNS = {
    "source_id": pl.Int64,
    "pulsation_type": pl.String,
    "estimator": pl.String,
    "repeat": pl.Int32,
    "fold": pl.Int32,
    "feh_true": pl.Float64,
    "feh": pl.Float64,
    "feh_error": pl.Float64,
}
"""Columns of ``predictions.parquet``."""

KEY = ("estimator", "repeat", "source_id")


def cross_validate(
    estimator: Estimator,
    batch: StarBatch,
    calibrators: pl.DataFrame,
    sets: pl.DataFrame,
    *,
    seed: int,
    progress: Callable[[], object] = lambda: None,
    checkpoints: Path | None = None,
) -> pl.DataFrame:
    """Give the out-of-fold predictions of an estimator.

    Whatever it learns, it learns anew in each fold from the other stars: an estimator is given
    neither the [Fe/H] nor the features of those it is tested on. One that learns nothing from
    calibrators predicts them all the same.

    Parameters
    ----------
    batch
        The calibrators' tables, all that the estimator reads.
    calibrators
        Frame of the table ``calibrators``, on one scale.
    sets
        ``repeat``, ``fold``, ``source_id``, as :func:`rrcat.evaluation.splits.cut` gives.
    seed
        Seed of the whole; each fold has its own, derived from it.
    progress
        Called after each fold.
    checkpoints
        A folder of this very cross-validation, in which the estimator may keep what it has learned
        of a fold so far; None for nowhere.

    Returns
    -------
    pl.DataFrame
        :data:`COLUMNS` and ``status``, one row for each row of ``sets``; ``feh`` is null where
        ``status`` says why. Values are on the scale of the calibrators [dex].

    Raises
    ------
    RrcatError
        The estimator cannot learn in a fold; the message names it.
    """
    scale = calibrators["feh_scale"][0]
    answers = []
    for (repeat, fold), tested in sets.group_by("repeat", "fold", maintain_order=True):
        kept = None if checkpoints is None else checkpoints / f"{repeat}-{fold}"
        with keeping_checkpoints(estimator, kept):
            model = _learn(estimator, batch, calibrators, tested["source_id"], seed, repeat, fold)
            answer = to_scale(model.predict(batch.only(tested["source_id"])), model.scale, scale)
        answers.append(tested.join(answer, on="source_id", how="left", validate="1:1"))
        progress()
    truth = calibrators.select("source_id", "pulsation_type", feh_true="feh")
    return (
        pl.concat(answers)
        .join(truth, on="source_id", how="left", maintain_order="left")
        .with_columns(estimator=pl.lit(estimator.spec.id))
        .select(*(pl.col(name).cast(kind) for name, kind in COLUMNS.items()), "status")
        .sort(KEY)
    )


def _learn(
    estimator: Estimator,
    batch: StarBatch,
    calibrators: pl.DataFrame,
    tested: pl.Series,
    seed: int,
    repeat: object,
    fold: object,
) -> Model:
    own_seed = derived_seed(seed, int(str(repeat)), int(str(fold)))
    if not estimator.spec.needs_calibrators:
        return estimator.fit(seed=own_seed)
    others = calibrators.join(tested.to_frame(), on="source_id", how="anti", maintain_order="left")
    try:
        return estimator.fit(batch.only(others["source_id"]), others, seed=own_seed)
    except RrcatError as error:
        error.where |= {"repeat": repeat, "fold": fold, "calibrators": others.height}
        raise
