"""A smooth curve through noisy points, as a table of numbers."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, model_validator

FloatArray = NDArray[np.float64]

STEP = 0.125
"""Distance of the knots [dex]."""

# What the curve may be like: its size [dex], and how far one goes until it is another [dex].
SIZES = (0.03, 0.1, 0.3)
LENGTHS = (0.25, 0.5, 1.0, 2.0)
LEAST_NOISE = 1e-3  # dex
ROUNDS = 3


class Curve(BaseModel):
    """A curve that is straight between knots and level beyond them.

    ``knots`` increase; ``values`` has one number for each.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    knots: tuple[float, ...]
    values: tuple[float, ...]

    @model_validator(mode="after")
    def _is_one(self) -> "Curve":
        if len(self.knots) != len(self.values) or len(self.knots) < 2:
            raise ValueError("a curve has as many values as knots, two at least")
        if any(a >= b for a, b in zip(self.knots, self.knots[1:], strict=False)):
            raise ValueError("the knots of a curve increase")
        return self

    def at(self, x: FloatArray) -> FloatArray:
        """Give the curve at some places ``(n,)``."""
        return np.interp(x, self.knots, self.values)


def learn_curve(x: FloatArray, y: FloatArray, *, lengths: Sequence[float] = LENGTHS) -> Curve:
    """Give the curve that is expected of y at x, which is zero until the points say otherwise.

    The curve is a Gaussian process with a squared-exponential covariance on knots every
    :data:`STEP`. Its size and length are those of the highest marginal likelihood (Rasmussen &
    Williams 2006, *Gaussian Processes for Machine Learning*, chapter 5), nought among the sizes:
    where points are few or noisy, nothing is learned.

    Parameters
    ----------
    x, y
        Places and values of the points ``(n,)``.
    lengths
        Lengths among which to choose, in units of x.
    """
    if x.size == 0:
        return Curve(knots=(0.0, STEP), values=(0.0, 0.0))
    first, last = np.floor(x.min() / STEP), np.floor(x.max() / STEP) + 1
    knots = np.arange(first, last + 1) * STEP
    weight = _hats(x, knots)
    gram, moment, square = weight.T @ weight, weight.T @ y, float(y @ y)
    n, one = x.size, np.eye(knots.size)
    noise = max(square / n, LEAST_NOISE**2)
    best: FloatArray = np.zeros(knots.size)
    likeliest = -(n * np.log(noise) + square / noise) / 2
    apart = (knots[:, None] - knots[None]) ** 2
    for size in SIZES:
        for length in lengths:
            covariance = size**2 * np.exp(-apart / (2 * length**2))
            noise = max(square / n, LEAST_NOISE**2)
            for _ in range(ROUNDS):
                found = _expected(gram, moment, covariance, noise)
                noise = max(float(((y - weight @ found) ** 2).mean()), LEAST_NOISE**2)
            found = _expected(gram, moment, covariance, noise)
            _, determinant = np.linalg.slogdet(one + covariance @ gram / noise)
            misfit = (square - moment @ found) / noise
            likelihood = -(n * np.log(noise) + determinant + misfit) / 2
            if likelihood > likeliest:
                best, likeliest = found, likelihood
    return Curve(knots=tuple(knots.tolist()), values=tuple(best.tolist()))


def _expected(
    gram: FloatArray, moment: FloatArray, covariance: FloatArray, noise: float
) -> FloatArray:
    """Give the mean of the posterior at the knots ``(n_knots,)``."""
    system = noise * np.eye(len(gram)) + covariance @ gram
    return np.asarray(np.linalg.solve(system, covariance @ moment))


def _hats(x: FloatArray, knots: FloatArray) -> FloatArray:
    """Give the weights ``(n, n_knots)`` with which the values at the knots make those at x."""
    left = np.clip(np.searchsorted(knots, x, side="right") - 1, 0, knots.size - 2)
    share = (x - knots[left]) / STEP
    weight = np.zeros((x.size, knots.size))
    rows = np.arange(x.size)
    weight[rows, left], weight[rows, left + 1] = 1 - share, share
    return weight
