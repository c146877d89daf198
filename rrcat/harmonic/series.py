"""The series itself: evaluate it, and move its phases between conventions."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rrcat.harmonic.angles import FULL_TURN, wrap

MAX_HARMONICS = 8
"""Highest order that is fitted and stored."""


def evaluate(
    time: ArrayLike,
    period: float,
    reference_time: float,
    zp_mag: float,
    amplitudes: ArrayLike,
    phases: ArrayLike,
) -> NDArray[np.float64]:
    """Give the magnitude of the series at each time, in the shape of ``time``.

    It is Gaia's convention, ``m = zp + Σ A_k cos(2π k (t − T_ref) / P + φ_k)`` (Clementini et al.
    2023).

    Parameters
    ----------
    time, period, reference_time
        In one unit, d. With period 1 and reference time 0, ``time`` is the phase in cycles.
    zp_mag
        Mean of the series in magnitudes.
    amplitudes, phases
        A_k in mag and φ_k in radians, k = 1, 2, ..., shape ``(n_harmonics,)``. Harmonics whose
        amplitude is NaN are left out, so that a padded row of a table can be given as it is.
    """
    amplitude = np.atleast_1d(np.asarray(amplitudes, dtype=np.float64))
    phase = np.atleast_1d(np.asarray(phases, dtype=np.float64))
    cycle = (np.asarray(time, dtype=np.float64) - reference_time) / period
    used = np.isfinite(amplitude)
    k = np.arange(1, amplitude.size + 1, dtype=np.float64)[used]
    angle = FULL_TURN * k * cycle[..., np.newaxis] + phase[used]
    return np.asarray(zp_mag + np.sum(amplitude[used] * np.cos(angle), axis=-1))


def evaluate_each(
    cycle: ArrayLike, zp_mag: ArrayLike, amplitudes: ArrayLike, phases: ArrayLike
) -> NDArray[np.float64]:
    """Give the magnitudes of many series, each at a phase of its own: :func:`evaluate` row by row.

    Parameters
    ----------
    cycle
        Phase from T_ref in cycles, shape ``(n,)``.
    zp_mag
        Mean of each series in magnitudes, shape ``(n,)``.
    amplitudes, phases
        A_k in mag and φ_k in radians, shape ``(n_harmonics, n)``. A harmonic whose amplitude is
        NaN is left out.
    """
    angle = FULL_TURN * np.asarray(cycle, dtype=np.float64)
    mag = np.array(np.broadcast_to(zp_mag, angle.shape), dtype=np.float64)
    pairs = zip(np.asarray(amplitudes), np.asarray(phases), strict=True)
    for k, (amplitude, phase) in enumerate(pairs, start=1):
        harmonic = amplitude * np.cos(k * angle + phase)
        mag += np.where(np.isfinite(amplitude), harmonic, 0.0)
    return mag


def phase_differences(phases: ArrayLike) -> NDArray[np.float64]:
    """Give ``φ_k1 = φ_k − k φ_1`` in [0, 2π) for k = 1, 2, ... along the last axis.

    ``phases`` are the φ_k [rad], shape ``(..., n_harmonics)``, and so is what is given. The entry
    of k = 1 is 0 by definition. The differences do not change when time is shifted.
    """
    phase = np.asarray(phases, dtype=np.float64)
    k = np.arange(1, phase.shape[-1] + 1, dtype=np.float64)
    return wrap(phase - k * phase[..., :1])


def sine_to_cosine(phi_k1: ArrayLike, k: ArrayLike) -> NDArray[np.float64]:
    """Give φ_k1 of the cosine series from φ_k1 of the sine series, in [0, 2π).

    ``φ_k1(cos) = φ_k1(sin) + (k − 1) π/2``: φ21 + π/2, φ31 + π. It follows from
    ``sin x = cos(x − π/2)``. ``phi_k1`` [rad] and its order ``k`` have any common shape.
    """
    return wrap(np.asarray(phi_k1, dtype=np.float64) + _quarter_turns(k))


def cosine_to_sine(phi_k1: ArrayLike, k: ArrayLike) -> NDArray[np.float64]:
    """Give φ_k1 of the sine series from φ_k1 of the cosine series, in [0, 2π).

    ``phi_k1`` [rad] and its order ``k`` have any common shape.
    """
    return wrap(np.asarray(phi_k1, dtype=np.float64) - _quarter_turns(k))


def _quarter_turns(k: ArrayLike) -> NDArray[np.float64]:
    return (np.asarray(k, dtype=np.float64) - 1.0) * (np.pi / 2.0)
