"""Frequencies at which a light curve may repeat: peaks of the periodogram of one sinusoid."""

# The kernel takes the types numba infers.
# mypy: allow-untyped-defs, allow-untyped-calls

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from rrcat.fourier.compiled import kernel

FloatArray = NDArray[np.float64]

_SAMPLES_PER_PEAK = 5
# The grid is transformed in stretches of so many frequencies, whose work stays in the processor's
# cache; one transform of the whole grid takes three to four times as long.
_STRETCH = 2048
_TRANSFORM_ERROR = 1e-9  # relative
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
    The periodogram is that of :func:`periodogram`.
    """
    n = n_frequencies(time, period_range)
    step = 1.0 / (_SAMPLES_PER_PEAK * float(np.ptp(time)))
    lowest = 1.0 / period_range[1]
    power = periodogram(time, mag, np.hypot(error, _MODEL_SCATTER), lowest, step, n)
    if not np.isfinite(power).all():
        return np.empty(0)
    inner = power[1:-1]
    peaks = 1 + np.flatnonzero((inner >= power[:-2]) & (inner > power[2:]))
    if not peaks.size:  # in a narrow range it may only rise or fall
        peaks = 1 + np.array([inner.argmax()])
    # Powers that agree to all but rounding are taken in order of frequency.
    height = np.round(power[peaks], 9)
    if peaks.size > n_peaks:
        high = height >= np.partition(height, -n_peaks)[-n_peaks]
        peaks, height = peaks[high], height[high]
    peaks = peaks[np.argsort(-height, kind="stable")][:n_peaks]
    highest: FloatArray = np.asarray(lowest + step * peaks[:1], dtype=np.float64)
    aliases = _tops(power, (np.abs(highest + _ALIASES) - lowest) / step)
    chosen = np.concatenate([peaks, aliases])
    chosen = chosen[~_hopeless(power[chosen], time.size)]
    chosen = np.unique(np.concatenate([chosen, _tops(power, (0.5 * highest - lowest) / step)]))
    return np.asarray(lowest + step * (chosen + _vertex(power, chosen)))


def periodogram(
    time: FloatArray, mag: FloatArray, error: FloatArray, lowest: float, step: float, n: int
) -> FloatArray:
    """Give the power, 0 to 1, at ``n`` frequencies (c/d) from ``lowest`` on, ``step`` apart.

    Generalised, with a free mean: Zechmeister & Kürster (2009, A&A 496, 577), eqs. 4 to 16. NaN
    where the errors [mag] say that no point tells anything.
    """
    with np.errstate(over="ignore"):
        weight = 1.0 / error**2
    if not weight.sum() > 0.0:
        return np.full(n, np.nan)
    weight /= weight.sum()
    centred = mag - weight @ mag
    elapsed = time - time.mean()
    first = lowest + step * (_STRETCH // 2) + step * _STRETCH * np.arange(-(-n // _STRETCH))
    turns = np.exp(2j * np.pi * (first[:, None] * elapsed))
    single = _transform(np.stack([weight * centred, weight]), turns, step * elapsed)
    double = _transform(weight[None], turns**2, 2.0 * step * elapsed)
    power = np.empty(n)
    _set_power(single[0], single[1], double[0], weight @ centred**2, power)
    return power


def _transform(
    strengths: FloatArray, turns: NDArray[np.complex128], phase: FloatArray
) -> NDArray[np.complex128]:
    """Give ``Σ_i s_i exp 2πi ν t_i`` on the grid, shape ``(n_strengths, n_frequencies)``.

    ``turns`` ``(n_stretches, n_epochs)`` is the exponential at the middle of each stretch of the
    grid; ``phase`` ``(n_epochs,)`` [cycles] goes on by one step of the grid. With the middle taken
    into the strengths, all stretches are transforms of the same points (Barnett et al. 2019, SIAM
    J. Sci. Comput. 41, C479).
    """
    import finufft  # takes a while, which only those who search a period should wait

    turned = (strengths[:, None, :] * turns).reshape(-1, phase.size)
    plan = finufft.Plan(
        1,
        (_STRETCH,),
        n_trans=turned.shape[0],
        eps=_TRANSFORM_ERROR,
        isign=1,
        upsampfac=1.25,
        nthreads=1,
    )
    plan.setpts(2.0 * np.pi * phase)
    return np.asarray(plan.execute(turned)).reshape(strengths.shape[0], -1)


@kernel
def _set_power(signal, window, double, variance, power):
    """Fill the power from Σ w y exp iωt, Σ w exp iωt and Σ w exp 2iωt; Σ w is 1, Σ w y is 0."""
    for i in range(power.size):
        c = window[i].real
        s = window[i].imag
        yc = signal[i].real
        ys = signal[i].imag
        cc = 0.5 * (1.0 + double[i].real) - c * c
        ss = 0.5 * (1.0 - double[i].real) - s * s
        cs = 0.5 * double[i].imag - c * s
        determinant = cc * ss - cs * cs
        explained = ss * yc * yc + cc * ys * ys - 2.0 * cs * yc * ys
        power[i] = explained / (variance * determinant)


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
