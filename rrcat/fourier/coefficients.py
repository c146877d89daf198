"""Light-curve shapes as numbers on which a Gaussian prior makes sense.

With the phase of the first harmonic turned to zero, the shape of a light curve is A1 and the
cosine and sine coefficients ``A_k cos φ_k1``, ``A_k sin φ_k1`` of the orders 2 to 8: 15 numbers
that do not wrap, and in which the harmonic fit is linear.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rrcat.harmonic import COVARIANCE_LENGTH, MAX_HARMONICS, unpack_covariance

FloatArray = NDArray[np.float64]

N_COEFFICIENTS = 2 * MAX_HARMONICS - 1
"""Number of coefficients: A1, then cosine and sine of each order from 2."""

# Smallest variance of a coefficient [mag²]: covariances are stored in single precision.
_SMALLEST_VARIANCE = 1e-8
# An error beyond this [mag, rad] tells no more than that nothing is known; its square is a number.
_LARGEST_ERROR = 1e3
# Standard error [mag] of a coefficient whose error is not known.
_UNKNOWN_ERROR = 0.01


@dataclass(frozen=True)
class Shapes:
    """Shapes of ``n`` stars: ``period`` and ``noise`` ``(n,)``, the rest by coefficient.

    ``information`` ``(n, 15, 15)`` is the inverse covariance of the coefficients, zero for those
    that were not observed; ``moment`` ``(n, 15)`` is information times coefficients; ``observed``
    ``(n,)`` says whether there is any. ``noise`` is the logarithm of the variance of A1 [mag²], NaN
    where that is not known.
    """

    period: FloatArray
    information: FloatArray
    moment: FloatArray
    observed: NDArray[np.bool_]
    noise: FloatArray

    def __getitem__(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> Shapes:
        return Shapes(
            self.period[rows],
            self.information[rows],
            self.moment[rows],
            self.observed[rows],
            self.noise[rows],
        )


def shapes(features: pl.DataFrame) -> Shapes:
    """Give the shapes of the stars of a frame of the table ``features``, one row a star.

    A harmonic counts as observed where its amplitude and its phase are given. Its uncertainty is
    taken from ``covariance``, or where that says nothing from the standard errors.
    """
    n = features.height
    orders = range(1, MAX_HARMONICS + 1)
    amplitude = np.stack([_column(features, f"a{k}") for k in orders], axis=1)
    phase = np.stack(
        [np.zeros(n), *(_column(features, f"phi{k}1") for k in orders if k > 1)], axis=1
    )
    seen = np.isfinite(amplitude) & np.isfinite(phase)
    amplitude, phase = np.where(seen, amplitude, 0.0), np.where(seen, phase, 0.0)
    cosine, sine = np.cos(phase), np.sin(phase)

    coefficient = np.zeros((n, N_COEFFICIENTS))
    by_parameter = np.zeros((n, N_COEFFICIENTS, N_COEFFICIENTS))
    coefficient[:, 0] = amplitude[:, 0]
    by_parameter[:, 0, 0] = 1.0
    for k in range(1, MAX_HARMONICS):
        a, p, c, s = k, MAX_HARMONICS + k - 1, 2 * k - 1, 2 * k
        coefficient[:, c] = amplitude[:, k] * cosine[:, k]
        coefficient[:, s] = amplitude[:, k] * sine[:, k]
        by_parameter[:, c, a] = cosine[:, k]
        by_parameter[:, s, a] = sine[:, k]
        by_parameter[:, c, p] = -coefficient[:, s]
        by_parameter[:, s, p] = coefficient[:, c]
    parameters = _covariance(features, amplitude)
    covariance = by_parameter @ parameters @ by_parameter.transpose(0, 2, 1)

    observed = np.concatenate([seen[:, :1], np.repeat(seen[:, 1:], 2, axis=1)], axis=1)
    information = _inverse(covariance, observed)
    moment = (information @ coefficient[:, :, np.newaxis])[:, :, 0]
    variance = np.where(seen[:, 0], parameters[:, 0, 0], np.nan)
    known = np.isfinite(variance) & (variance > 0)
    noise = np.where(known, np.log(np.where(known, variance, 1.0)), np.nan)
    return Shapes(_column(features, "period"), information, moment, np.any(observed, axis=1), noise)


def _column(features: pl.DataFrame, name: str) -> FloatArray:
    return features[name].cast(pl.Float64).fill_null(np.nan).to_numpy().astype(np.float64)


def _covariance(features: pl.DataFrame, amplitude: FloatArray) -> FloatArray:
    """Give the covariance ``(n, 15, 15)`` of A_k and φ_k1, finite."""
    names = [f"a{k}" for k in range(1, MAX_HARMONICS + 1)]
    names += [f"phi{k}1" for k in range(2, MAX_HARMONICS + 1)]
    nothing = pl.lit([np.nan] * COVARIANCE_LENGTH, pl.Array(pl.Float32, COVARIANCE_LENGTH))
    packed = features.select(pl.col("covariance").fill_null(nothing))["covariance"].to_numpy()
    full = unpack_covariance(packed.astype(np.float64))[:, 1:, 1:]
    errors = np.stack([_column(features, f"{name}_error") for name in names], axis=1)
    size = np.maximum(amplitude[:, 1:], _UNKNOWN_ERROR)
    unknown = np.concatenate(
        [np.full(amplitude.shape, _UNKNOWN_ERROR), _UNKNOWN_ERROR / size], axis=1
    )
    known = np.isfinite(errors) & (errors >= 0)
    alone = np.minimum(np.where(known, errors, unknown), _LARGEST_ERROR) ** 2
    diagonal = np.arange(N_COEFFICIENTS)
    given = np.isfinite(full[:, diagonal, diagonal])
    full = np.clip(np.where(np.isfinite(full), full, 0.0), -(_LARGEST_ERROR**2), _LARGEST_ERROR**2)
    full[:, diagonal, diagonal] = np.where(given, full[:, diagonal, diagonal], alone)
    return full


def _inverse(covariance: FloatArray, observed: NDArray[np.bool_]) -> FloatArray:
    """Give the inverse over the observed coefficients, zero elsewhere."""
    both = observed[:, :, np.newaxis] & observed[:, np.newaxis, :]
    padded = np.where(both, covariance, 0.0)
    diagonal = np.arange(N_COEFFICIENTS)
    padded[:, diagonal, diagonal] += np.where(observed, 0.0, 1.0)
    values, vectors = np.linalg.eigh(padded)
    scaled = vectors / np.maximum(values, _SMALLEST_VARIANCE)[:, np.newaxis, :]
    return np.where(both, scaled @ vectors.transpose(0, 2, 1), 0.0)
