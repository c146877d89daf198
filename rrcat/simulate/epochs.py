"""When a scanning satellite like Gaia sees each star.

The satellite turns once in six hours about an axis that stays 45° from the Sun and circles it 5.8
times a year, as Gaia's does (Gaia Collaboration 2016, A&A 595, A1, section 5.2). Its two fields of
view, 106.5° apart, see a star 106.5 and 253.5 minutes after one another while it is close to the
great circle that they sweep; then it is lost for weeks. How often, and when, follows from where the
star is, as in the real survey. Only the phase of the precession, and when nothing is recorded, are
invented.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from rrcat.simulate.streams import Streams

Array = NDArray[np.float64]

FIRST_DAY, LAST_DAY = 1666.4, 2704.4
"""Days since JD 2455197.5: the 34 months of Gaia DR3."""

SPIN_PERIOD = 0.25  # d
BASIC_ANGLE = np.radians(106.5)
SUN_ASPECT = np.radians(45.0)
TURNS_A_YEAR = 5.8
YEAR = 365.25
VERNAL_EQUINOX = 1539.7  # d; the equinox of March 2014
HALF_HEIGHT = np.radians(0.35)  # half a field of view across the scan
OBLIQUITY = np.radians(23.4393)
# Share of transits that are recorded, and of spins in which anything is.
RECORDED, WORKING = 0.93, 0.91
# The axis moves by less in one spin.
_REACH = np.radians(1.3)
# Stars in one table of stars by spins, 80 MB of it.
_AT_ONCE = 1_000


def transits(
    ra: Array, dec: Array, star: NDArray[np.int64], seed: int
) -> tuple[NDArray[np.int64], Array]:
    """Give all transits of all stars, by star and time: the star's place in the arrays, the time.

    Parameters
    ----------
    ra, dec
        Positions [deg], shape ``(n_stars,)``.
    star
        Numbers of the stars, for their random streams.

    Returns
    -------
    place, time
        Shape ``(n_transits,)``; times in days since JD 2455197.5.
    """
    sweeps = _sweeps()
    working = Streams(seed, np.arange(sweeps.start.size)).uniform("satellite works") < WORKING
    spin = np.flatnonzero(working)
    start, axis = sweeps.start[spin], sweeps.axis[spin]
    directions = _ecliptic(ra, dec)
    places, times = [np.empty(0, dtype=np.int64)], [np.empty(0)]
    for first in range(0, star.size, _AT_ONCE):
        block = directions[first : first + _AT_ONCE]
        # Sums are written out: those of a matrix product change with the number of stars.
        height = _dot(block[:, None], axis)
        place, turn = np.nonzero(np.abs(height) < np.sin(HALF_HEIGHT + _REACH))
        seen, height = block[place], height[place, turn]
        end = _dot(seen, sweeps.later[spin[turn]])
        along, ahead = _dot(seen, sweeps.to_sun[spin[turn]]), _dot(seen, sweeps.ahead[spin[turn]])
        angle = np.arctan2(ahead, along)
        for field in (0, 1):
            part = np.mod(angle + field * BASIC_ANGLE, 2 * np.pi) / (2 * np.pi)
            inside = np.abs(height + part * (end - height)) < np.sin(HALF_HEIGHT)
            index = 2 * spin[turn[inside]] + field
            streams = Streams(seed, star[first + place[inside]], index)
            kept = streams.uniform("transit is recorded") < RECORDED
            places.append(first + place[inside][kept])
            times.append((start[turn[inside]] + SPIN_PERIOD * part[inside])[kept])
    found, time = np.concatenate(places), np.concatenate(times)
    order = np.lexsort((time, found))
    return found[order], time[order]


def transit_times(rng: np.random.Generator, n: int) -> Array:
    """Give ``n`` sorted times of transits as some star has them, or several where one has fewer."""
    times = np.empty(0)
    while times.size < n:
        ra, dec = rng.uniform(0.0, 360.0, 1), np.degrees(np.arcsin(rng.uniform(-1.0, 1.0, 1)))
        _, more = transits(ra, dec, np.zeros(1, dtype=np.int64), int(rng.integers(2**31)))
        times = np.union1d(times, more)
    return np.sort(rng.choice(times, n, replace=False))


@dataclass(frozen=True)
class Sweeps:
    """The spins of the satellite: their ``start`` [d] ``(n,)``, and directions ``(n, 3)`` then.

    ``axis`` is the axis, ``later`` the axis at the end of the spin; ``to_sun`` and ``ahead`` are
    directions across it, the first towards the Sun. They are ecliptic unit vectors.
    """

    start: Array
    axis: Array
    later: Array
    to_sun: Array
    ahead: Array


@cache
def _sweeps() -> Sweeps:
    n = int((LAST_DAY - FIRST_DAY) / SPIN_PERIOD)
    start = FIRST_DAY + SPIN_PERIOD * np.arange(n, dtype=np.float64)
    axis, to_sun = _attitude(start)
    later, _ = _attitude(start + SPIN_PERIOD)
    return Sweeps(start, axis, later, to_sun, np.cross(axis, to_sun))


def _attitude(time: Array) -> tuple[Array, Array]:
    """Give the spin axis, and the direction across it that is towards the Sun."""
    sun = 2 * np.pi * (time - VERNAL_EQUINOX) / YEAR
    circle = 2 * np.pi * TURNS_A_YEAR * (time - FIRST_DAY) / YEAR
    nothing = np.zeros(time.size)
    to_sun = np.stack([np.cos(sun), np.sin(sun), nothing], axis=1)
    east = np.stack([-np.sin(sun), np.cos(sun), nothing], axis=1)
    north = np.stack([nothing, nothing, nothing + 1.0], axis=1)
    side = np.cos(circle)[:, None] * east + np.sin(circle)[:, None] * north
    axis = np.cos(SUN_ASPECT) * to_sun + np.sin(SUN_ASPECT) * side
    return axis, np.sin(SUN_ASPECT) * to_sun - np.cos(SUN_ASPECT) * side


def _ecliptic(ra: Array, dec: Array) -> Array:
    """Give equatorial positions [deg] as ecliptic unit vectors ``(n, 3)``."""
    alpha, delta = np.radians(ra), np.radians(dec)
    x, y, z = np.cos(delta) * np.cos(alpha), np.cos(delta) * np.sin(alpha), np.sin(delta)
    cosine, sine = np.cos(OBLIQUITY), np.sin(OBLIQUITY)
    return np.stack([x, cosine * y + sine * z, cosine * z - sine * y], axis=1)


def _dot(a: Array, b: Array) -> Array:
    return np.asarray(a[..., 0] * b[..., 0] + a[..., 1] * b[..., 1] + a[..., 2] * b[..., 2])
