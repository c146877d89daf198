"""Frequencies at which a light curve may repeat: peaks of the periodogram of one sinusoid."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

_SAMPLES_PER_PEAK = 5
# The misfit of one sinusoid to an RR Lyrae star [mag] belongs to the error of each point.
_MODEL_SCATTER = 0.1
_ALIASES = np.array([-4.0, -2.0, -1.0, 1.0, 2.0])  # c/d
# A candidate that leaves more than twice the misfit of the highest peak is given up where the log
# of the likelihood is so much less that harmonics cannot turn it.
_HOPELESS_RATIO = 2.0
_HOPELESS = 25.0


def n_frequencies(time: FloatArray, period_range: tuple[float, float]) -> int:
    """Give the number of frequencies at which the periodogram of a light curve is computed."""
    width = 1.0 / period_range[0] - 1.0 / period_range[1]
    return max(math.ceil(_SAMPLES_PER_PEAK * float(np.ptp(time)) * width) + 1, 3)


def candidates(
    time: FloatArray,
    mag: FloatArray,
    error: FloatArray,
    period_range: tuple[float, float],
    n_peaks: int,
) -> FloatArray:
    """Give the frequencies (c/d) of the highest peaks and of what is related to them, ascending.

    There are none where the errors say that no point tells anything.

    Parameters
    ----------
    time, mag, error
        One light curve, shape ``(n_epochs,)`` each: d, mag, mag; an error of 0 means unknown.
    period_range
        Shortest and longest period [d].
    n_peaks
        Number of peaks, from the highest. To those come the aliases and the half of the highest.

    Notes
    -----
    The periodogram is the generalised one of Zechmeister & Kürster (2009, A&A 496, 577), by the
    non-uniform transform of Garrison et al. (2024, RNAAS 8, 250).
    """
    n = n_frequencies(time, period_range)
    step = 1.0 / (_SAMPLES_PER_PEAK * float(np.ptp(time)))
    lowest = 1.0 / period_range[1]
    import nifty_ls  # takes a second, which only those who search a period should wait

    power = nifty_ls.lombscargle(
        time - time.mean(),
        mag,
        np.hypot(error, _MODEL_SCATTER),
        fmin=lowest,
        fmax=lowest + (n - 1) * step,
        Nf=n,
        backend="finufft",
        nthreads=1,
    ).power
    if not np.isfinite(power).all():
        return np.empty(0)
    inner = power[1:-1]
    peaks = 1 + np.flatnonzero((inner >= power[:-2]) & (inner > power[2:]))
    if not peaks.size:  # in a narrow range it may only rise or fall
        peaks = 1 + np.array([inner.argmax()])
    # Powers that agree to all but rounding are taken in order of frequency.
    peaks = peaks[np.argsort(-np.round(power[peaks], 9), kind="stable")][:n_peaks]
    highest: FloatArray = np.asarray(lowest + step * peaks[:1], dtype=np.float64)
    aliases = _tops(power, (np.abs(highest + _ALIASES) - lowest) / step)
    chosen = np.concatenate([peaks, aliases])
    chosen = chosen[~_hopeless(power[chosen], time.size)]
    chosen = np.unique(np.concatenate([chosen, _tops(power, (0.5 * highest - lowest) / step)]))
    return np.asarray(lowest + step * (chosen + _vertex(power, chosen)))


def _hopeless(power: FloatArray, n_epochs: int) -> NDArray[np.bool_]:
    ratio = (1.0 - power) / (1.0 - power.max())
    hopeless: NDArray[np.bool_] = (ratio > _HOPELESS_RATIO) & (
        0.5 * n_epochs * np.log(ratio) > _HOPELESS
    )
    return hopeless


def _tops(power: FloatArray, place: FloatArray) -> NDArray[np.int64]:
    """Give the highest point within the resolution around places of the grid, those inside it."""
    last = power.size - 2
    near = np.rint(place).astype(np.int64)
    near = near[(near >= 1) & (near <= last)]
    reach = np.arange(-_SAMPLES_PER_PEAK, _SAMPLES_PER_PEAK + 1)
    window = np.clip(near[:, None] + reach, 1, last)
    top: NDArray[np.int64] = window[np.arange(near.size), np.argmax(power[window], axis=1)]
    return top


def _vertex(power: FloatArray, place: NDArray[np.int64]) -> FloatArray:
    """Give the offset of the vertex of the parabola through three points, in steps of the grid."""
    left, top, right = power[place - 1], power[place], power[place + 1]
    bend = left - 2.0 * top + right
    offset = 0.5 * (left - right) / np.where(bend < 0.0, bend, -1.0)
    return np.where(bend < 0.0, np.clip(offset, -0.5, 0.5), 0.0)
