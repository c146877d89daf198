"""How much each star counts while a network learns."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

# Scatter of [Fe/H] at a given light curve [dex]: better labels than this weigh no more.
_SCATTER = 0.15
# No star counts more or less than this, times the mean.
_RANGE = (0.1, 10.0)
# The density is smoothed with this width [dex] or more, on this many places.
_LEAST_SMOOTHING = 0.05
_PLACES = 256


def label_weights(feh_error: FloatArray) -> FloatArray:
    """Give weights of mean 1 from the errors of the labels [dex]; an unknown error is none."""
    weights = 1.0 / (_SCATTER**2 + np.nan_to_num(feh_error) ** 2)
    return np.asarray(weights / weights.mean())


def density_weights(feh: FloatArray, exponent: float) -> FloatArray:
    """Give weights of mean 1 that go as the density of metallicities to the power −exponent."""
    weights = np.clip(_density(feh) ** -exponent, 1e-12, None)
    bounded = np.clip(weights / weights.mean(), *_RANGE)
    return np.asarray(bounded / bounded.mean())


def _density(feh: FloatArray) -> FloatArray:
    """Give a Gaussian kernel estimate of the density at each metallicity (Silverman's rule)."""
    width = max(1.06 * float(feh.std()) * feh.size**-0.2, _LEAST_SMOOTHING)
    places = np.linspace(feh.min() - width, feh.max() + width, _PLACES)
    total = np.zeros(_PLACES)
    for value in feh:  # star by star, so that memory does not grow with their square
        total += np.exp(-0.5 * ((places - value) / width) ** 2)
    return np.asarray(np.interp(feh, places, total / total.max()))
