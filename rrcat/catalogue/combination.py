"""One value a star from several estimators, with an error that means what it says.

What is learned of it (:mod:`rrcat.catalogue.combination_learning`) is numbers, for each pulsation
type by itself: :class:`Combination` is what ``combination.json`` holds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from rrcat.catalogue.weights import weighted_mean, weights
from rrcat.errors import BundleError
from rrcat.evaluation.curve import Curve
from rrcat.evaluation.dilution import Dilution
from rrcat.evaluation.uncertainty import ErrorCalibration

FloatArray = NDArray[np.float64]

COMBINATION = "combination"
"""The estimator of the rows that are combined."""


class _Numbers(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class OfType(_Numbers):
    """What was learned for the stars of one pulsation type.

    Parameters
    ----------
    n_stars
        Calibrators that it was learned from.
    errors
        Calibration of the errors of each estimator.
    members
        Estimators that are combined.
    moments
        Mean products of the residuals of each two members [dex²], :mod:`rrcat.catalogue.weights`.
    usual_errors
        Of each member, the error beyond which its weight falls [dex].
    recalibration
        What is added to the combined value, by the combined value [dex]; None for nothing.
    combined_errors
        Calibration of the errors of the combined value.
    steps_aside
        Whether the combination is worse than its best member, which then gives the value.
    preferred
        The members, the best first.
    rmse
        Of the combination and of each member, on the calibrators that all of them have a value
        for; none of these was seen by what gave it [dex].
    dilution, undiluted_errors
        How recommended values shrink to the mean, and calibration of the errors of undiluted
        values; None where nothing is undiluted.
    """

    n_stars: int
    errors: dict[str, ErrorCalibration]
    members: tuple[str, ...]
    moments: tuple[tuple[float, ...], ...]
    usual_errors: tuple[float, ...]
    recalibration: Curve | None
    combined_errors: ErrorCalibration
    steps_aside: bool
    preferred: tuple[str, ...]
    rmse: dict[str, float]
    dilution: Dilution | None = None
    undiluted_errors: ErrorCalibration | None = None


class Combination(_Numbers):
    """What was learned from predictions out of fold; types with too few calibrators lack.

    ``label_error`` holds the errors of the labels by pulsation type [dex] where these are
    photometric themselves, :mod:`rrcat.estimator.label_error`; ``spectrum_error`` those of spectra,
    :mod:`rrcat.catalogue.spectrum_error`.
    """

    format: Literal[1] = 1
    scale: str
    members: tuple[str, ...]
    label_error: dict[str, float]
    spectrum_error: dict[str, float] = {}
    types: dict[str, OfType]


def read_combination(path: Path) -> Combination:
    """Read what a build has learned; it is numbers, and nothing of it is run.

    Raises
    ------
    BundleError
        The file is none of this format.
    """
    try:
        return Combination.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise BundleError(
            f"the combination cannot be read: {error.errors()[0]['msg']}",
            file=path,
            hint="build the candidate again",
        ) from None


@dataclass(frozen=True)
class Stars:
    """Stars of one pulsation type: what each estimator says of them, and their conditions.

    ``value`` and ``error`` have one array ``(n,)`` [dex] for each estimator, NaN without a value;
    ``conditions`` is ``(n, 3)``, :data:`rrcat.evaluation.uncertainty.CONDITIONS`.
    """

    value: Mapping[str, FloatArray]
    error: Mapping[str, FloatArray]
    conditions: FloatArray

    def __len__(self) -> int:
        return len(self.conditions)

    def only(self, rows: NDArray[np.bool_]) -> "Stars":
        """Give some of the stars."""
        return Stars(
            {id: values[rows] for id, values in self.value.items()},
            {id: errors[rows] for id, errors in self.error.items()},
            self.conditions[rows],
        )


@dataclass(frozen=True)
class Recommended:
    """Recommended values of stars, NaN where no member has one.

    ``value`` and ``error`` are ``(n,)`` [dex], ``width_68`` and ``width_95`` half-widths of the
    intervals in errors, ``share`` the weights of the members ``(n, n_members)``.
    """

    value: FloatArray
    error: FloatArray
    width_68: FloatArray
    width_95: FloatArray
    share: FloatArray


def recommend(learned: OfType, stars: Stars) -> Recommended:
    """Give the recommended values, each the same to the last bit in any company of stars."""
    if learned.steps_aside:
        return _best_member(learned, stars)
    errors = {id: learned.errors[id] for id in learned.members}
    value, spread, share = combined(
        stars,
        errors,
        np.array(learned.moments),
        np.array(learned.usual_errors),
        learned.recalibration,
    )
    calibration = learned.combined_errors
    return Recommended(
        value,
        calibration.calibrated(spread, stars.conditions),
        np.full(len(stars), calibration.width_68),
        np.full(len(stars), calibration.width_95),
        share,
    )


def _best_member(learned: OfType, stars: Stars) -> Recommended:
    """Give the value of the best member that has one for a star."""
    value, error, inner, outer = np.full((4, len(stars)), np.nan)
    share = np.zeros((len(stars), len(learned.members)))
    for id in reversed(learned.preferred):
        rows, calibration = np.isfinite(stars.value[id]), learned.errors[id]
        value[rows] = stars.value[id][rows]
        error[rows] = calibration.calibrated(stars.error[id], stars.conditions)[rows]
        inner[rows], outer[rows] = calibration.width_68, calibration.width_95
        share[rows] = np.array(learned.members) == id
    return Recommended(value, error, inner, outer, share)


def combined(
    stars: Stars,
    errors: Mapping[str, ErrorCalibration],
    moments: FloatArray,
    usual: FloatArray,
    recalibration: Curve | None,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Give combined values and errors ``(n,)`` [dex], and the weights ``(n, n_members)``.

    Members err together for the most part, so the error is the mean of theirs.

    Parameters
    ----------
    errors
        Of the members, in their order.
    moments, usual
        :func:`rrcat.catalogue.weights.moments` and :func:`~rrcat.catalogue.weights.usual_errors`.
    """
    value = np.column_stack([stars.value[id] for id in errors])
    error = calibrated_errors(stars, errors)
    share = weights(error, moments, usual)
    mean, spread = weighted_mean(value, share), weighted_mean(error, share)
    return mean if recalibration is None else mean + recalibration.at(mean), spread, share


def calibrated_errors(stars: Stars, errors: Mapping[str, ErrorCalibration]) -> FloatArray:
    """Give the calibrated errors of some estimators ``(n, n_estimators)`` [dex]."""
    return np.column_stack(
        [one.calibrated(stars.error[id], stars.conditions) for id, one in errors.items()]
    )


def undiluted(
    learned: OfType, recommended: Recommended, conditions: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Give undiluted values and their errors ``(n,)`` [dex], NaN where nothing is undiluted."""
    if learned.dilution is None or learned.undiluted_errors is None:
        nothing = np.full(len(conditions), np.nan)
        return nothing, nothing
    value, stretch = learned.dilution.undiluted(recommended.value)
    return value, learned.undiluted_errors.calibrated(recommended.error * stretch, conditions)
