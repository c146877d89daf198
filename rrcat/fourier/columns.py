"""A star's coefficients as columns that relations and networks learn from, with their errors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rrcat.harmonic import MAX_HARMONICS, nearest_branch

FloatArray = NDArray[np.float64]

_RATIOS = 7
_PHASES = 6
_ORDERS = range(2, MAX_HARMONICS + 1)

COEFFICIENT_COLUMNS: tuple[str, ...] = (
    "period",
    "a1",
    "a2",
    *(f"cos{k}" for k in _ORDERS),
    *(f"sin{k}" for k in _ORDERS),
    *(f"r{k}1" for k in range(2, _RATIOS + 1)),
    *(f"phi{k}1" for k in range(2, _PHASES + 1)),
    "noise",
)
"""Period [d], amplitudes and coefficients [mag], ratios, phases [rad], log variance of A1."""

# A ratio to a smaller A1 [mag] than this is one to this.
_SMALLEST_A1 = 1e-3
# Standard deviation [rad] of a phase of which nothing is known: it may be anywhere on the circle.
_UNKNOWN_PHASE = np.pi / np.sqrt(3.0)
# Amplitudes [mag] below this are none.
_SMALLEST = 1e-12


def column_index(names: Sequence[str]) -> list[int]:
    """Give the places of columns by name."""
    return [COEFFICIENT_COLUMNS.index(name) for name in names]


def branches(coefficients: FloatArray) -> FloatArray:
    """Give for φ21 ... φ61 the direction [rad] about which the phases of these shapes gather.

    From coefficients ``(n, 15)``; shape ``(5,)``. It is learned from the training stars, and kept.
    """
    phase = _phases(coefficients)
    return np.asarray(np.arctan2(np.sin(phase).mean(axis=0), np.cos(phase).mean(axis=0)))


def coefficient_columns(
    period: FloatArray, noise: FloatArray, coefficients: FloatArray, centres: FloatArray
) -> FloatArray:
    """Give columns ``(n, n_columns)``: :data:`~rrcat.fourier.columns.COEFFICIENT_COLUMNS`.

    ``period`` [d] and ``noise`` ``(n,)`` are those of :class:`~rrcat.fourier.Shapes`,
    ``coefficients`` ``(n, 15)`` [mag] the mean of :func:`~rrcat.fourier.posterior`. Phases are
    within half a turn of ``centres``, as :func:`branches` gives them.
    """
    cosine, sine = coefficients[:, 1::2], coefficients[:, 2::2]
    amplitude = np.hypot(cosine, sine)
    first = np.maximum(coefficients[:, 0], _SMALLEST_A1)[:, np.newaxis]
    return np.concatenate(
        [
            period[:, np.newaxis],
            coefficients[:, :1],
            amplitude[:, :1],
            cosine,
            sine,
            amplitude[:, : _RATIOS - 1] / first,
            nearest_branch(_phases(coefficients), centres),
            noise[:, np.newaxis],
        ],
        axis=1,
    )


def column_errors(coefficients: FloatArray, covariance: FloatArray) -> FloatArray:
    """Give the standard errors of :func:`coefficient_columns`, shape ``(n, n_columns)``.

    Mean ``(n, 15)`` and covariance ``(n, 15, 15)`` of :func:`~rrcat.fourier.posterior` are
    propagated to first order, each in the unit of its column. Period and noise are taken as known:
    their errors are 0. The error of a phase is at most π/√3, that of an angle which may be anywhere
    on the circle; along an amplitude that vanishes, the error is that of the cosine coefficient.
    """
    cosine, sine = coefficients[:, 1::2], coefficients[:, 2::2]
    amplitude, phase = np.hypot(cosine, sine), np.arctan2(sine, cosine)
    along, across = np.cos(phase), np.sin(phase)
    places = np.arange(1, coefficients.shape[1], 2)
    variance = np.diagonal(covariance, axis1=1, axis2=2)
    of_cosine, of_sine = variance[:, 1::2], variance[:, 2::2]
    mixed = 2.0 * along * across * covariance[:, places, places + 1]
    radial = along**2 * of_cosine + mixed + across**2 * of_sine
    turning = across**2 * of_cosine - mixed + along**2 * of_sine

    moves = coefficients[:, :1] > _SMALLEST_A1
    first = np.where(moves, coefficients[:, :1], _SMALLEST_A1)
    ratio = np.where(moves, amplitude / first, 0.0)
    with_first = along * covariance[:, 0, places] + across * covariance[:, 0, places + 1]
    of_ratio = (radial - 2.0 * ratio * with_first + ratio**2 * variance[:, :1]) / first**2

    aside = np.sqrt(np.maximum(turning, 0.0))
    # An amplitude that is small beside its error says nothing of the direction.
    distance = np.maximum(np.maximum(amplitude, _SMALLEST), aside / _UNKNOWN_PHASE)
    known = np.zeros((coefficients.shape[0], 1))
    squares = [
        known,
        variance[:, :1],
        radial[:, :1],
        of_cosine,
        of_sine,
        of_ratio[:, : _RATIOS - 1],
        (aside / distance)[:, : _PHASES - 1] ** 2,
        known,
    ]
    # Rounding may leave a variance below zero where two coefficients move as one.
    return np.asarray(np.sqrt(np.maximum(np.concatenate(squares, axis=1), 0.0)))


def _phases(coefficients: FloatArray) -> FloatArray:
    return np.arctan2(coefficients[:, 2::2], coefficients[:, 1::2])[:, : _PHASES - 1]
