"""How the covariance of (period, A_k, φ_k1) is stored in one fixed-length list.

The 16 parameters stand in the order of :data:`PARAMETERS`; the list is the upper triangle of
their symmetric matrix, row by row, diagonal included: 136 numbers. Entries of a harmonic beyond
the order used, and of a period that was held fixed, are NaN.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rrcat.harmonic.series import MAX_HARMONICS

PARAMETERS: tuple[str, ...] = (
    "period",
    *(f"a{k}" for k in range(1, MAX_HARMONICS + 1)),
    *(f"phi{k}1" for k in range(2, MAX_HARMONICS + 1)),
)
"""Names of the parameters, in the order of rows and columns of the matrix."""

COVARIANCE_LENGTH = len(PARAMETERS) * (len(PARAMETERS) + 1) // 2

_ROWS, _COLUMNS = np.triu_indices(len(PARAMETERS))


def covariance_index(first: str, second: str) -> int:
    """Give the place in the list of the covariance of two parameters, named in either order.

    Raises
    ------
    KeyError
        When a name is not one of :data:`~rrcat.harmonic.PARAMETERS`.
    """
    for name in (first, second):
        if name not in PARAMETERS:
            raise KeyError(name)
    row, column = sorted((PARAMETERS.index(first), PARAMETERS.index(second)))
    return row * len(PARAMETERS) - row * (row - 1) // 2 + (column - row)


def pack_covariance(matrix: ArrayLike) -> NDArray[np.float64]:
    """Give the list, shape ``(..., 136)``, of a matrix ``(..., 16, 16)`` in d, mag and rad."""
    return np.asarray(matrix, dtype=np.float64)[..., _ROWS, _COLUMNS]


def unpack_covariance(packed: ArrayLike) -> NDArray[np.float64]:
    """Give the matrix, shape ``(..., 16, 16)`` in d, mag and rad, of a list ``(..., 136)``."""
    values = np.asarray(packed, dtype=np.float64)
    matrix = np.empty((*values.shape[:-1], len(PARAMETERS), len(PARAMETERS)))
    matrix[..., _ROWS, _COLUMNS] = values
    matrix[..., _COLUMNS, _ROWS] = values
    return matrix
