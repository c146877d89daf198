"""Harmonic fits of many light curves, arrays in and arrays out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rrcat.fourier.kernel import FLAGS, SCALARS, KernelSettings, fit_batch
from rrcat.fourier.settings import FitSettings
from rrcat.fourier.shape import VALUE_COLUMNS
from rrcat.harmonic import COVARIANCE_LENGTH, MAX_HARMONICS

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class FitResult:
    """Fits of ``n`` light curves; NaN where a number does not exist.

    ``values`` ``(n, 56)`` has the columns VALUE_COLUMNS, ``scalars`` ``(n, 6)`` SCALARS, ``flags``
    ``(n, 8)`` FLAGS; ``covariance`` ``(n, 136)`` is laid out as
    :data:`rrcat.harmonic.PARAMETERS` says; units are d, mag and rad.
    """

    values: FloatArray
    scalars: FloatArray
    flags: NDArray[np.int64]
    covariance: FloatArray

    def __getitem__(self, column: str) -> NDArray[np.float64]:
        """Give one column of values, scalars or flags by its name."""
        if column in VALUE_COLUMNS:
            return self.values[:, VALUE_COLUMNS.index(column)]
        if column in SCALARS:
            return self.scalars[:, SCALARS.index(column)]
        return self.flags[:, FLAGS.index(column)].astype(np.float64)


def fit_arrays(
    offsets: NDArray[np.int64],
    time: FloatArray,
    mag: FloatArray,
    mag_error: FloatArray,
    period: FloatArray,
    settings: FitSettings | None = None,
    prior_scales: ArrayLike | None = None,
) -> FitResult:
    """Fit a harmonic series to every light curve.

    A curve that does not vary has no period: its errors are infinite or NaN.

    Parameters
    ----------
    offsets
        Shape ``(n + 1,)``; light curve i is ``offsets[i]:offsets[i + 1]`` of the next three, and
        holds at least eight observations.
    time, mag, mag_error
        d, mag, mag; an error of 0 means unknown. Finite.
    period
        Shape ``(n,)``, d: where the fit starts. Finite and positive.
    prior_scales
        Standard deviation [mag] of the zero-mean prior on both coefficients of each order, shape
        ``(8,)`` or ``(n, 8)``; by default those of the settings.
    """
    settings = settings or FitSettings()
    return _fit(offsets[:-1], offsets[1:], time, mag, mag_error, period, settings, prior_scales)


def fit_from_each(
    time: FloatArray,
    mag: FloatArray,
    mag_error: FloatArray,
    period: FloatArray,
    settings: FitSettings,
) -> FitResult:
    """Fit one light curve from each of ``n`` periods [d]; the rest as for :func:`fit_arrays`."""
    begin = np.zeros(period.size, dtype=np.int64)
    return _fit(begin, begin + time.size, time, mag, mag_error, period, settings, None)


def _fit(
    begin: NDArray[np.int64],
    end: NDArray[np.int64],
    time: FloatArray,
    mag: FloatArray,
    mag_error: FloatArray,
    period: FloatArray,
    settings: FitSettings,
    prior_scales: ArrayLike | None,
) -> FitResult:
    n = begin.size
    scales = np.asarray(
        settings.prior_scales if prior_scales is None else prior_scales, dtype=np.float64
    )
    result = FitResult(
        values=np.empty((n, len(VALUE_COLUMNS))),
        scalars=np.empty((n, len(SCALARS))),
        flags=np.zeros((n, len(FLAGS)), dtype=np.int64),
        covariance=np.empty((n, COVARIANCE_LENGTH)),
    )
    fit_batch(
        _laid_out(begin, np.int64),
        _laid_out(end, np.int64),
        _laid_out(time, np.float64),
        _laid_out(mag, np.float64),
        _laid_out(mag_error, np.float64),
        1.0 / _laid_out(period, np.float64),
        _laid_out(np.broadcast_to(scales, (n, MAX_HARMONICS)), np.float64),
        _kernel_settings(settings),
        result.values,
        result.scalars,
        result.flags,
        result.covariance,
    )
    return result


def _laid_out(values: ArrayLike, dtype: type[np.generic]) -> NDArray[Any]:
    # A read-only array is another type to numba: it would compile the kernel once more.
    return np.require(values, dtype=dtype, requirements=["C", "W"])


def _kernel_settings(settings: FitSettings) -> KernelSettings:
    return KernelSettings(
        min_order=settings.min_order,
        max_order=settings.max_order,
        bayesian=settings.criterion == "bic",
        gap_limit=settings.gap_limit,
        free_period=settings.free_period,
        max_drift=settings.max_drift,
        max_period_shift=settings.max_period_shift,
        clip_sigma=settings.clip_sigma,
        max_clipped_fraction=settings.max_clipped_fraction,
        noise_floor=settings.noise_floor,
    )
