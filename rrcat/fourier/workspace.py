"""One light curve as the compiled fit sees it, and the arrays the fit reuses for the next."""

# Helpers take the types numba infers.
# mypy: allow-untyped-defs, allow-untyped-calls, allow-untyped-decorators

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from rrcat.fourier.compiled import helper
from rrcat.harmonic import MAX_HARMONICS

HIGHEST = 12
"""Order up to which harmonics take part: beyond the chosen one as a small, uncertain tail."""

SIZE = 2 * HIGHEST + 1
"""Number of coefficients of a series of that order."""

N_BASIS = 4 * HIGHEST + 1
"""Number of terms of a series of twice that order, whose weighted sums make the normal matrix."""

BLOCK = 16
"""Rows of the basis are summed in blocks of so many terms: loops of a whole number of them leave no
rest that would be worked one by one."""

REACH = (SIZE + 1 + BLOCK) // BLOCK * BLOCK
"""Length of a row of the factor from its diagonal on: a whole number of blocks that holds the rest
of the row and of its inverse, and the right-hand side."""

SPARE = 10
"""So many more bins of phase than epochs: they are then no wider than a tenth of the cycle."""

FREQUENCY = 2 * MAX_HARMONICS + 1
"""Place of the frequency in the covariance of coefficients and frequency."""


class Curve(NamedTuple):
    """One light curve, with its mean time and magnitude and the time it spans."""

    time: Any
    mag: Any
    error: Any
    reference: float
    mean_mag: float
    span: float


class Work(NamedTuple):
    """Arrays for one light curve, laid out so that the innermost loop of each use runs along a row.

    Sums over epochs run along rows of ``basis``, one row an epoch; the series is evaluated along
    rows of ``waves``, one row a term. The factor is kept as the upper triangle U = Lᵀ.
    """

    basis: Any  # (epochs, padded N_BASIS): 1, cos θ, sin θ, cos 2θ, ..., zeros
    waves: Any  # (N_BASIS - 1, epochs): cos θ, sin θ, cos 2θ, ...
    elapsed: Any  # (epochs,) as the next: time since the reference
    centred: Any  # magnitude less its mean
    weight: Any
    weighted: Any
    residual: Any
    slope: Any
    deviation: Any  # (epochs + SPARE,)
    sorted: Any
    used: Any
    moments: Any  # (padded N_BASIS,)
    matrix: Any  # (SIZE, SIZE + REACH): upper triangle of XᵀWX, then XᵀWy, then zeros
    factor: Any  # (SIZE, SIZE + REACH): upper triangle of U, then U⁻ᵀXᵀWy, then U⁻ᵀ
    coefficients: Any  # (SIZE,)
    cross: Any  # (padded SIZE,)
    shift: Any  # (SIZE,)
    prior: Any  # (SIZE,)


@helper
def make_work(longest):
    """Give the arrays for light curves of up to so many epochs."""
    basis = np.zeros((longest, padded(N_BASIS)))
    basis[:, 0] = 1.0
    return Work(
        basis,
        np.empty((N_BASIS - 1, longest)),
        np.empty(longest),
        np.empty(longest),
        np.empty(longest),
        np.empty(longest),
        np.empty(longest),
        np.empty(longest),
        np.empty(longest + SPARE),
        np.empty(longest + SPARE),
        np.empty(longest, dtype=np.bool_),
        np.empty(padded(N_BASIS)),
        np.zeros((SIZE, SIZE + REACH)),
        np.zeros((SIZE, SIZE + REACH)),
        np.empty(SIZE),
        np.empty(padded(SIZE)),
        np.empty(SIZE),
        np.zeros(SIZE),
    )


@helper
def padded(size):
    """Give the next whole number of blocks."""
    return (size + BLOCK - 1) // BLOCK * BLOCK
