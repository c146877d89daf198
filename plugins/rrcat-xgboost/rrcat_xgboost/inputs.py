"""The numbers of a star that are learned from, as columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rrcat.harmonic import MAX_HARMONICS, nearest_branch

FloatArray = NDArray[np.float64]

_RATIOS = 7
_PHASES = 6
# Largest distance [standard deviations] from the mean of the calibrators that counts.
_FARTHEST = 4.0
_ORDERS = range(2, MAX_HARMONICS + 1)

COLUMNS: tuple[str, ...] = (
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

CORE = ("period", "a1", "r21", "r31", "phi21", "phi31", "phi41", "phi51", "noise")
"""Columns whose squares and products may enter the linear base."""


def column_index(names: Sequence[str]) -> list[int]:
    """Give the places of columns by name."""
    return [COLUMNS.index(name) for name in names]


def branches(coefficients: FloatArray) -> FloatArray:
    """Give for φ21 ... φ61 the direction about which the phases of these shapes gather."""
    phase = _phases(coefficients)
    return np.asarray(np.arctan2(np.sin(phase).mean(axis=0), np.cos(phase).mean(axis=0)))


def inputs(
    period: FloatArray, noise: FloatArray, coefficients: FloatArray, centres: FloatArray
) -> FloatArray:
    """Give the columns :data:`COLUMNS`, shape ``(n, n_columns)``.

    Phases are within half a turn of ``centres``, as :func:`branches` gives them.
    """
    cosine, sine = coefficients[:, 1::2], coefficients[:, 2::2]
    amplitude = np.hypot(cosine, sine)
    first = np.maximum(coefficients[:, 0], 1e-3)[:, np.newaxis]
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


def _phases(coefficients: FloatArray) -> FloatArray:
    return np.arctan2(coefficients[:, 2::2], coefficients[:, 1::2])[:, : _PHASES - 1]


@dataclass(frozen=True)
class Scaler:
    """Mean and width of each column over the training stars."""

    mean: FloatArray
    width: FloatArray

    def standardised(self, values: FloatArray) -> FloatArray:
        """Give columns of about unit variance, bounded; NaN, and a constant column, become 0."""
        scaled = (values - self.mean) / self.width
        # Far from all calibrators a relation stays where it was rather than run away.
        return np.clip(np.where(np.isfinite(scaled), scaled, 0.0), -_FARTHEST, _FARTHEST)


def learn_scaler(values: FloatArray) -> Scaler:
    """Give the scaler of the columns; one that is constant or all NaN keeps its unit."""
    known = np.isfinite(values)
    count = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, values, 0.0).sum(axis=0) / count
    deviation = np.where(known, values - mean, 0.0)
    width = np.sqrt((deviation**2).sum(axis=0) / count)
    constant = width <= 1e-9 * (1.0 + np.abs(mean))
    return Scaler(mean, np.where(constant, 1.0, width))
