"""The empirical prior: which shapes stars of one type have at a given period.

A Gaussian whose mean is a polynomial in period, learned by expectation maximisation from stars
whose coefficients are uncertain and partly unobserved. A star's shape given its own data and the
prior is what everything else is learned from.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rrcat.harmonic import MAX_HARMONICS
from rrcat_xgboost.shapes import SIZE, Shapes

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
    """Mean ``(degree + 1, 15)`` by power of ``(period − centre) / width``, and covariance."""

    centre: float
    width: float
    mean: FloatArray
    covariance: FloatArray

    def mean_at(self, period: FloatArray) -> FloatArray:
        """Give the mean shape at each period, ``(n, 15)``."""
        position = ((period - self.centre) / self.width)[:, np.newaxis]
        value = np.zeros((period.size, SIZE))
        for coefficients in self.mean[::-1]:
            value = value * position + coefficients
        return value


def posterior(prior: Prior, given: Shapes) -> tuple[FloatArray, FloatArray]:
    """Give mean ``(n, 15)`` and covariance ``(n, 15, 15)`` of each star's coefficients."""
    precision = np.linalg.inv(prior.covariance)
    mean = prior.mean_at(given.period)
    pull = (precision @ mean[:, :, np.newaxis])[:, :, 0]
    covariance = np.linalg.inv(given.information + precision)
    value = (covariance @ (given.moment + pull)[:, :, np.newaxis])[:, :, 0]
    return value, covariance


def learn_prior(given: Shapes) -> Prior:
    """Give the prior under which the shapes of these stars are most likely."""
    n = given.period.size
    centre, width = float(given.period.mean()), float(given.period.std()) or 1.0
    degree = 2 if n >= _ENOUGH_FOR_A_BEND else 1
    powers = ((given.period - centre) / width)[:, np.newaxis] ** np.arange(degree + 1)
    # One star's worth of ridge keeps the slopes of few stars in hand.
    normal = powers.T @ powers + np.diag([1e-9, *[1.0] * degree])
    guess = np.diag(_first_scatter(given) ** 2)
    prior = Prior(centre, width, np.zeros((degree + 1, SIZE)), guess)
    for _ in range(ITERATIONS):
        value, covariance = posterior(prior, given)
        mean = np.asarray(np.linalg.solve(normal, powers.T @ value), dtype=np.float64)
        rest = value - powers @ mean
        spread = rest.T @ rest + covariance.sum(axis=0) + _WORTH * guess
        prior = Prior(centre, width, mean, spread / (n + _WORTH))
    return prior


def _first_scatter(given: Shapes) -> FloatArray:
    first = np.flatnonzero(given.information[:, 0, 0] > 0)
    alone = given[first]
    values = np.linalg.solve(
        alone.information + 1e-6 * np.eye(SIZE), alone.moment[:, :, np.newaxis]
    )[:, 0, 0]
    size = float(np.median(np.abs(values))) if values.size else 0.1
    orders = np.array([1, *np.repeat(np.arange(2, MAX_HARMONICS + 1), 2)])
    return _RELATIVE_SCATTER * max(size, 1e-3) * _DECAY ** (orders - 1.0)
