"""Light-curve parameters with their covariance, as the relation takes them.

The period is known far better than the others and conditions them; what is uncertain, and has a
distribution among stars, are amplitudes and phases. A phase is taken on one branch of the circle,
within half a turn of the mean of the calibrators.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rrcat.harmonic import COVARIANCE_LENGTH, PARAMETERS, covariance_index, nearest_branch

FloatArray = NDArray[np.float64]

PERIOD = "period"
NAMES = tuple(name for name in PARAMETERS if name != PERIOD)
"""Parameters besides the period: ``a1 ... a8``, ``phi21 ... phi81``."""

# A phase with a larger error [rad] adds no more to the mean direction of the calibrators.
_SURE = 0.1


@dataclass(frozen=True)
class Measured:
    """Parameters of ``n`` stars and what is known of their errors.

    ``period`` [d] and ``period_variance`` ``(n,)``; ``x`` ``(n, J)``, the other parameters [mag,
    rad], and ``s`` ``(n, J, J)`` their covariance. What was not measured, or without an error, is
    NaN in ``x`` and zero in ``s``.
    """

    period: FloatArray
    period_variance: FloatArray
    x: FloatArray
    s: FloatArray

    def __getitem__(self, rows: NDArray[np.bool_]) -> Measured:
        return Measured(self.period[rows], self.period_variance[rows], self.x[rows], self.s[rows])


def measured(features: pl.DataFrame, names: Sequence[str]) -> Measured:
    """Give the parameters ``names`` of a frame of the table ``features``, one row a star.

    Errors are those of ``covariance``, or where that is silent the standard errors. A period
    without an error was held fixed and counts as exact.
    """
    shape = (features.height, len(names))
    x = np.array([_column(features, name) for name in names]).reshape(shape[::-1]).T
    errors = np.array([_column(features, f"{name}_error") for name in names]).reshape(shape[::-1]).T
    s = _covariances(features, names)
    own = np.arange(len(names))
    s[:, own, own] = np.where(np.isfinite(s[:, own, own]), s[:, own, own], errors**2)
    known = np.isfinite(x) & np.isfinite(s[:, own, own])
    x = np.where(known, x, np.nan)
    both = known[:, :, np.newaxis] & known[:, np.newaxis, :]
    s = np.where(both & np.isfinite(s), s, 0.0)
    period_error = np.nan_to_num(_column(features, "period_error"))
    return Measured(_column(features, PERIOD), period_error**2, x, s)


@dataclass(frozen=True)
class Scaling:
    """What makes parameters comparable: ``(value − centre) / width``, the period first.

    The centre of a phase is also the middle of its branch. ``lowest`` and ``highest`` bound the
    calibrators.
    """

    names: tuple[str, ...]
    centre: FloatArray
    width: FloatArray
    lowest: FloatArray
    highest: FloatArray

    def standardised(self, given: Measured) -> Measured:
        """Give the parameters in units of ``width`` from ``centre``, phases on their branch."""
        x = _on_branch(given.x, self.names, self.centre[1:])
        width = self.width[1:]
        return Measured(
            (given.period - self.centre[0]) / self.width[0],
            given.period_variance / self.width[0] ** 2,
            (x - self.centre[1:]) / width,
            given.s / (width[:, np.newaxis] * width),
        )

    def outside(self, standard: Measured) -> NDArray[np.bool_]:
        """Say which stars have a period or a parameter beyond all calibrators.

        Companions count as well: one that is far off draws the predictors after it.
        """
        values = np.column_stack([standard.period, standard.x]) * self.width + self.centre
        # A calibrator itself, carried there and back, must not fall out.
        room = 1e-9 * (1.0 + np.abs(values))
        low, high = self.lowest - room, self.highest + room
        return np.asarray(np.any((values < low) | (values > high), axis=1))


def learn_scaling(given: Measured, names: Sequence[str]) -> Scaling:
    """Give the scaling of the calibrators: mean, standard deviation, range.

    Values with large errors count less, so that one that says nothing does not move the centre.
    """
    own = np.arange(len(names))
    variance = given.s[:, own, own]
    phases = np.array([name.startswith("phi") for name in names])
    weight = 1.0 / (variance + _SURE**2)
    turned = np.arctan2(
        (weight * np.sin(given.x)).sum(axis=0), (weight * np.cos(given.x)).sum(axis=0)
    )
    x = _on_branch(given.x, tuple(names), np.mod(turned, 2.0 * np.pi))
    weight = np.where(phases, weight, 1.0)
    centre = (weight * x).sum(axis=0) / weight.sum(axis=0)
    width = np.sqrt((weight * (x - centre) ** 2).sum(axis=0) / weight.sum(axis=0))
    values = np.column_stack([given.period, x])
    return Scaling(
        tuple(names),
        np.array([given.period.mean(), *centre]),
        np.array([given.period.std(), *width]),
        values.min(axis=0),
        values.max(axis=0),
    )


def _on_branch(x: FloatArray, names: tuple[str, ...], centre: FloatArray) -> FloatArray:
    phases = np.array([name.startswith("phi") for name in names])
    return np.where(phases, nearest_branch(x, centre), x)


def _column(features: pl.DataFrame, name: str) -> FloatArray:
    return features[name].cast(pl.Float64).fill_null(np.nan).to_numpy().astype(np.float64)


def _covariances(features: pl.DataFrame, names: Sequence[str]) -> FloatArray:
    """Give the covariance ``(n, J, J)`` as the fit gives it, NaN where it does not."""
    nothing = pl.lit([np.nan] * COVARIANCE_LENGTH, pl.Array(pl.Float32, COVARIANCE_LENGTH))
    packed = features.select(pl.col("covariance").fill_null(nothing))["covariance"].to_numpy()
    places = np.array([covariance_index(*pair) for pair in product(names, repeat=2)], dtype=int)
    square = (features.height, len(names), len(names))
    return packed.reshape(-1, COVARIANCE_LENGTH)[:, places].astype(np.float64).reshape(square)
