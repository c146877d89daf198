"""From coefficients and their covariance to the parameters a catalogue gives.

Compiled like the fit, one star at a time. Errors are propagated to first order.
"""

# Helpers take the types numba infers.
# mypy: allow-untyped-defs, allow-untyped-calls, allow-untyped-decorators

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from rrcat.fourier.compiled import helper, kernel
from rrcat.fourier.normal import FREQUENCY
from rrcat.harmonic import MAX_HARMONICS, PARAMETERS

_N_PARAMETERS = len(PARAMETERS)
_TWO_PI = 2.0 * math.pi
_FLUX_EXPONENT = 0.4 * math.log(10.0)

# Enough for the third moment of a series of order 8 to be exact on the grid, and its mean flux to
# be so within rounding.
N_GRID = 64


def _with_errors(names: list[str]) -> list[str]:
    return [column for name in names for column in (name, f"{name}_error")]


VALUE_COLUMNS: tuple[str, ...] = (
    *_with_errors(["period"]),
    "epoch",
    *_with_errors(["zp_mag", "int_average_mag"]),
    "phi1",
    *_with_errors([f"a{k}" for k in range(1, MAX_HARMONICS + 1)]),
    *_with_errors([f"r{k}1" for k in range(2, MAX_HARMONICS + 1)]),
    *_with_errors([f"phi{k}1" for k in range(2, MAX_HARMONICS + 1)]),
    *_with_errors(["peak_to_peak"]),
    "rise_time",
    "skewness",
)
"""Columns of the table of values, in order."""

_EPOCH = VALUE_COLUMNS.index("epoch")
_ZP = VALUE_COLUMNS.index("zp_mag")
_INT_AVERAGE = VALUE_COLUMNS.index("int_average_mag")
_PHI1 = VALUE_COLUMNS.index("phi1")
_A1 = VALUE_COLUMNS.index("a1")
_R21 = VALUE_COLUMNS.index("r21")
_PHI21 = VALUE_COLUMNS.index("phi21")
_PEAK_TO_PEAK = VALUE_COLUMNS.index("peak_to_peak")
_RISE_TIME = VALUE_COLUMNS.index("rise_time")
_SKEWNESS = VALUE_COLUMNS.index("skewness")


def phase_grid() -> NDArray[np.float64]:
    """Give 1, cos θ, sin θ, cos 2θ, ... on N_GRID even phases, shape ``(N_GRID, 17)``."""
    basis = np.ones((N_GRID, 2 * MAX_HARMONICS + 1))
    for k in range(1, MAX_HARMONICS + 1):
        # Reduced as integers, so that the grid is exactly periodic.
        angle = _TWO_PI * ((k * np.arange(N_GRID)) % N_GRID) / N_GRID
        basis[:, 2 * k - 1] = np.cos(angle)
        basis[:, 2 * k] = np.sin(angle)
    return basis


@kernel
def describe_batch(
    coefficients: NDArray[np.float64],
    covariance: NDArray[np.float64],
    scalars: NDArray[np.float64],
    flags: NDArray[np.int64],
    grid: NDArray[np.float64],
    values: NDArray[np.float64],
    packed: NDArray[np.float64],
) -> None:
    """Fill ``values`` (columns VALUE_COLUMNS) and the packed covariance of every fitted curve.

    What a curve does not have (harmonics beyond its order, the error of a fixed period) is NaN.
    ``covariance`` is turned into that of frequency, A_k and φ_k1 on the way.
    """
    values[:] = np.nan
    packed[:] = np.nan
    magnitude = np.empty(N_GRID)
    gradient = np.empty(FREQUENCY)
    for star in range(coefficients.shape[0]):
        if flags[star, 0] == 0:
            order = flags[star, 1]
            row = values[star]
            c = coefficients[star]
            _describe_curve(
                c, covariance[star], order, scalars[star], grid, magnitude, gradient, row
            )
            _describe_harmonics(c, covariance[star], order, scalars[star, 0], row, packed[star])


@helper
def _describe_curve(c, covariance, order, scalars, grid, magnitude, gradient, row):
    size = 2 * order + 1
    row[_ZP] = c[0]
    row[_ZP + 1] = math.sqrt(covariance[0, 0])

    gradient[:size] = 0.0
    flux_sum = 0.0
    third = 0.0
    for g in range(N_GRID):
        value = 0.0
        for j in range(1, size):
            value += c[j] * grid[g, j]
        magnitude[g] = value
        third += value**3
        flux = math.exp(-_FLUX_EXPONENT * value)
        flux_sum += flux
        for j in range(size):
            gradient[j] += flux * grid[g, j]
    for j in range(size):
        gradient[j] /= flux_sum
    row[_INT_AVERAGE] = c[0] - math.log(flux_sum / N_GRID) / _FLUX_EXPONENT
    row[_INT_AVERAGE + 1] = _propagate(gradient, covariance, size)

    variance = 0.0
    for j in range(1, size):
        variance += 0.5 * c[j] ** 2
    row[_SKEWNESS] = third / N_GRID / variance**1.5

    brightest, faintest = _extremes(magnitude)
    light_maximum = _refine(c, order, brightest / N_GRID, False)
    light_minimum = _refine(c, order, faintest / N_GRID, True)
    gradient[0] = 0.0
    difference = 0.0
    for k in range(1, order + 1):
        faint = _TWO_PI * k * light_minimum
        bright = _TWO_PI * k * light_maximum
        gradient[2 * k - 1] = math.cos(faint) - math.cos(bright)
        gradient[2 * k] = math.sin(faint) - math.sin(bright)
        difference += c[2 * k - 1] * gradient[2 * k - 1] + c[2 * k] * gradient[2 * k]
    row[_PEAK_TO_PEAK] = difference
    # Phases of the extrema do not enter: the curve is stationary there.
    row[_PEAK_TO_PEAK + 1] = _propagate(gradient, covariance, size)
    rise = light_maximum - light_minimum
    row[_RISE_TIME] = rise - math.floor(rise)
    nearest = light_maximum - math.floor(light_maximum + 0.5)
    row[_EPOCH] = scalars[1] + nearest / scalars[0]


@helper
def _extremes(magnitude):
    """Give the grid points nearest the brightest and the faintest extremum.

    Extrema are compared by the vertex of the parabola through three points: of two nearly as deep,
    the one that lies between grid points would lose.
    """
    brightest = 0
    faintest = 0
    least = np.inf
    greatest = -np.inf
    for g in range(N_GRID):
        value = magnitude[g]
        before = magnitude[g - 1] if g > 0 else magnitude[N_GRID - 1]
        after = magnitude[g + 1] if g + 1 < N_GRID else magnitude[0]
        bend = before - 2.0 * value + after
        rise = 0.5 * (after - before)
        if abs(rise) <= abs(bend):
            value -= 0.5 * rise**2 / bend if bend != 0.0 else 0.0
        if value < least:
            least = value
            brightest = g
        if value > greatest:
            greatest = value
            faintest = g
    return brightest, faintest


@helper
def _refine(c, order, phase, faint):
    """Give the phase of the extremum near a grid point, by Newton steps on the slope."""
    offset = 0.0
    for _ in range(5):
        slope = 0.0
        bend = 0.0
        angle = _TWO_PI * (phase + offset)
        cosine = math.cos(angle)
        sine = math.sin(angle)
        x = cosine
        y = sine
        for k in range(1, order + 1):
            slope += k * (c[2 * k] * x - c[2 * k - 1] * y)
            bend -= k * k * (c[2 * k - 1] * x + c[2 * k] * y)
            x, y = x * cosine - y * sine, y * cosine + x * sine
        if bend == 0.0:
            return phase
        # Where the curve is nearly flat a step may be far too long, or the wrong way.
        step = (slope if faint else -slope) / (_TWO_PI * abs(bend))
        offset = max(-1.0 / N_GRID, min(1.0 / N_GRID, offset + step))
    return phase + offset


@helper
def _propagate(gradient, covariance, size):
    variance = 0.0
    for j in range(size):
        inner = 0.0
        for k in range(size):
            inner += covariance[j, k] * gradient[k]
        variance += gradient[j] * inner
    return math.sqrt(max(variance, 0.0))


@helper
def _describe_harmonics(c, covariance, order, frequency, row, packed):
    """Fill A, R, φ and errors, and the covariance of (period, A_k, φ_k1).

    ``a_k = A_k cos φ_k``, ``b_k = −A_k sin φ_k``: rows and columns of the covariance are turned
    in place, a pair (a_k, b_k) into (A_k, φ_k), then φ_k into φ_k1.
    """
    period = 1.0 / frequency
    row[0] = period
    _turn(c, covariance, order)
    _turn(c, covariance.T, order)
    covariance[FREQUENCY, :] *= -(period**2)
    covariance[:, FREQUENCY] *= -(period**2)
    row[1] = math.sqrt(covariance[FREQUENCY, FREQUENCY])

    phi1 = math.atan2(-c[2], c[1])
    row[_PHI1] = phi1 - _TWO_PI * math.floor(phi1 / _TWO_PI)
    a1 = math.hypot(c[1], c[2])
    for k in range(1, order + 1):
        amplitude = math.hypot(c[2 * k - 1], c[2 * k])
        at = 2 * k - 1
        row[_A1 + 2 * (k - 1)] = amplitude
        row[_A1 + 2 * (k - 1) + 1] = math.sqrt(covariance[at, at])
        if k > 1:
            ratio = amplitude / a1
            variance = (
                covariance[at, at] + ratio**2 * covariance[1, 1] - 2.0 * ratio * covariance[at, 1]
            )
            row[_R21 + 2 * (k - 2)] = ratio
            row[_R21 + 2 * (k - 2) + 1] = math.sqrt(max(variance, 0.0)) / a1
            phi = math.atan2(-c[2 * k], c[2 * k - 1]) - k * phi1
            phi -= _TWO_PI * math.floor(phi / _TWO_PI)
            row[_PHI21 + 2 * (k - 2)] = phi if phi < _TWO_PI else 0.0
            row[_PHI21 + 2 * (k - 2) + 1] = math.sqrt(covariance[at + 1, at + 1])

    place = 0
    for i in range(_N_PARAMETERS):
        for j in range(i, _N_PARAMETERS):
            packed[place] = covariance[_source(i), _source(j)]
            place += 1


@helper
def _turn(c, covariance, order):
    for k in range(1, order + 1):
        a = c[2 * k - 1]
        b = c[2 * k]
        amplitude = math.hypot(a, b)
        for j in range(FREQUENCY + 1):
            da = covariance[2 * k - 1, j]
            db = covariance[2 * k, j]
            covariance[2 * k - 1, j] = (a * da + b * db) / amplitude
            covariance[2 * k, j] = (b * da - a * db) / amplitude**2
    for k in range(order, 1, -1):
        for j in range(FREQUENCY + 1):
            covariance[2 * k, j] -= k * covariance[2, j]


@helper
def _source(parameter):
    """Give the row of the turned covariance that holds a parameter of the stored layout."""
    if parameter == 0:
        return FREQUENCY
    if parameter <= MAX_HARMONICS:
        return 2 * parameter - 1
    return 2 * (parameter - MAX_HARMONICS + 1)
