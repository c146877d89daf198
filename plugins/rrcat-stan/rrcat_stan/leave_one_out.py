"""Each calibrator as predicted by all the others, from one fit.

Draws are weighted so that they are as if the star had not been there: Pareto-smoothed importance
sampling (Vehtari, Gelman & Gabry 2017, Stat. Comput. 27, 1413). A star is left out with its
light-curve parameters and its [Fe/H], and judged by its [Fe/H] given its parameters, so that sets
of predictors can be compared.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rrcat_stan.diagnostics import arviz
from rrcat_stan.draws import Draws, log_density, probability
from rrcat_stan.population import given
from rrcat_stan.predictors import Measured

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class LeftOut:
    """Of ``n`` calibrators: what the others say.

    ``feh`` [dex] expected; ``probability`` of an [Fe/H] below the measured one, its error included:
    evenly spread from 0 to 1 where errors are honest; ``log_density`` at the measured one;
    ``pareto_k``, above 0.7 where the star matters so much that this is not to be trusted.
    """

    feh: FloatArray
    probability: FloatArray
    log_density: FloatArray
    pareto_k: FloatArray


def leave_one_out(draws: Draws, stars: Measured, feh: FloatArray, feh_error: FloatArray) -> LeftOut:
    """Give what is said of each calibrator by the others.

    Parameters
    ----------
    draws
        All draws, not thinned.
    stars
        Standardised parameters.
    feh, feh_error
        ``(n,)`` [dex].
    """
    said = given(draws, stars)
    variance = said.variance + feh_error**2
    of_feh = log_density(draws, said.mean, variance, feh)
    log_weights, pareto_k = arviz().psislw(of_feh + said.log_density, axis=0)
    weights = np.exp(log_weights - log_weights.max(axis=-1, keepdims=True)).T
    weights /= weights.sum(axis=0)
    below = probability(draws, said.mean, variance, feh)
    return LeftOut(
        (weights * said.mean).sum(axis=0),
        (weights * below).sum(axis=0),
        np.log((weights * np.exp(of_feh)).sum(axis=0)),
        np.asarray(pareto_k, dtype=np.float64),
    )
