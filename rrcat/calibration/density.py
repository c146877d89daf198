"""Weights that let stars of rare metallicities count as much as those of common ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

LEAST_DENSITY = 0.05
"""Density below which weights grow no further, of the largest: rare labels are uncertain too."""

_GRID = 512
_SAME = 1e-9  # dex


def density_weights(feh: ArrayLike) -> NDArray[np.float64]:
    """Give the inverse of the density of metallicities at each of them, with mean 1.

    The density is a Gaussian kernel estimate with the bandwidth ``0.9 min(s, IQR / 1.34) n^(-1/5)``
    (Silverman 1986, Density Estimation, eq. 3.31). Where it is less than ``LEAST_DENSITY`` of
    its largest value it counts as that: no weight is more than twenty times another. Metallicities
    that are all the same have weight 1.

    Parameters
    ----------
    feh
        [Fe/H] in dex, finite, in any order; shape ``(n_stars,)``.
    """
    values = np.asarray(feh, dtype=np.float64)
    order = np.argsort(values, kind="stable")  # sums follow values, not the order of the rows
    weights = np.empty(values.size)
    weights[order] = _of_sorted(values[order])
    return weights


def _of_sorted(values: NDArray[np.float64]) -> NDArray[np.float64]:
    if values.size < 2 or values[-1] - values[0] < _SAME:
        return np.ones(values.size)
    # Stars are shared out between the two grid points beside them: their number does not matter.
    grid = np.linspace(values[0], values[-1], _GRID)
    quarter, three_quarters = np.quantile(values, [0.25, 0.75])
    spread = [values.std(ddof=1), (three_quarters - quarter) / 1.34]
    width = 0.9 * min(each for each in spread if each > 0.0) * values.size**-0.2
    bandwidth = max(width, grid[1] - grid[0])
    place = (values - grid[0]) / (grid[1] - grid[0])
    left = np.minimum(place.astype(np.int64), _GRID - 2)
    right = place - left
    stars = np.bincount(left, 1.0 - right, _GRID) + np.bincount(left + 1, right, _GRID)
    distance = (grid[:, np.newaxis] - grid) / bandwidth
    density = np.sum(stars * np.exp(-0.5 * distance**2), axis=1)
    here = np.interp(values, grid, density)
    weights = 1.0 / np.maximum(here, LEAST_DENSITY * density.max())
    return np.asarray(weights / weights.mean())
