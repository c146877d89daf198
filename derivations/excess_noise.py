"""How much light curves scatter beyond their photon noise."""

from __future__ import annotations

import numpy as np
from folded_curves import Curves
from numpy.typing import NDArray
from scipy.optimize import minimize

from rrcat.simulate.photometry import photon_noise

Array = NDArray[np.float64]


def excess_scatter(curves: Curves) -> dict:
    """Give by what factor errors are too small, and the scatter that they leave open.

    That scatter is log-normal, with other medians and spreads for calm and for modulated stars.
    """
    mag = np.array([mag.mean() for mag in curves.mag])
    usable = mag > 14
    value, photons = np.log(curves.scatter[usable]), photon_noise(mag[usable], "G")
    # The rms of so few residuals is uncertain by this much.
    width = 1.0 / np.sqrt([2 * points.size for points in curves.mag])[usable, None]
    grid = np.log(np.geomspace(1e-3, 0.3, 80))

    def unlikely(given: Array) -> float:
        factor, share = np.exp(given[0]), 1 / (1 + np.exp(-given[1]))
        calm, modulated = (
            np.exp(-0.5 * ((grid - given[i]) / np.exp(given[i + 1])) ** 2) / np.exp(given[i + 1])
            for i in (2, 4)
        )
        density = (1 - share) * calm + share * modulated
        total = np.log(np.hypot(factor * photons[:, None], np.exp(grid)))
        inner = np.exp(-0.5 * ((value[:, None] - total) / width) ** 2) @ density
        return -np.log(inner + 1e-300).sum()

    start = np.array([0.3, -0.5, np.log(0.007), np.log(0.3), np.log(0.03), np.log(0.5)])
    found = minimize(unlikely, start, method="Nelder-Mead", options={"maxiter": 4000}).x
    return {
        "errors": {"factor": np.exp(found[0])},
        "calm": {"median": np.exp(found[2]), "log_spread": np.exp(found[3])},
        "modulated": {
            "share": 1 / (1 + np.exp(-found[1])),
            "median": np.exp(found[4]),
            "log_spread": np.exp(found[5]),
        },
    }
