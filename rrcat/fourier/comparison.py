"""How well a light curve is fitted from each of several frequencies, and what each fit costs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from rrcat.fourier.arrays import fit_from_each
from rrcat.fourier.settings import FitSettings
from rrcat.harmonic import MAX_HARMONICS

FloatArray = NDArray[np.float64]

# So many observations allow one more harmonic: with fewer, any frequency fits sparse data.
_EPOCHS_PER_HARMONIC = 6

ERROR_MARGIN = 1.2
"""Errors given by surveys are too small by as much and more (the median of ASAS is 1.1)."""

# Stars per d of period: fraction (Clementini et al. 2023, A&A 674, A18), mean and standard
# deviation [d] of each type (rounded from the Large Magellanic Cloud stars of Muraveva et al. 2025,
# MNRAS 536, 2749, and those of RRc widened, since the Galaxy has shorter periods), and what is left
# for any period up to 1.2 d. Where two fits are nearly as good, the usual period is the likelier.
_POPULATION = {"RRab": (0.62, 0.57, 0.07), "RRc": (0.33, 0.32, 0.04)}
_ANY_PERIOD = 0.05
# RRab have R21 above, RRc below: a star on the other side is this much rarer.
_R21_LIMITS = {"RRab": (0.2, np.inf), "RRc": (-np.inf, 0.35)}
_RARE = 0.05


@dataclass(frozen=True)
class CandidateFits:
    """Fits of one star from several frequencies, all of shape ``(n_frequencies,)``."""

    period: FloatArray
    period_error: FloatArray
    order: FloatArray
    r21: FloatArray
    misfit: FloatArray
    """Part of the variance that is left."""
    excess: FloatArray
    """Residual scatter beyond the errors, in parts of the peak-to-peak amplitude; 0 where errors
    are unknown."""
    cost: FloatArray
    """Bayesian information criterion less twice the log of how usual such a star is."""


def fit_candidates(
    time: FloatArray, mag: FloatArray, error: FloatArray, frequency: FloatArray
) -> CandidateFits:
    """Fit a harmonic series to one light curve from each frequency (c/d), and price the fits.

    ``time`` [d], ``mag`` and ``error`` [mag, 0 where unknown] have shape ``(n_epochs,)``.
    """
    n, m = time.size, frequency.size
    settings = _settings(min(max(n // _EPOCHS_PER_HARMONIC, 1), MAX_HARMONICS))
    fits = fit_from_each(time, mag, error, 1.0 / frequency, settings)
    n_parameters = 2.0 * fits["n_harmonics"] + 2.0
    variance = fits["residual_scatter"] ** 2
    freedom = np.maximum(fits["n_used"] - n_parameters, 1.0)
    # What was clipped is not forgiven: it misses by the clipping limit at least.
    squares = variance * (freedom + settings.clip_sigma**2 * fits["n_clipped"])
    misfit = squares / np.sum((mag - mag.mean()) ** 2)
    r21 = np.nan_to_num(fits["r21"])
    usual = _usual(fits["period"], r21)
    cost = n * np.log(misfit) + n_parameters * np.log(n) - 2.0 * np.log(usual)
    known = ERROR_MARGIN * np.median(error)
    beyond = np.sqrt(np.maximum(variance - known**2, 0.0)) if known > 0.0 else np.zeros(m)
    return CandidateFits(
        period=fits["period"],
        period_error=fits["period_error"],
        order=fits["n_harmonics"],
        r21=r21,
        misfit=misfit,
        excess=beyond / fits["peak_to_peak"],
        # A fit that ran to the bound of its frequency belongs to another candidate.
        cost=np.where(np.isfinite(cost) & (fits["at_bound"] == 0.0), cost, np.inf),
    )


@cache
def _settings(max_order: int) -> FitSettings:
    # Few harmonics where few are enough.
    return FitSettings(min_order=1, max_order=max_order, max_drift=0.5, criterion="bic")


def _usual(period: FloatArray, r21: FloatArray) -> FloatArray:
    """Give how usual a period is, as a density over d, of stars with such a shape."""
    density = np.full(period.shape, _ANY_PERIOD)
    for kind, (fraction, mean, scatter) in _POPULATION.items():
        low, high = _R21_LIMITS[kind]
        normal = np.exp(-0.5 * ((period - mean) / scatter) ** 2) / (scatter * np.sqrt(2.0 * np.pi))
        density += fraction * normal * np.where((r21 > low) & (r21 < high), 1.0, _RARE)
    return density
