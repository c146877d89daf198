"""Angles on the circle: wrapping, differences, branches. All in radians."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

FULL_TURN = 2.0 * np.pi


def wrap(angle: ArrayLike) -> NDArray[np.float64]:
    """Give the angle [rad] in [0, 2π), in its own shape; NaN stays NaN."""
    wrapped = np.mod(np.asarray(angle, dtype=np.float64), FULL_TURN)
    # A tiny negative angle rounds to 2π itself, which is outside the half-open interval.
    return np.where(wrapped >= FULL_TURN, 0.0, wrapped)


def angular_difference(first: ArrayLike, second: ArrayLike) -> NDArray[np.float64]:
    """Give ``first − second`` [rad] the short way round, in [−π, π), in their common shape."""
    difference = np.asarray(first, dtype=np.float64) - np.asarray(second, dtype=np.float64)
    return wrap(difference + np.pi) - np.pi


def nearest_branch(angle: ArrayLike, centre: ArrayLike) -> NDArray[np.float64]:
    """Give the angle [rad] moved by whole turns to within half a turn of ``centre`` [rad].

    Both have any shape, and the result the one that is common to them. Published relations are
    linear in φ31 on one branch, e.g. 5.88 for RRab in the sine form (Dékány, Grebel & Pojmański
    2021).
    """
    return np.asarray(centre, dtype=np.float64) + angular_difference(angle, centre)
