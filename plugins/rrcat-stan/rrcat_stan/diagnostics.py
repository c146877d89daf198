"""Whether the chains of a sampler can be trusted.

R-hat and effective sample sizes are those of Vehtari et al. (2021, Bayesian Analysis 16, 667),
E-BFMI that of Betancourt (2016, arXiv:1604.00695), as ArviZ computes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

MAX_RHAT = 1.01
MIN_ESS_OF_CHAIN = 100
MIN_BFMI = 0.3

_TAILS = (0.05, 0.95)


@dataclass(frozen=True)
class Diagnostics:
    """The worst of all parameters and chains.

    ``ess`` is the smaller of bulk and tail; ``deep`` counts draws whose trajectory was cut at the
    largest depth.
    """

    chains: int
    draws: int
    divergences: int
    deep: int
    rhat: float
    ess: float
    bfmi: float


def diagnose(
    values: Mapping[str, FloatArray], columns: Mapping[str, FloatArray], max_treedepth: int
) -> Diagnostics:
    """Give the diagnostics of draws.

    Parameters
    ----------
    values
        Draws by parameter, ``(chains, draws, ...)``.
    columns
        What the sampler says of each draw, ``(draws, chains)``: ``divergent__``, ``energy__``,
        ``treedepth__``.
    """
    array_stats = arviz()
    each = [
        array[(slice(None), slice(None), *place)]
        for array in values.values()
        for place in np.ndindex(array.shape[2:])
    ]
    # What cannot vary, such as the first row of a Cholesky factor of correlations, is no parameter.
    free = [array for array in each if np.ptp(array) > 0.0]
    bulk = (float(array_stats.ess(array, method="bulk")) for array in free)
    tail = (float(array_stats.ess(array, method="tail", prob=_TAILS)) for array in free)
    return Diagnostics(
        chains=columns["energy__"].shape[1],
        draws=columns["energy__"].shape[0],
        divergences=int(columns["divergent__"].sum()),
        deep=int((columns["treedepth__"] >= max_treedepth).sum()),
        rhat=max(float(array_stats.rhat(array)) for array in free),
        ess=min(*bulk, *tail),
        bfmi=float(np.min(array_stats.bfmi(columns["energy__"].T))),
    )


def arviz() -> Any:
    """Give the functions of ArviZ on arrays; importing them takes a second or two."""
    return import_module("arviz_stats.base").array_stats


def faults(found: Diagnostics) -> list[str]:
    """Give what is wrong with the chains, in words; nothing if they can be trusted.

    A NaN, as a chain gives that stands still, is a fault.
    """
    wanted = MIN_ESS_OF_CHAIN * found.chains
    rules = {
        f"{found.divergences} divergent transitions": found.divergences == 0,
        f"{found.deep} trajectories cut short": found.deep == 0,
        f"R-hat {found.rhat:.3f} (at most {MAX_RHAT})": found.rhat <= MAX_RHAT,
        f"effective sample size {found.ess:.0f} (at least {wanted})": found.ess >= wanted,
        f"E-BFMI {found.bfmi:.2f} (at least {MIN_BFMI})": found.bfmi >= MIN_BFMI,
    }
    return [words for words, holds in rules.items() if not holds]
