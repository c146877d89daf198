"""The linear algebra of one light curve: basis, normal equations, their factor, what follows.

Model ``m = c_0 + Σ_k (a_k cos kθ + b_k sin kθ)``, ``θ = 2π ν (t − T_ref)``, T_ref the mean time.
Coefficients stand as ``c_0, a_1, b_1, a_2, b_2, ...`` throughout, so that every lower order is a
leading block of the normal matrix and one Cholesky factor gives the χ² of all orders.
"""

# Helpers take the types numba infers.
# mypy: allow-untyped-defs, allow-untyped-calls, allow-untyped-decorators

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from rrcat.fourier.compiled import helper
from rrcat.harmonic import MAX_HARMONICS

FREQUENCY = 2 * MAX_HARMONICS + 1
"""Place of the frequency in the covariance of coefficients and frequency."""

HIGHEST = 12
"""Order up to which harmonics take part: beyond the chosen one as a small, uncertain tail."""
SIZE = 2 * HIGHEST + 1
# Moments Σ w cos mθ, Σ w sin mθ are needed up to twice the order.
_N_BASIS = 4 * HIGHEST + 1
_TWO_PI = 2.0 * math.pi


class Curve(NamedTuple):
    """One light curve, with its mean time and magnitude and the time it spans."""

    time: Any
    mag: Any
    error: Any
    reference: float
    mean_mag: float
    span: float


class Work(NamedTuple):
    """Arrays reused from one light curve to the next; the first axis of the upper six is epochs."""

    basis: Any
    weight: Any
    residual: Any
    deviation: Any
    sorted: Any
    used: Any
    moments: Any
    rhs: Any
    matrix: Any
    factor: Any
    forward: Any
    coefficients: Any
    cross: Any
    inverse: Any
    prior: Any


@helper
def make_work(longest):
    """Give the arrays for light curves of up to so many epochs."""
    return Work(
        np.ones((longest, _N_BASIS)),
        np.empty(longest),
        np.empty(longest),
        np.empty(longest),
        np.empty(longest),
        np.empty(longest, dtype=np.bool_),
        np.empty(_N_BASIS),
        np.empty(SIZE),
        np.empty((SIZE, SIZE)),
        np.empty((SIZE, SIZE)),
        np.empty(SIZE),
        np.empty(SIZE),
        np.empty(SIZE),
        np.empty((SIZE, SIZE)),
        np.zeros(SIZE),
    )


@helper
def set_basis(curve, frequency, highest, work):
    """Fill 1, cos θ, sin θ, cos 2θ, ... of every epoch by angle addition, one sine each."""
    for i in range(curve.time.size):
        cycle = (curve.time[i] - curve.reference) * frequency
        angle = _TWO_PI * (cycle - math.floor(cycle))
        cosine = math.cos(angle)
        sine = math.sin(angle)
        row = work.basis[i]
        c = cosine
        s = sine
        row[1] = c
        row[2] = s
        for m in range(2, highest + 1):
            c, s = c * cosine - s * sine, s * cosine + c * sine
            row[2 * m - 1] = c
            row[2 * m] = s


@helper
def set_weights(curve, jitter, work):
    """Fill the inverse variances: of the error with the intrinsic scatter, 0 where clipped."""
    for i in range(curve.time.size):
        work.weight[i] = 1.0 / (curve.error[i] ** 2 + jitter) if work.used[i] else 0.0


@helper
def set_prior(k, scale, work):
    """Set the precision of both coefficients of an order."""
    work.prior[2 * k - 1] = 1.0 / scale**2
    work.prior[2 * k] = 1.0 / scale**2


@helper
def set_normal_equations(curve, order, work):
    """Fill the lower triangle of XᵀWX + Λ and XᵀWy; give yᵀWy.

    Products of two harmonics are sums of two others, so the matrix needs only the weighted
    moments of the harmonics up to twice the order.
    """
    n_moments = 4 * order + 1
    size = 2 * order + 1
    moments = work.moments
    rhs = work.rhs
    moments[:n_moments] = 0.0
    rhs[:size] = 0.0
    total = 0.0
    for i in range(curve.mag.size):
        w = work.weight[i]
        y = curve.mag[i] - curve.mean_mag
        wy = w * y
        total += wy * y
        row = work.basis[i]
        for j in range(n_moments):
            moments[j] += w * row[j]
        for j in range(size):
            rhs[j] += wy * row[j]

    matrix = work.matrix
    matrix[0, 0] = moments[0]
    for j in range(1, order + 1):
        matrix[2 * j - 1, 0] = moments[2 * j - 1]
        matrix[2 * j, 0] = moments[2 * j]
        for k in range(1, j + 1):
            cos_sum = moments[2 * (j + k) - 1]
            sin_sum = moments[2 * (j + k)]
            cos_difference = moments[0] if j == k else moments[2 * (j - k) - 1]
            sin_difference = 0.0 if j == k else moments[2 * (j - k)]
            matrix[2 * j - 1, 2 * k - 1] = 0.5 * (cos_difference + cos_sum)
            matrix[2 * j, 2 * k] = 0.5 * (cos_difference - cos_sum)
            matrix[2 * j, 2 * k - 1] = 0.5 * (sin_sum + sin_difference)
            if k < j:
                matrix[2 * j - 1, 2 * k] = 0.5 * (sin_sum - sin_difference)
    return total


@helper
def factorise(begin, end, work):
    """Fill rows of the Cholesky factor L of XᵀWX + Λ and of L⁻¹ XᵀWy; False when not possible.

    Rows before ``begin`` stand from an earlier call: L of a leading block is a block of L.
    """
    factor = work.factor
    forward = work.forward
    for j in range(begin, end):
        for k in range(j):
            value = work.matrix[j, k]
            for m in range(k):
                value -= factor[j, m] * factor[k, m]
            factor[j, k] = value / factor[k, k]
        diagonal = work.matrix[j, j] + work.prior[j]
        value = work.rhs[j]
        for m in range(j):
            diagonal -= factor[j, m] ** 2
            value -= factor[j, m] * forward[m]
        if not diagonal > 0.0:
            return False
        factor[j, j] = math.sqrt(diagonal)
        forward[j] = value / factor[j, j]
    return True


@helper
def solve(size, work):
    """Fill the coefficients from the leading block of the factor."""
    for j in range(size - 1, -1, -1):
        value = work.forward[j]
        for m in range(j + 1, size):
            value -= work.factor[m, j] * work.coefficients[m]
        work.coefficients[j] = value / work.factor[j, j]


@helper
def frequency_step(curve, order, work):
    """Fill the residuals; give the Gauss-Newton step of the frequency and its information.

    The coefficients are eliminated: with d = dm/dν, the information on ν is the Schur complement
    dᵀWd − |L⁻¹XᵀWd|². Leaves L⁻¹XᵀWd in ``work.cross``.
    """
    size = 2 * order + 1
    cross = work.cross
    cross[:size] = 0.0
    information = 0.0
    gradient = 0.0
    c = work.coefficients
    for i in range(curve.time.size):
        row = work.basis[i]
        model = c[0]
        slope = 0.0
        for k in range(1, order + 1):
            model += c[2 * k - 1] * row[2 * k - 1] + c[2 * k] * row[2 * k]
            slope += k * (c[2 * k] * row[2 * k - 1] - c[2 * k - 1] * row[2 * k])
        slope *= _TWO_PI * (curve.time[i] - curve.reference)
        residual = curve.mag[i] - curve.mean_mag - model
        work.residual[i] = residual
        ws = work.weight[i] * slope
        information += ws * slope
        gradient += ws * residual
        for j in range(size):
            cross[j] += ws * row[j]
    for j in range(size):
        for m in range(j):
            cross[j] -= work.factor[j, m] * cross[m]
        cross[j] /= work.factor[j, j]
        information -= cross[j] ** 2
    if not information > 0.0:
        return 0.0, 0.0
    return gradient / information, information


@helper
def effective_parameters(size, work):
    """Fill the inverse of the factor; give the number of parameters the prior leaves free."""
    inverse = work.inverse
    factor = work.factor
    effective = float(size)
    for j in range(size):
        for k in range(j):
            value = 0.0
            for m in range(k, j):
                value -= factor[j, m] * inverse[m, k]
            inverse[j, k] = value / factor[j, j]
        inverse[j, j] = 1.0 / factor[j, j]
    for j in range(size):
        for k in range(j + 1):
            effective -= work.prior[k] * inverse[j, k] ** 2
    return effective


@helper
def set_covariance(size, full, fixed, information, work, covariance):
    """Fill the covariance of coefficients and frequency from the inverse factor."""
    inverse = work.inverse
    shift = work.forward
    for j in range(size):
        # N⁻¹XᵀWd = L⁻ᵀ (L⁻¹XᵀWd): what a step in frequency does to the coefficients, negated.
        shift[j] = 0.0
        for m in range(j, full):
            shift[j] += inverse[m, j] * work.cross[m]
    for j in range(size):
        for k in range(j + 1):
            value = 0.0
            for m in range(j, full):
                value += inverse[m, j] * inverse[m, k]
            if not fixed:
                value += shift[j] * shift[k] / information
            covariance[j, k] = value
            covariance[k, j] = value
    if not fixed:
        for j in range(size):
            covariance[j, FREQUENCY] = -shift[j] / information
            covariance[FREQUENCY, j] = covariance[j, FREQUENCY]
        covariance[FREQUENCY, FREQUENCY] = 1.0 / information
