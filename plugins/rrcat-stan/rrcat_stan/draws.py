"""Posterior draws of a relation, and how [Fe/H] scatters about it under each of them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Draws:
    """``D`` posterior draws, in standardised parameters, as arrays of which the first axis is D.

    ``alpha``, ``delta`` (zero where the period has no slope), ``sigma``, ``error_scale`` ``(D,)``;
    ``beta`` ``(D, J)``, zero for parameters without a slope; ``mu``, ``gamma`` ``(D, J)`` and
    ``cov`` ``(D, J, J)`` of the population. Of ``share`` and ``excess`` (a mixture) and ``freedom``
    (Student's t), those the scatter does not have are None.
    """

    alpha: FloatArray
    delta: FloatArray
    beta: FloatArray
    sigma: FloatArray
    mu: FloatArray
    gamma: FloatArray
    cov: FloatArray
    error_scale: FloatArray
    share: FloatArray | None = None
    excess: FloatArray | None = None
    freedom: FloatArray | None = None


def log_density(draws: Draws, mean: FloatArray, variance: FloatArray, feh: Any) -> FloatArray:
    """Give the logarithm of the density of [Fe/H] about ``mean``; all of shape ``(D, n)``.

    ``variance`` is without intrinsic scatter, and includes the error of ``feh``.
    """
    terms = [
        np.log(share) + each.logpdf(feh) for share, each in _distributions(draws, mean, variance)
    ]
    return np.asarray(np.logaddexp.reduce(terms))


def probability(draws: Draws, mean: FloatArray, variance: FloatArray, feh: Any) -> FloatArray:
    """Give the probability of an [Fe/H] below ``feh``, as :func:`log_density`."""
    terms = [share * each.cdf(feh) for share, each in _distributions(draws, mean, variance)]
    return np.asarray(np.sum(terms, axis=0))


def _distributions(
    draws: Draws, mean: FloatArray, variance: FloatArray
) -> list[tuple[FloatArray, Any]]:
    """Give the distributions that [Fe/H] is drawn from, each with its share of the stars."""
    width = np.sqrt(variance + draws.sigma[:, np.newaxis] ** 2)
    if draws.freedom is not None:
        return [(np.ones(1), stats.t(draws.freedom[:, np.newaxis], mean, width))]
    if draws.share is None or draws.excess is None:
        return [(np.ones(1), stats.norm(mean, width))]
    share = draws.share[:, np.newaxis]
    wide = np.hypot(width, draws.excess[:, np.newaxis])
    return [(1.0 - share, stats.norm(mean, width)), (share, stats.norm(mean, wide))]


def components(draws: Draws) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Give the Gaussians that the scatter of each draw consists of, ``(D, C)`` each.

    Weight, variance besides that of the star [dex²], and factor on the sum. Student's t is a
    Gaussian with a variance drawn from a scaled inverse χ²: each draw has one of these, evenly
    spread over them all.
    """
    n = draws.alpha.size
    weight, own, factor = np.ones((n, 1)), draws.sigma[:, np.newaxis] ** 2, np.ones((n, 1))
    if draws.freedom is not None:
        even = np.mod((np.arange(n) + 0.5) * (math.sqrt(5.0) - 1.0) / 2.0, 1.0)
        half = draws.freedom / 2.0
        factor[:, 0] = half / stats.gamma.ppf(even, half)
    if draws.share is not None and draws.excess is not None:
        weight = np.column_stack([1.0 - draws.share, draws.share])
        own = np.column_stack([own[:, 0], own[:, 0] + draws.excess**2])
        factor = np.ones((n, 2))
    return weight / n, own, factor
