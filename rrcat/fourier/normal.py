"""The linear algebra of one light curve: normal equations, their factor, what follows.

Model ``m = c_0 + Σ_k (a_k cos kθ + b_k sin kθ)``, ``θ = 2π ν (t − T_ref)``, T_ref the mean time.
Coefficients stand as ``c_0, a_1, b_1, a_2, b_2, ...`` throughout, so that every lower order is a
leading block of the normal matrix and one Cholesky factor gives the χ² of all orders.
"""

# Helpers take the types numba infers.
# mypy: allow-untyped-defs, allow-untyped-calls, allow-untyped-decorators

from __future__ import annotations

import math

from rrcat.fourier.basis import add_up, dot
from rrcat.fourier.compiled import helper, unsigned
from rrcat.fourier.workspace import FREQUENCY, REACH, SIZE

_TWO_PI = 2.0 * math.pi
# Column of the factor at which U⁻ᵀ begins.
_INVERSE = unsigned(SIZE + 1)
_REACH = unsigned(REACH)
_0, _1, _2, _3, _4 = unsigned(0), unsigned(1), unsigned(2), unsigned(3), unsigned(4)


@helper
def set_weights(curve, jitter, work):
    """Fill the inverse variances: of the error with the intrinsic scatter, 0 where clipped."""
    for i in range(curve.time.size):
        work.weight[i] = work.used[i] / (curve.error[i] * curve.error[i] + jitter)


@helper
def set_prior(k, scale, work):
    """Set the precision of both coefficients of an order."""
    work.prior[2 * k - 1] = 1.0 / scale**2
    work.prior[2 * k] = 1.0 / scale**2


@helper
def set_normal_equations(order, n, work):
    """Fill the upper triangle of XᵀWX, and XᵀWy beside it; give yᵀWy.

    Products of two harmonics are sums of two others, so the matrix needs only the weighted
    moments of the harmonics up to twice the order.
    """
    size = 2 * order + 1
    moments = work.moments
    matrix = work.matrix
    weighted = work.weighted
    for i in range(n):
        weighted[i] = work.weight[i] * work.centred[i]
    add_up(weighted, work.basis, n, size, moments)
    for j in range(size):
        matrix[j, SIZE] = moments[j]
    total = dot(weighted, work.centred, n)
    add_up(work.weight, work.basis, n, 4 * order + 1, moments)
    for j in range(size):
        matrix[0, j] = moments[j]
    for k in range(1, order + 1):
        matrix[2 * k - 1, 2 * k - 1] = 0.5 * (moments[0] + moments[4 * k - 1])
        matrix[2 * k - 1, 2 * k] = 0.5 * moments[4 * k]
        matrix[2 * k, 2 * k] = 0.5 * (moments[0] - moments[4 * k - 1])
        for j in range(k + 1, order + 1):
            cos_sum = moments[2 * (j + k) - 1]
            sin_sum = moments[2 * (j + k)]
            cos_difference = moments[2 * (j - k) - 1]
            sin_difference = moments[2 * (j - k)]
            matrix[2 * k - 1, 2 * j - 1] = 0.5 * (cos_difference + cos_sum)
            matrix[2 * k - 1, 2 * j] = 0.5 * (sin_sum + sin_difference)
            matrix[2 * k, 2 * j - 1] = 0.5 * (sin_sum - sin_difference)
            matrix[2 * k, 2 * j] = 0.5 * (cos_difference - cos_sum)
    return total


@helper
def factorise(begin, end, work):
    """Fill rows of U, where UᵀU = XᵀWX + Λ, of U⁻ᵀXᵀWy and of U⁻ᵀ; False when not possible.

    Rows before ``begin`` stand from an earlier call, and rows up to ``end`` are enough for orders
    so low: U of a leading block is a block of U. What the three need of earlier rows is the same,
    so they stand side by side and each row is one loop, always of the same length: beyond the
    inverse stand zeros. Earlier rows are taken off four at a time, for the reason given at
    :func:`rrcat.fourier.basis.add_up`.
    """
    factor = work.factor
    matrix = work.matrix
    for k in range(unsigned(begin), unsigned(end)):
        stop = k + _REACH
        for j in range(k, stop):
            factor[k, j] = matrix[k, j]
        factor[k, k] += work.prior[k]
        factor[k, _INVERSE + k] = 1.0
        whole = k - k % _4
        for m in range(_0, whole, _4):
            a, b, c, d = factor[m, k], factor[m + _1, k], factor[m + _2, k], factor[m + _3, k]
            for j in range(k, stop):
                factor[k, j] -= (a * factor[m, j] + b * factor[m + _1, j]) + (
                    c * factor[m + _2, j] + d * factor[m + _3, j]
                )
        for m in range(whole, k):
            a = factor[m, k]
            for j in range(k, stop):
                factor[k, j] -= a * factor[m, j]
        if not factor[k, k] > 0.0:
            return False
        scale = 1.0 / math.sqrt(factor[k, k])
        for j in range(k, stop):
            factor[k, j] *= scale
    return True


@helper
def solve(size, work):
    """Fill the coefficients of the leading block: U⁻¹ (U⁻ᵀXᵀWy)."""
    c = work.coefficients
    factor = work.factor
    for k in range(size):
        c[k] = 0.0
    for j in range(unsigned(size)):
        a = factor[j, SIZE]
        for k in range(j + _1):
            c[k] += a * factor[j, _INVERSE + k]


@helper
def effective_parameters(size, work):
    """Give the number of parameters that the prior leaves free."""
    diagonal = work.shift  # free until the covariance is filled
    factor = work.factor
    for k in range(size):
        diagonal[k] = 0.0
    for j in range(unsigned(size)):
        for k in range(j + _1):
            diagonal[k] += factor[j, _INVERSE + k] * factor[j, _INVERSE + k]
    effective = float(size)
    for k in range(size):
        effective -= work.prior[k] * diagonal[k]
    return effective


@helper
def set_residuals(order, n, work):
    """Fill residuals and slopes, and XᵀWd of the slopes d = dm/dν; give dᵀWd and dᵀWr."""
    residual = work.residual
    slope = work.slope
    for i in range(n):
        residual[i] = work.centred[i] - work.coefficients[0]
        slope[i] = 0.0
    for k in range(1, order + 1):
        a = work.coefficients[2 * k - 1]
        b = work.coefficients[2 * k]
        for i in range(n):
            residual[i] -= a * work.waves[2 * k - 2, i] + b * work.waves[2 * k - 1, i]
            slope[i] += k * (b * work.waves[2 * k - 2, i] - a * work.waves[2 * k - 1, i])
    for i in range(n):
        slope[i] *= _TWO_PI * work.elapsed[i]
        work.weighted[i] = work.weight[i] * slope[i]
    add_up(work.weighted, work.basis, n, 2 * order + 1, work.cross)
    return dot(work.weighted, slope, n), dot(work.weighted, residual, n)


@helper
def frequency_step(order, n, work):
    """Fill the residuals; give the Gauss-Newton step of the frequency and its information.

    The coefficients are eliminated: with d = dm/dν, the information on ν is the Schur complement
    dᵀWd − |U⁻ᵀXᵀWd|². Leaves U⁻ᵀXᵀWd in ``work.cross``.
    """
    information, gradient = set_residuals(order, n, work)
    cross = work.cross
    factor = work.factor
    size = unsigned(2 * order + 1)
    for j in range(size):
        # The diagonal of the inverse is that of one over U.
        value = cross[j] * factor[j, _INVERSE + j]
        cross[j] = value
        information -= value * value
        for k in range(j + _1, size):
            cross[k] -= value * factor[j, k]
    if not information > 0.0:
        return 0.0, 0.0
    return gradient / information, information


@helper
def set_covariance(size, fixed, information, work, covariance):
    """Fill the covariance of coefficients and frequency from the inverse factor.

    Leaves in ``work.shift`` by how much the coefficients fall for a step of one in frequency.
    """
    factor = work.factor
    shift = work.shift
    for j in range(size):
        shift[j] = 0.0
        for k in range(j + 1):
            covariance[j, k] = 0.0
    for m in range(unsigned(SIZE)):
        # N⁻¹XᵀWd = U⁻¹ (U⁻ᵀXᵀWd): what a step in frequency does to the coefficients, negated.
        a = work.cross[m]
        end = min(m + _1, unsigned(size))
        for j in range(end):
            shift[j] += a * factor[m, _INVERSE + j]
        for j in range(end):
            b = factor[m, _INVERSE + j]
            for k in range(j + _1):
                covariance[j, k] += b * factor[m, _INVERSE + k]
    per_information = 0.0 if fixed else 1.0 / information
    for j in range(size):
        a = shift[j] * per_information
        for k in range(j + 1):
            covariance[j, k] += a * shift[k]
            covariance[k, j] = covariance[j, k]
    if not fixed:
        for j in range(size):
            covariance[j, FREQUENCY] = -shift[j] * per_information
            covariance[FREQUENCY, j] = covariance[j, FREQUENCY]
        covariance[FREQUENCY, FREQUENCY] = per_information
