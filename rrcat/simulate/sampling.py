"""When a Gaia-like survey looks, and how well it measures.

A scanning satellite sees a star in visits of one to a few transits, 106.5 and 253.5 minutes apart
in turn (one field of view after the other, once every six hours), weeks between the visits.
"""

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

FIRST_DAY, LAST_DAY = 1670.0, 2680.0  # JD − 2455197.5, about the span of Gaia DR3
BETWEEN_FIELDS = 106.5 / 1440.0
SPIN_PERIOD = 0.25
MEDIAN_TRANSITS = 44
# Share of visits of one, two, three, four transits.
VISIT_LENGTHS = (0.40, 0.35, 0.15, 0.10)


def transit_times(rng: Generator, n_transits: int | None = None) -> NDArray[np.float64]:
    """Give the times of all transits of a star in d, sorted; drawn around 44 if not said."""
    n = int(rng.normal(MEDIAN_TRANSITS, 9)) if n_transits is None else n_transits
    n = max(n, 1)
    times: list[float] = []
    while len(times) < n:
        start = rng.uniform(FIRST_DAY, LAST_DAY)
        length = 1 + int(rng.choice(len(VISIT_LENGTHS), p=VISIT_LENGTHS))
        times += [start + SPIN_PERIOD * (i // 2) + BETWEEN_FIELDS * (i % 2) for i in range(length)]
    return np.sort(np.array(times[:n]))


def mag_errors(mag: NDArray[np.float64], rng: Generator) -> NDArray[np.float64]:
    """Give the standard error (mag) of a transit at each G magnitude.

    About 1 mmag for bright stars, 5 mmag at G = 17 and 20 mmag at G = 19, as in the epoch
    photometry of Gaia DR3, with 15 per cent of spread from one transit to the next.
    """
    photons = 0.0045 * 10 ** (0.3 * (mag - 17.0))
    spread: NDArray[np.float64] = np.exp(0.15 * rng.standard_normal(mag.size))
    return np.sqrt(0.0009**2 + photons**2) * spread
