"""Means and lines that a few bad stars do not move."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

TO_SIGMA = 1.4826  # of the median absolute deviation, for a Gaussian
OF_MEDIAN = 1.2533  # standard error of the median in that of the mean
BEYOND = 4.0  # scatters off a line, at which a star no longer counts
ROUNDS = 4
SAME = 1e-9  # relative spread of numbers that are one but for rounding


@dataclass(frozen=True)
class Middle:
    """A median of ``n`` values, their scatter as of a Gaussian, and the median's standard error."""

    n: int
    value: float
    scatter: float
    error: float


def middle(values: Array, least_scatter: float = 0.0) -> Middle:
    """Give the median of at least one value.

    ``least_scatter`` is what the scatter is at least: that of a few values may be small by chance,
    and that of one is not known.
    """
    value = float(np.median(values))
    scatter = TO_SIGMA * float(np.median(np.abs(values - value)))
    error = OF_MEDIAN * max(scatter, least_scatter) / float(np.sqrt(values.size))
    return Middle(int(values.size), value, scatter, error)


@dataclass(frozen=True)
class Plane:
    """Slopes ``(n_columns,)`` with standard errors, of ``n`` stars that were not too far off."""

    n: int
    slopes: Array
    errors: Array
    scatter: float


def plane(columns: Array, values: Array) -> Plane | None:
    """Give the least-squares plane through points, those far off left out again and again.

    Parameters
    ----------
    columns, values
        ``(n, n_columns)`` and ``(n,)``, finite.

    Returns
    -------
    None where the points do not determine it.
    """
    kept = np.ones(values.size, dtype=bool)
    found = None
    for _ in range(ROUNDS):
        x, y = columns[kept], values[kept]
        degrees = y.size - x.shape[1] - 1
        if degrees < 1 or _lie_in_a_plane(x):
            return found
        centred = x - x.mean(axis=0)
        normal = np.linalg.inv(centred.T @ centred)
        slopes = normal @ (centred.T @ (y - y.mean()))
        residual = values - y.mean() - (columns - x.mean(axis=0)) @ slopes
        scatter = float(np.sqrt(np.sum(residual[kept] ** 2) / degrees))
        found = Plane(int(y.size), slopes, scatter * np.sqrt(np.diag(normal)), scatter)
        # The median bears half of the points being bad, which the scatter itself does not.
        limit = BEYOND * TO_SIGMA * float(np.median(np.abs(residual[kept])))
        inside = np.abs(residual) <= limit
        if limit == 0.0 or np.array_equal(inside, kept):
            break
        kept = inside
    return found


def _lie_in_a_plane(x: Array) -> bool:
    """Tell whether the columns ``(n, n_columns)`` do not span as many directions as they are."""
    spread = x.std(axis=0)
    if bool((spread <= SAME * np.abs(x).max(axis=0)).any()):
        return True
    return bool(np.linalg.matrix_rank((x - x.mean(axis=0)) / spread) < x.shape[1])
