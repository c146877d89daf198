"""The empirical prior: which shapes stars of one type have at a given period.

A Gaussian whose mean is a polynomial in period, learned by expectation maximisation from stars
whose coefficients are uncertain and partly unobserved. A star's shape given its own data and the
prior is what everything else is learned from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rrcat.errors import FrameError
from rrcat.fourier.coefficients import N_COEFFICIENTS, Shapes
from rrcat.harmonic import MAX_HARMONICS

FloatArray = NDArray[np.float64]

ITERATIONS = 30
# Stars from which the mean may bend with period.
_ENOUGH_FOR_A_BEND = 100
# Before any star is seen, a coefficient scatters by this part of the amplitude of its order, and
# the amplitude falls by half from order to order; worth as much as this many stars.
_RELATIVE_SCATTER = 0.3
_DECAY = 0.5
_WORTH = 5.0


@dataclass(frozen=True)
class Prior:
    """What is usual at a period [d]: a Gaussian of the 15 coefficients [mag].

    ``mean`` ``(degree + 1, 15)`` goes by power of ``(period − centre) / width``; ``covariance``
    ``(15, 15)`` is that about the mean.
    """

    centre: float
    width: float
    mean: FloatArray
    covariance: FloatArray

    def mean_at(self, period: FloatArray) -> FloatArray:
        """Give the mean shape at each period, ``(n, 15)``."""
        position = ((period - self.centre) / self.width)[:, np.newaxis]
        value = np.zeros((period.size, N_COEFFICIENTS))
        for coefficients in self.mean[::-1]:
            value = value * position + coefficients
        return value

    def as_plain(self) -> dict[str, Any]:
        """Give the prior as numbers and lists, for JSON or TOML."""
        return {
            "centre": self.centre,
            "width": self.width,
            "mean": self.mean.tolist(),
            "covariance": self.covariance.tolist(),
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Prior:
        """Give the prior that :meth:`as_plain` gave."""
        mean, covariance = np.array(plain["mean"]), np.array(plain["covariance"])
        return cls(plain["centre"], plain["width"], mean, covariance)


def posterior(prior: Prior, given: Shapes) -> tuple[FloatArray, FloatArray]:
    """Give mean ``(n, 15)`` [mag] and covariance ``(n, 15, 15)`` of each star's coefficients.

    They are those given its own fit and the prior; a star without any fit has those of the prior.
    """
    precision = np.linalg.inv(prior.covariance)
    mean = prior.mean_at(given.period)
    pull = (precision @ mean[:, :, np.newaxis])[:, :, 0]
    covariance = np.linalg.inv(given.information + precision)
    value = (covariance @ (given.moment + pull)[:, :, np.newaxis])[:, :, 0]
    return value, covariance


def learn_prior(given: Shapes) -> Prior:
    """Give the prior under which the shapes of these stars are most likely.

    In turns: the mean that is likeliest under the covariance, by generalised least squares with the
    true shapes integrated out; then a step of expectation maximisation for the covariance.

    Raises
    ------
    FrameError
        There are no stars, or one has no period.
    """
    n = given.period.size
    if not n or not np.isfinite(given.period).all():
        raise FrameError(
            "a prior of shapes by period needs stars with periods",
            column="period",
            hint="learn it from the training stars of one type that have a fit",
        )
    centre, width = float(given.period.mean()), float(given.period.std()) or 1.0
    degree = 2 if n >= _ENOUGH_FOR_A_BEND else 1
    powers = ((given.period - centre) / width)[:, np.newaxis] ** np.arange(degree + 1)
    size = _typical_size(given)
    guess = np.diag((_RELATIVE_SCATTER * size) ** 2)
    prior = Prior(centre, width, np.zeros((degree + 1, N_COEFFICIENTS)), guess)
    for _ in range(ITERATIONS):
        prior = Prior(centre, width, _mean(prior, given, powers, size), prior.covariance)
        value, covariance = posterior(prior, given)
        rest = value - prior.mean_at(given.period)
        spread = rest.T @ rest + covariance.sum(axis=0) + _WORTH * guess
        prior = Prior(centre, width, prior.mean, spread / (n + _WORTH))
    return prior


def _mean(prior: Prior, given: Shapes, powers: FloatArray, size: FloatArray) -> FloatArray:
    terms = powers.shape[1]
    precision = np.linalg.inv(prior.covariance)
    inner = np.linalg.inv(given.information + precision)
    through = given.information @ inner
    weight = (given.information - through @ given.information).reshape(
        -1, N_COEFFICIENTS * N_COEFFICIENTS
    )
    pull = given.moment - (through @ given.moment[:, :, np.newaxis])[:, :, 0]
    products = (powers[:, :, np.newaxis] * powers[:, np.newaxis, :]).reshape(-1, terms * terms)
    blocks = (products.T @ weight).reshape(terms, terms, N_COEFFICIENTS, N_COEFFICIENTS)
    normal = blocks.transpose(0, 2, 1, 3).reshape(terms * N_COEFFICIENTS, terms * N_COEFFICIENTS)
    # A coefficient that no star has observed has a mean of zero, within what is usual for it.
    ridge = np.diag(np.tile(size**-2.0, terms))
    # One star's worth of evidence that there is no slope keeps that of few stars in hand.
    ridge += np.kron(np.diag([0.0, *[1.0] * (terms - 1)]), precision)
    solution = np.linalg.solve(normal + ridge, (powers.T @ pull).ravel())
    return np.asarray(solution, dtype=np.float64).reshape(terms, N_COEFFICIENTS)


def _typical_size(given: Shapes) -> FloatArray:
    """Give about how large each coefficient is [mag]: A1 of these stars, halved by every order."""
    alone = given[np.flatnonzero(given.information[:, 0, 0] > 0)]
    values = np.linalg.solve(
        alone.information + 1e-6 * np.eye(N_COEFFICIENTS), alone.moment[:, :, np.newaxis]
    )[:, 0, 0]
    first = float(np.median(np.abs(values))) if values.size else 0.1
    orders = np.array([1, *np.repeat(np.arange(2, MAX_HARMONICS + 1), 2)])
    return max(first, 1e-3) * _DECAY ** (orders - 1.0)
