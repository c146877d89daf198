"""From coefficients and their covariance to the parameters a catalogue gives.

Compiled with the fit, one star at a time. Errors are propagated to first order.
"""

# Helpers take the types numba infers.
# mypy: allow-untyped-defs, allow-untyped-calls, allow-untyped-decorators

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from rrcat.fourier.basis import add_up
from rrcat.fourier.compiled import helper
from rrcat.fourier.workspace import FREQUENCY, padded
from rrcat.harmonic import MAX_HARMONICS, PARAMETERS

_N_PARAMETERS = len(PARAMETERS)
_N_TERMS = 2 * MAX_HARMONICS + 1
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


class Grid(NamedTuple):
    """1, cos θ, sin θ, cos 2θ, ... on N_GRID even phases, in two layouts, and room to work."""

    phases: Any  # (N_GRID, padded _N_TERMS)
    terms: Any  # (_N_TERMS, N_GRID)
    magnitude: Any  # (N_GRID,)
    flux: Any  # (N_GRID,)
    gradient: Any  # (padded _N_TERMS,)
    turned: Any  # (4, MAX_HARMONICS)


@helper
def make_grid():
    """Give the grid on which curves are described."""
    phases = np.zeros((N_GRID, padded(_N_TERMS)))
    phases[:, 0] = 1.0
    for g in range(N_GRID):
        for k in range(1, MAX_HARMONICS + 1):
            # Reduced as integers, so that the grid is exactly periodic.
            angle = _TWO_PI * ((k * g) % N_GRID) / N_GRID
            phases[g, 2 * k - 1] = math.cos(angle)
            phases[g, 2 * k] = math.sin(angle)
    return Grid(
        phases,
        phases[:, :_N_TERMS].T.copy(),
        np.empty(N_GRID),
        np.empty(N_GRID),
        np.empty(padded(_N_TERMS)),
        np.empty((4, MAX_HARMONICS)),
    )


@helper
def describe(c, covariance, order, frequency, reference_time, grid, row, packed):
    """Fill a row of values (columns VALUE_COLUMNS) and the packed covariance of a fitted curve.

    What a curve does not have (harmonics beyond its order, the error of a fixed period) is NaN, as
    it must be in ``covariance``, which is turned into that of period, A_k and φ_k1 on the way.
    """
    row[:] = np.nan
    _describe_curve(c, covariance, order, frequency, reference_time, grid, row)
    _describe_harmonics(c, covariance, order, frequency, grid.turned, row)
    place = 0
    for i in range(_N_PARAMETERS):
        for j in range(i, _N_PARAMETERS):
            packed[place] = covariance[_source(i), _source(j)]
            place += 1


@helper
def _describe_curve(c, covariance, order, frequency, reference_time, grid, row):
    size = 2 * order + 1
    row[_ZP] = c[0]
    row[_ZP + 1] = math.sqrt(covariance[0, 0])

    magnitude = grid.magnitude
    gradient = grid.gradient
    for g in range(N_GRID):
        magnitude[g] = 0.0
    for j in range(1, size):
        for g in range(N_GRID):
            magnitude[g] += c[j] * grid.terms[j, g]
    flux_sum = 0.0
    third = 0.0
    for g in range(N_GRID):
        value = magnitude[g]
        third += value * value * value
        grid.flux[g] = math.exp(-_FLUX_EXPONENT * value)
        flux_sum += grid.flux[g]
    add_up(grid.flux, grid.phases, N_GRID, size, gradient)
    for j in range(size):
        gradient[j] /= flux_sum
    row[_INT_AVERAGE] = c[0] - math.log(flux_sum / N_GRID) / _FLUX_EXPONENT
    row[_INT_AVERAGE + 1] = _propagate(gradient, covariance, size)

    variance = 0.0
    for j in range(1, size):
        variance += 0.5 * c[j] * c[j]
    row[_SKEWNESS] = third / N_GRID / (variance * math.sqrt(variance))

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
    row[_EPOCH] = reference_time + nearest / frequency


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
        inner = 0.5 * covariance[j, j] * gradient[j]
        for k in range(j):
            inner += covariance[j, k] * gradient[k]
        variance += 2.0 * gradient[j] * inner
    return math.sqrt(max(variance, 0.0))


@helper
def _describe_harmonics(c, covariance, order, frequency, turned, row):
    """Fill A, R, φ and errors, and turn the covariance into that of (period, A_k, φ_k1).

    ``a_k = A_k cos φ_k``, ``b_k = −A_k sin φ_k``: rows and columns of the covariance are turned
    in place, a pair (a_k, b_k) into (A_k, φ_k), then φ_k into φ_k1.
    """
    period = 1.0 / frequency
    row[0] = period
    phi1 = math.atan2(-c[2], c[1])
    row[_PHI1] = phi1 - _TWO_PI * math.floor(phi1 / _TWO_PI)
    for k in range(1, order + 1):
        a = c[2 * k - 1]
        b = c[2 * k]
        amplitude = math.sqrt(a * a + b * b)
        row[_A1 + 2 * (k - 1)] = amplitude
        # dA = (a da + b db) / A, dφ = (b da − a db) / A²
        turned[0, k - 1] = a / amplitude
        turned[1, k - 1] = b / amplitude
        turned[2, k - 1] = turned[1, k - 1] / amplitude
        turned[3, k - 1] = turned[0, k - 1] / amplitude
    _turn(covariance, order, turned)
    covariance[FREQUENCY, :] *= -period * period
    covariance[:, FREQUENCY] *= -period * period
    row[1] = math.sqrt(covariance[FREQUENCY, FREQUENCY])

    a1 = row[_A1]
    for k in range(1, order + 1):
        at = 2 * k - 1
        amplitude = row[_A1 + 2 * (k - 1)]
        row[_A1 + 2 * (k - 1) + 1] = math.sqrt(covariance[at, at])
        if k > 1:
            ratio = amplitude / a1
            variance = (
                covariance[at, at]
                + ratio * ratio * covariance[1, 1]
                - 2.0 * ratio * covariance[at, 1]
            )
            row[_R21 + 2 * (k - 2)] = ratio
            row[_R21 + 2 * (k - 2) + 1] = math.sqrt(max(variance, 0.0)) / a1
            phi = math.atan2(-c[2 * k], c[2 * k - 1]) - k * phi1
            phi -= _TWO_PI * math.floor(phi / _TWO_PI)
            row[_PHI21 + 2 * (k - 2)] = phi if phi < _TWO_PI else 0.0
            row[_PHI21 + 2 * (k - 2) + 1] = math.sqrt(covariance[at + 1, at + 1])


@helper
def _turn(covariance, order, turned):
    """Turn columns, then rows."""
    n = FREQUENCY + 1
    for i in range(n):
        for k in range(1, order + 1):
            da = covariance[i, 2 * k - 1]
            db = covariance[i, 2 * k]
            covariance[i, 2 * k - 1] = turned[0, k - 1] * da + turned[1, k - 1] * db
            covariance[i, 2 * k] = turned[2, k - 1] * da - turned[3, k - 1] * db
        for k in range(2, order + 1):
            covariance[i, 2 * k] -= k * covariance[i, 2]
    for k in range(1, order + 1):
        for j in range(n):
            da = covariance[2 * k - 1, j]
            db = covariance[2 * k, j]
            covariance[2 * k - 1, j] = turned[0, k - 1] * da + turned[1, k - 1] * db
            covariance[2 * k, j] = turned[2, k - 1] * da - turned[3, k - 1] * db
    for k in range(2, order + 1):
        for j in range(n):
            covariance[2 * k, j] -= k * covariance[2, j]


@helper
def _source(parameter):
    """Give the row of the turned covariance that holds a parameter of the stored layout."""
    if parameter == 0:
        return FREQUENCY
    if parameter <= MAX_HARMONICS:
        return 2 * parameter - 1
    return 2 * (parameter - MAX_HARMONICS + 1)
