"""How far off a value is expected to be: conformal, wider where the light curve says less.

The residuals are those of stars left out. A star's scale is ``√(floor² + v)`` with ``v`` what the
uncertainty of its shape means for its metallicity; quantiles of residual over scale, with the
correction for a finite sample, give the errors (split conformal prediction, Vovk et al. 2005; with
normalised residuals, Lei et al. 2018).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

# The floor is one of these parts of the root mean square residual.
_FLOORS = (0.25, 0.5, 0.75, 1.0, 1.5, 3.0)
_COVERED = 0.6827


@dataclass(frozen=True)
class Errors:
    """``floor`` [dex], the largest ``v`` that counts [dex²], and the quantile of 68 %."""

    floor: float
    largest: float
    quantile: float

    def __call__(self, variance: FloatArray) -> FloatArray:
        """Give the standard error [dex] from what shapes leave open [dex²]."""
        return self.quantile * _scale(self.floor, np.minimum(variance, self.largest))


def learn_errors(residuals: FloatArray, variance: FloatArray, spread: float) -> Errors:
    """Give the errors that cover 68 % of stars like these.

    Parameters
    ----------
    residuals
        Of stars left out, dex.
    variance
        What the uncertainty of their shapes means for their metallicity, dex².
    spread
        Standard deviation of the metallicities: the most that a shape can leave open, dex.
    """
    largest = float(spread**2)
    size = float(np.sqrt(np.mean(residuals**2))) + 1e-6
    bounded = np.minimum(variance, largest)

    def surprise(part: float) -> float:
        # Laplace rather than Gauss: outliers shall not decide the floor.
        scale = _scale(part * size, bounded)
        return float(np.log(scale).mean() + np.log(np.mean(np.abs(residuals) / scale) + 1e-12))

    floor = min(_FLOORS, key=surprise) * size
    score = np.sort(np.abs(residuals) / _scale(floor, bounded))
    rank = min(int(np.ceil((score.size + 1) * _COVERED)), score.size)
    return Errors(floor, largest, float(score[rank - 1]) + 1e-6)


def _scale(floor: float, variance: FloatArray) -> FloatArray:
    return np.sqrt(floor**2 + variance)
