"""Shapes of light curves with the noise of each, given its observations and what is usual.

A harmonic fit of few observations cuts the series where they stop to demand more, and takes its
noise from residuals that it has made small. Here all orders stay: a prior of shapes by period says
what the observations do not, and the noise of a star is what they leave over from a shape that is
so regularised. Both are found in turns, as expectation maximisation has it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rrcat.fourier.coefficients import N_COEFFICIENTS, Shapes
from rrcat.fourier.prior import Prior, learn_prior, posterior
from rrcat.fourier.weighted_sums import N_TERMS, Sums
from rrcat.harmonic import MAX_HARMONICS

FloatArray = NDArray[np.float64]

# The typical noise is worth as much as so many observations.
_WORTH = 4.0
# Turns while learning, each with its own prior, and for a new star under the last of these.
_ROUNDS, _TURNS = 4, 6
# Mean magnitude and phase of a light curve are free, but for this many observations [mag⁻², rad⁻²]
# that find them at zero: those of one phase alone must leave them somewhere.
_HELD = 1e-3
# Smallest variance of an observation [mag²]: sequences are in single precision.
_SMALLEST_VARIANCE = 1e-7

# A1, then cosine and sine from order 2: the constant and the sine of order 1 are none of them.
_SHAPE = [1, *range(3, N_TERMS)]
_ORDERS = np.arange(1, MAX_HARMONICS + 1)


@dataclass(frozen=True)
class ObservedShapes:
    """Shapes of ``n`` stars: ``mean`` ``(n, 15)`` [mag], ``covariance`` ``(n, 15, 15)`` [mag²].

    ``noise`` ``(n,)`` is the logarithm of the variance of A1 [mag²] that the observations alone
    would give it if they were evenly spread.
    """

    mean: FloatArray
    covariance: FloatArray
    noise: FloatArray


@dataclass(frozen=True)
class Usual:
    """What is usual: the prior of shapes, and the variance of an observation [mag²]."""

    prior: Prior
    variance: float

    def __call__(self, observed: Sums, start: Shapes) -> ObservedShapes:
        """Give the shapes of stars from their observations.

        ``start`` are those of their harmonic fits, from which the search begins.
        """
        mean = posterior(self.prior, start)[0]
        variance = np.full(start.period.size, self.variance)
        for _ in range(_TURNS):
            given, left = reduced(observed, mean, variance, start.period)
            mean, covariance = posterior(self.prior, given)
            rest = _rest(given, left, variance, mean, covariance)
            variance = self._drawn(rest, observed.count)
        return ObservedShapes(mean, covariance, _noise(variance, observed.count))

    def _drawn(self, rest: FloatArray, count: FloatArray) -> FloatArray:
        """Give the variance of an observation, drawn to the usual where there are few."""
        drawn = (rest + _WORTH * self.variance) / (np.maximum(count - 2.0, 0.0) + _WORTH)
        return np.asarray(np.maximum(drawn, _SMALLEST_VARIANCE))

    def as_plain(self) -> dict[str, Any]:
        """Give what is usual as numbers and lists, for JSON."""
        return {"prior": self.prior.as_plain(), "variance": self.variance}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Usual:
        """Give what :meth:`as_plain` gave."""
        return cls(Prior.from_plain(plain["prior"]), plain["variance"])


def learn_usual(observed: Sums, start: Shapes) -> Usual:
    """Give what is usual among these stars, whose harmonic fits have found some harmonic."""
    prior = learn_prior(start)
    mean = posterior(prior, start)[0]
    variance = np.full(start.period.size, np.exp(start_variance(observed, mean, start.period)))
    usual = Usual(prior, float(variance[0]))
    for _ in range(_ROUNDS):
        given, left = reduced(observed, mean, variance, start.period)
        prior = learn_prior(given)
        mean, covariance = posterior(prior, given)
        rest = _rest(given, left, variance, mean, covariance)
        each = np.maximum(rest / np.maximum(observed.count - 2.0, 1.0), _SMALLEST_VARIANCE)
        usual = Usual(prior, float(np.exp(np.log(each).mean())))
        variance = usual._drawn(rest, observed.count)
    return usual


def start_variance(observed: Sums, mean: FloatArray, period: FloatArray) -> float:
    """Give the logarithm of the typical variance of an observation about these shapes [mag²]."""
    given, left = reduced(observed, mean, np.ones(period.size), period)
    rest = _rest(given, left, np.ones(period.size), mean, np.zeros_like(given.information))
    each = rest / np.maximum(observed.count - 2.0, 1.0)
    return float(np.log(np.maximum(each, _SMALLEST_VARIANCE)).mean())


def reduced(
    observed: Sums, mean: FloatArray, variance: FloatArray, period: FloatArray
) -> tuple[Shapes, FloatArray]:
    """Give the shapes by observations alone, and the sum of squares [mag²] that a flat one leaves.

    Mean magnitude and phase of each light curve are fitted along and eliminated: a shift in phase
    changes it, to first order, by the derivative of its shape, that of ``mean`` ``(n, 15)`` [mag].
    ``variance`` ``(n,)`` [mag²] is that of an observation.
    """
    n = period.size
    nuisance = np.zeros((n, N_TERMS, 2))
    nuisance[:, 0, 0] = 1.0
    cosine = np.concatenate([mean[:, :1], mean[:, 1::2]], axis=1)
    sine = np.concatenate([np.zeros((n, 1)), mean[:, 2::2]], axis=1)
    nuisance[:, 1::2, 1] = -_ORDERS * sine
    nuisance[:, 2::2, 1] = _ORDERS * cosine
    through = observed.gram @ nuisance
    inner = nuisance.transpose(0, 2, 1) @ through + _HELD * np.eye(2)
    solved = np.linalg.solve(inner, through.transpose(0, 2, 1))
    gram = observed.gram - through @ solved
    along = (nuisance.transpose(0, 2, 1) @ observed.moment[:, :, np.newaxis])[:, :, 0]
    moment = observed.moment - (solved.transpose(0, 2, 1) @ along[:, :, np.newaxis])[:, :, 0]
    shift = np.linalg.solve(inner, along[:, :, np.newaxis])
    left = observed.square - (along[:, np.newaxis, :] @ shift)[:, 0, 0]
    information = gram[:, _SHAPE][:, :, _SHAPE] / variance[:, np.newaxis, np.newaxis]
    given = Shapes(
        period,
        0.5 * (information + information.transpose(0, 2, 1)),
        moment[:, _SHAPE] / variance[:, np.newaxis],
        observed.count > 0.0,
        _noise(variance, observed.count),
    )
    return given, left


def _rest(
    given: Shapes,
    left: FloatArray,
    variance: FloatArray,
    mean: FloatArray,
    covariance: FloatArray,
) -> FloatArray:
    """Give the expected sum of squared residuals [mag²] about shapes that are known so well."""
    squared = mean[:, :, np.newaxis] * mean[:, np.newaxis, :] + covariance
    about = (given.information * squared).reshape(-1, N_COEFFICIENTS**2).sum(axis=1)
    rest = left + variance * (about - 2.0 * (given.moment * mean).sum(axis=1))
    return np.asarray(np.maximum(rest, 0.0))


def _noise(variance: FloatArray, count: FloatArray) -> FloatArray:
    return np.asarray(np.log(2.0 * variance / np.maximum(count, 1.0)))
