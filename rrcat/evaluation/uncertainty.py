"""Errors that mean what they say: learned from predictions for stars that were left out.

The conformal quantile is that of split conformal prediction (Vovk, Gammerman & Shafer 2005,
*Algorithmic Learning in a Random World*; Lei et al. 2018, JASA 113, 1094). Of few stars it is the
largest residual, or there is none; :func:`usual_pulls` then tell how a tail goes on.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

FloatArray = NDArray[np.float64]

CONDITIONS = ("log_n_epochs", "log_phi31_error", "mag")
"""What the error of a star may depend on beside what its estimator says."""

WITHIN = ((0.6827, 1.0), (0.95, 1.96))
"""Shares of stars within one and within 1.96 errors, if errors are Gaussian."""

# Errors are neither scaled down nor up by more than this, whatever few stars say.
RANGE = (0.25, 10.0)
# Degrees of freedom of Student's t: a few stars that are far off do not decide for all.
FREEDOM = 5.0
# Residuals that stand beside those of the stars where quantiles are taken. With forty the 95 %
# interval of ten stars holds what it should, and its length scatters half as much from sample to
# sample as that of the largest residual (docs/combination.md).
IMAGINED = 40
# Standard deviations of the priors of level and slopes, natural logarithms of an error. That of the
# slopes weighs as much as some three hundred stars. A catalogue is fainter than its calibrators:
# what slopes say beyond these quantiles of a condition is not believed (docs/combination.md).
PRIOR_LEVEL, PRIOR_SLOPE = 2.0, 0.05
CENTRAL = (0.1, 0.9)
STEPS, SMALL = 50, 1e-10


class Condition(BaseModel):
    """How the logarithm of an error rises with one condition of a star.

    ``slope`` is per ``spread``; a condition is moved to between ``low`` and ``high``, what most
    calibrators span, and taken for ``centre`` where it is not known.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    centre: float
    spread: float = Field(gt=0)
    low: float
    high: float
    slope: float

    def standardised(self, values: FloatArray) -> FloatArray:
        """Give the condition of each star ``(n,)`` in units of ``spread`` from ``centre``."""
        scaled = (np.clip(values, self.low, self.high) - self.centre) / self.spread
        return np.where(np.isnan(scaled), 0.0, scaled)


class ErrorCalibration(BaseModel):
    """What the errors of an estimator are multiplied by for a star of one pulsation type.

    Parameters
    ----------
    n_stars
        Stars that it was learned from.
    level
        Logarithm of the factor of a star whose conditions are the usual ones.
    conditions
        One each of :data:`CONDITIONS`; none where nothing was learned.
    width_68, width_95
        Half-widths of the intervals that hold 68.27 and 95 % of the stars, in calibrated errors.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    n_stars: int
    level: float = 0.0
    conditions: tuple[Condition, ...] = ()
    width_68: float = Field(WITHIN[0][1], gt=0)
    width_95: float = Field(WITHIN[1][1], gt=0)

    def calibrated(self, error: FloatArray, conditions: FloatArray) -> FloatArray:
        """Give calibrated errors ``(n,)`` [dex] from an estimator's own.

        Each star has its own result, whichever others are asked for with it.

        Parameters
        ----------
        error
            Errors as the estimator gives them ``(n,)`` [dex], NaN where it gives none.
        conditions
            :data:`CONDITIONS` of the stars ``(n, 3)``, NaN where one is not known.
        """
        size = np.full(error.shape, self.level)
        for one, values in zip(self.conditions, conditions.T, strict=False):
            size += one.slope * one.standardised(np.ascontiguousarray(values))
        calibrated: FloatArray = np.ascontiguousarray(error) * np.exp(size)
        return calibrated


def conditions(features: pl.DataFrame, band: str) -> pl.DataFrame:
    """Give ``source_id`` and :data:`CONDITIONS` of the stars that have features in a band."""

    def log(name: str) -> pl.Expr:
        return pl.when(pl.col(name) > 0).then(pl.col(name).cast(pl.Float64).log())

    return features.filter(pl.col("band") == band).select(
        "source_id",
        log_n_epochs=log("n_epochs"),
        log_phi31_error=log("phi31_error"),
        mag="int_average_mag",
    )


def learn_error_calibration(
    residual: FloatArray, error: FloatArray, conditions: FloatArray
) -> ErrorCalibration:
    """Give the calibration of errors that fits the residuals of stars that were left out.

    How errors follow the conditions is a maximum of the posterior, Student's t for the residuals
    and Gaussian priors, so that few stars change nothing; then one factor is put on all errors,
    with which as many stars as should be are within them. That and the widths are quantiles of the
    stars and of :func:`usual_pulls` beside them, which few stars need and many do not notice.

    Parameters
    ----------
    residual, error
        Predicted less true, and the error of the prediction ``(n,)`` [dex].
    conditions
        :data:`CONDITIONS` of the stars ``(n, 3)``, NaN where one is not known.
    """
    n = residual.size
    if n == 0:
        return ErrorCalibration(n_stars=0)
    told = [_condition(column) for column in conditions.T]
    known = [one.standardised(column) for one, column in zip(told, conditions.T, strict=True)]
    design = np.column_stack([np.ones(n), *known])
    level, *slopes = _most_probable(residual / error, design).tolist()
    fitted = ErrorCalibration(
        n_stars=n,
        level=level,
        conditions=tuple(
            one.model_copy(update={"slope": slope}) for one, slope in zip(told, slopes, strict=True)
        ),
    )
    pull = np.abs(residual) / fitted.calibrated(error, conditions)
    beside = np.append(pull, usual_pulls(IMAGINED))
    widths = [quantile(beside, share) for share, _ in WITHIN]
    scale = _scale(widths)
    inner, outer = (max(width / scale, SMALL) for width in widths)
    return fitted.model_copy(
        update={"level": level + float(np.log(scale)), "width_68": inner, "width_95": outer}
    )


def learn_scale(pull: FloatArray) -> float:
    """Give what errors are multiplied by, so that as many stars as should be are within them.

    The scales at which 68 % and at which 95 % of the stars are covered differ where residuals are
    not Gaussian: their geometric mean comes as near to both as one number can.

    Parameters
    ----------
    pull
        Absolute residuals of stars that were left out, in units of their errors ``(n,)``.
    """
    return _scale([quantile(pull, share) for share, _ in WITHIN])


def _scale(widths: Sequence[float]) -> float:
    scales = [width / usual for width, (_, usual) in zip(widths, WITHIN, strict=True)]
    return float(np.clip(np.sqrt(np.prod(scales)), *RANGE))


def usual_pulls(n: int) -> FloatArray:
    """Give the absolute residuals of Student's t with five degrees of freedom ``(n,)``, in order.

    They are as far apart in probability as can be, in units of the scale of the distribution,
    whose integral is eq. 26.7.3 of Abramowitz & Stegun (1964).
    """
    angle = np.linspace(0.0, np.pi / 2, 10_001)[:-1]
    cosine = np.cos(angle)
    within = 2 / np.pi * (angle + np.sin(angle) * (cosine + 2 / 3 * cosine**3))
    share = (np.arange(n) + 0.5) / n
    return np.asarray(np.sqrt(FREEDOM) * np.tan(np.interp(share, within, angle)))


def quantile(values: FloatArray, share: float) -> float:
    """Give what the next value does not exceed with a probability of at least ``share``.

    This is the ⌈(n + 1) share⌉-th of n values in order, or the largest where n is too small for
    the promise.
    """
    ordered = np.sort(values)
    rank = int(np.ceil((ordered.size + 1) * share))
    return float(ordered[min(rank, ordered.size) - 1])


def matrix(stars: pl.DataFrame, names: Sequence[str] = CONDITIONS) -> FloatArray:
    """Give columns of a frame as an array ``(n, n_columns)``, null as NaN."""
    return stars.select(pl.col(*names).cast(pl.Float64).fill_null(np.nan)).to_numpy()


def _condition(values: FloatArray) -> Condition:
    known = values[np.isfinite(values)]
    if not known.size:
        return Condition(centre=0.0, spread=1.0, low=0.0, high=0.0, slope=0.0)
    low, high = np.quantile(known, CENTRAL).tolist()
    return Condition(
        centre=float(known.mean()),
        spread=float(known.std()) or 1.0,
        low=low,
        high=high,
        slope=0.0,
    )


def _most_probable(pull: FloatArray, design: FloatArray) -> FloatArray:
    """Give level and slopes of the logarithm of the scale of Student's t.

    The negative logarithm of the posterior is convex in them, so Newton's method, which halves a
    step that leads up, ends at its only minimum.
    """
    prior = np.array([PRIOR_LEVEL, *[PRIOR_SLOPE] * (design.shape[1] - 1)]) ** -2.0

    def cost(position: FloatArray) -> float:
        size = design @ position
        tail = np.log1p(pull**2 * np.exp(-2 * size) / FREEDOM)
        whole = size + (FREEDOM + 1) / 2 * tail
        return float(whole.sum() + (prior * position**2).sum() / 2)

    position = np.zeros(design.shape[1])
    for _ in range(STEPS):
        ratio = pull**2 * np.exp(-2 * (design @ position)) / FREEDOM
        share = ratio / (1 + ratio)
        slope = design.T @ (1 - (FREEDOM + 1) * share) + prior * position
        curvature = 2 * (FREEDOM + 1) * share * (1 - share)
        bend = (design * curvature[:, None]).T @ design + np.diag(prior)
        step = np.linalg.solve(bend, slope)
        before = cost(position)
        while cost(position - step) > before and np.abs(step).max() > SMALL:
            step /= 2
        position = position - step
        if np.abs(step).max() <= SMALL:
            break
    return position
