"""What predictions out of fold teach about estimators, and about the best mean of them."""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rrcat.catalogue.combination import (
    COMBINATION,
    Combination,
    OfType,
    Stars,
    calibrated_errors,
    combined,
    recommend,
)
from rrcat.catalogue.combination_config import CombinationSection
from rrcat.catalogue.recommended import stars_of_type
from rrcat.catalogue.weights import moments, usual_errors
from rrcat.evaluation.curve import Curve, learn_curve
from rrcat.evaluation.dilution import learn_dilution
from rrcat.evaluation.uncertainty import ErrorCalibration, learn_error_calibration

FloatArray = NDArray[np.float64]

LEAST_STARS = 10
"""Of a pulsation type with fewer calibrators nothing is learned."""

GROUPS = 10
# Standard errors by which a mean square must be less: that of recalibrated values, so that they are
# taken, and that of the best member, so that the combination steps aside.
RECALIBRATED, BEST = 1.0, 2.0
NO_VALUE = 99.0  # dex; the RMSE of who has no value


def learn(
    predictions: pl.DataFrame,
    stars: pl.DataFrame,
    ids: Sequence[str],
    section: CombinationSection,
    *,
    scale: str,
    label_error: Mapping[str, float],
) -> Combination:
    """Learn from predictions for calibrators by models that had not seen them.

    Parameters
    ----------
    predictions
        Frame of the table ``predictions``.
    stars
        Of each calibrator ``source_id``, ``pulsation_type``, ``feh_true`` and
        :data:`rrcat.evaluation.uncertainty.CONDITIONS`.
    ids
        The estimators, the preferred first.
    section
        ``[combination]`` of the recipe.
    label_error
        Errors of what ``feh_true`` is, where it is photometric itself, by pulsation type [dex].
    """
    members = [id for id in ids if id in (section.estimators or ids)]
    types = {}
    for kind in stars["pulsation_type"].drop_nulls().unique().sort().to_list():
        of_type = stars.filter(pl.col("pulsation_type") == kind).sort("source_id")
        given = stars_of_type(predictions, of_type, ids)
        some = np.any([np.isfinite(given.value[id]) for id in members], axis=0)
        if some.sum() >= LEAST_STARS:
            types[kind] = _learn_type(
                given.only(some), of_type["feh_true"].to_numpy()[some], members, section
            )
    return Combination(
        scale=scale, members=tuple(members), label_error=dict(label_error), types=types
    )


def _learn_type(
    stars: Stars, true: FloatArray, members: Sequence[str], section: CombinationSection
) -> OfType:
    value, spread = _left_out(stars, true, members, recalibrate=False)
    recalibrate = False
    if section.recalibrate:
        moved, of_moved = _left_out(stars, true, members, recalibrate=True)
        recalibrate = _better(moved - true, value - true, by=RECALIBRATED)
        value, spread = (moved, of_moved) if recalibrate else (value, spread)
    residuals = {id: stars.value[id] - true for id in members} | {COMBINATION: value - true}
    rmse = _rmse(residuals)
    preferred = sorted(members, key=lambda id: (rmse[id], members.index(id)))
    _, gram, usual, curve = _combination(stars, true, members, recalibrate=recalibrate)
    learned = OfType(
        n_stars=len(stars),
        errors={
            id: _of_known(stars.value[id] - true, stars.error[id], stars.conditions)
            for id in stars.value
        },
        members=tuple(members),
        moments=tuple(tuple(row) for row in gram.tolist()),
        usual_errors=tuple(usual.tolist()),
        recalibration=curve,
        combined_errors=_of_known(value - true, spread, stars.conditions),
        steps_aside=_better(residuals[preferred[0]], residuals[COMBINATION], by=BEST),
        preferred=tuple(preferred),
        rmse={id: round(one, 6) for id, one in rmse.items()},
    )
    if not section.undilute:
        return learned
    error = learned.combined_errors.calibrated(spread, stars.conditions)
    if learned.steps_aside:  # the values of members are as they were, out of fold
        best = recommend(learned, stars)
        value, error = best.value, best.error
    dilution = learn_dilution(true, value)
    flat, stretch = dilution.undiluted(value)
    of_flat = _of_known(flat - true, error * stretch, stars.conditions)
    return learned.model_copy(update={"dilution": dilution, "undiluted_errors": of_flat})


def _left_out(
    stars: Stars, true: FloatArray, members: Sequence[str], *, recalibrate: bool
) -> tuple[FloatArray, FloatArray]:
    """Give combined values and errors ``(n,)``, each learned from the other groups of stars."""
    value, spread = np.empty(len(stars)), np.empty(len(stars))
    group = np.arange(len(stars)) % GROUPS
    for number in range(GROUPS):
        own = group == number
        learned = _combination(stars.only(~own), true[~own], members, recalibrate=recalibrate)
        value[own], spread[own], _ = combined(stars.only(own), *learned)
    return value, spread


def _combination(
    stars: Stars, true: FloatArray, members: Sequence[str], *, recalibrate: bool
) -> tuple[dict[str, ErrorCalibration], FloatArray, FloatArray, Curve | None]:
    """Learn errors of the members, what their weights follow from, and the recalibration."""
    residuals = {id: stars.value[id] - true for id in members}
    errors = {
        id: _of_known(residual, stars.error[id], stars.conditions)
        for id, residual in residuals.items()
    }
    gram = moments(np.column_stack(list(residuals.values())))
    usual = usual_errors(calibrated_errors(stars, errors))
    if not recalibrate:
        return errors, gram, usual, None
    mean, _, _ = combined(stars, errors, gram, usual, None)
    return errors, gram, usual, learn_curve(mean, true - mean)


def _of_known(residual: FloatArray, error: FloatArray, conditions: FloatArray) -> ErrorCalibration:
    known = np.isfinite(residual)
    return learn_error_calibration(residual[known], error[known], conditions[known])


def _rmse(residuals: Mapping[str, FloatArray]) -> dict[str, float]:
    """Give the RMSE of each on the stars that all have a value for, or on its own if few have."""
    common = np.all([np.isfinite(one) for one in residuals.values()], axis=0)
    if common.sum() < LEAST_STARS:
        common = np.ones(common.size, dtype=bool)
    squares = {id: one[common & np.isfinite(one)] ** 2 for id, one in residuals.items()}
    return {id: float(np.sqrt(of.mean())) if of.size else NO_VALUE for id, of in squares.items()}


def _better(residual: FloatArray, other: FloatArray, *, by: float) -> bool:
    """Tell whether a mean square is less than another by so many standard errors, star by star.

    Of few stars the best member is so by chance, and what was chosen by chance is worse than it
    looks: the mean of members that are alike needs no proof that it is better. A curve does.
    """
    both = np.isfinite(residual) & np.isfinite(other)
    gain = other[both] ** 2 - residual[both] ** 2
    return bool(gain.size) and bool(gain.mean() > by * gain.std() / np.sqrt(gain.size))
