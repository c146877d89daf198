"""What a star looks like at given times, and what a satellite like Gaia measures of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rrcat.harmonic import MAX_HARMONICS
from rrcat.simulate.epochs import FIRST_DAY, LAST_DAY
from rrcat.simulate.shapes import table
from rrcat.simulate.streams import Stars, Streams

Array = NDArray[np.float64]

BANDS = ("G", "BP", "RP")
MIDDLE, HALF = (FIRST_DAY + LAST_DAY) / 2, (LAST_DAY - FIRST_DAY) / 2
# Standard error [mag] of a transit: at the bright end, and of the photons at magnitude 17; it grows
# as 10^(0.3 mag). About that of the epoch photometry in Gaia DR3: the ten stars of Crestani et al.
# (2021) in G, of which the brightest have 1 mmag, and two stars in BP and RP.
ERRORS = {"G": (0.0009, 0.0045), "BP": (0.0016, 0.026), "RP": (0.0014, 0.030)}
# A transit reaches the three detectors one after the other [d].
DELAY = {"G": 0.0, "BP": 0.00040, "RP": 0.00046}
# Share of the transits of which a band is not measured.
UNSEEN = {"G": 0.01, "BP": 0.07, "RP": 0.06}
# The neighbour of a blended star, in units of its flux in G. BP and RP are measured in wider
# windows, and it is a redder star.
NEIGHBOUR = {"G": 1.0, "BP": 1.2, "RP": 2.0}


def photon_noise(mag: Array, band: str) -> Array:
    """Give the standard error [mag] that the photons of a transit leave at each magnitude."""
    floor, photons = ERRORS[band]
    return np.asarray(np.hypot(floor, photons * 10 ** (0.3 * (mag - 17.0))))


def magnitudes(stars: Stars, place: NDArray[np.int64], time: Array, band: str) -> Array:
    """Give the true magnitude of the star ``place[i]`` at ``time[i]``.

    ``stars`` are columns as :func:`rrcat.simulate.population.draw_stars` gives them. Of each star
    it needs ``mean_BAND``; ``period`` [d], ``reference_time`` [d], ``amplitudes`` [mag] and
    ``phases`` [rad]; ``second_period`` and ``second_amplitude`` of a second mode; relative
    ``modulated_amplitude`` and ``modulated_phase`` [rad] of a Blazhko effect of
    ``modulation_period`` [d]; ``drift``, by how many cycles the phase has run away from a constant
    period at both ends of the survey; ``blend``, the neighbour's flux in G over the star's.
    """
    shape = table()["band"].get(band, {"amplitude": 1.0, "lead": 0.0, "step": 0.0})
    late = (time - MIDDLE) / HALF
    cycle = (time - stars["reference_time"][place]) / stars["period"][place]
    cycle += stars["drift"][place] * late**2
    modulation = 2 * np.pi * time / stars["modulation_period"][place]
    angle = 2 * np.pi * cycle + stars["modulated_phase"][place] * np.sin(modulation)
    size = shape["amplitude"] * (1 + stars["modulated_amplitude"][place] * np.cos(modulation))
    mean = stars[f"mean_{band}"]
    mag = mean[place]
    for k in range(1, MAX_HARMONICS + 1):
        phase = stars["phases"][:, k - 1] + k * shape["lead"] + (k - 1) * shape["step"]
        mag += size * stars["amplitudes"][place, k - 1] * np.cos(k * angle + phase[place])
    second = 2 * np.pi * time / stars["second_period"][place]
    mag += shape["amplitude"] * stars["second_amplitude"][place] * np.cos(second)
    return _blended(mag, mean[place], stars["blend"][place], band)


def mean_magnitudes(stars: Stars, band: str) -> Array:
    """Give the mean magnitude of each star as a survey sees it, together with its neighbour."""
    mean = stars[f"mean_{band}"]
    return _blended(mean, mean, stars["blend"], band)


def _blended(mag: Array, mean: Array, blend: Array, band: str) -> Array:
    neighbour = blend * NEIGHBOUR[band] * 10 ** (-0.4 * mean)
    return np.asarray(-2.5 * np.log10(10 ** (-0.4 * mag) + neighbour))


def measure(
    place: NDArray[np.int64],
    time: Array,
    true: Array,
    band: str,
    excess: Array,
    bad_share: Array,
    streams: Streams,
) -> Stars:
    """Give what is measured of magnitudes ``true``: with noise, bad epochs, and some not at all.

    Parameters
    ----------
    place, time, true
        The star, the time and the true magnitude of each transit.
    excess
        Scatter [mag] of each star beyond what its stated errors say.
    bad_share
        Share of bad epochs of each star. Of these the survey notices 60 per cent, and to some
        gives a larger error.

    Returns
    -------
    ``place``, ``time``, ``mag``, ``mag_error`` and ``rejected`` of the measurements there are.
    """
    seen = streams.uniform(f"seen in {band}") > UNSEEN[band]
    error = photon_noise(true, band) * np.exp(0.15 * streams.normal(f"size of the error in {band}"))
    scatter = np.hypot(table()["scatter"]["errors"]["factor"] * error, excess[place])
    mag = true + scatter * streams.normal(f"noise in {band}")
    bad = streams.uniform(f"bad epoch in {band}") < bad_share[place]
    off = streams.between(f"how bad in {band}", 0.05, 0.5)
    faint = streams.uniform(f"sign of bad in {band}") < 0.7
    noticed = streams.uniform(f"noticed in {band}")
    mag = mag + np.where(bad, np.where(faint, off, -off), 0.0)
    error = np.where(bad & (noticed > 0.8), 10.0 * error, error)
    rejected = bad & (noticed < 0.6)
    columns: Stars = {
        "place": place,
        "time": time + DELAY[band],
        "mag": mag,
        "mag_error": error,
        "rejected": rejected,
    }
    return {name: values[seen] for name, values in columns.items()}
