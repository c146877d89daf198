"""The compiled fit of one light curve: coefficients of the series, frequency, their covariance.

Model ``m = c_0 + Σ_k (a_k cos kθ + b_k sin kθ)``, ``θ = 2π ν (t − T_ref)``, T_ref the mean time.
Coefficients stand as ``c_0, a_1, b_1, a_2, b_2, ...`` throughout, so that every lower order is a
leading block of the normal matrix and one Cholesky factor gives the χ² of all orders.

One light curve is worked at a time, in arrays that are reused: what comes out for a star does not
depend on which other stars are there. All compiled functions of the fit live in this one file,
because numba's cache of a function does not notice a change in another file.
"""

# Private compiled functions take the types numba infers.
# mypy: allow-untyped-defs, allow-untyped-calls

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from rrcat.harmonic import MAX_HARMONICS

compiled: Any = numba.njit(cache=True, error_model="numpy")

N_COEFFICIENTS = 2 * MAX_HARMONICS + 1
FREQUENCY = N_COEFFICIENTS
"""Place of the frequency in the covariance of coefficients and frequency."""

_HIGHEST = 10
"""Order up to which the harmonics beyond the chosen one are kept as a small, uncertain tail."""
_SIZE = 2 * _HIGHEST + 1
# Moments Σ w cos mθ, Σ w sin mθ are needed up to twice the order.
_N_BASIS = 4 * _HIGHEST + 1
_TWO_PI = 2.0 * math.pi
_MAD_TO_SIGMA = 1.4826022185056018

_START_ORDERS = (1, 3)
_START_ROUNDS = 6
_SELECTION_ROUNDS = 4
_MAX_ROUNDS = 20
_START_SCATTER = 0.03
"""Guess of the intrinsic scatter [mag] for the first rounds: it only sets first weights."""
_LEAST_SCALE = 0.5
"""Errors are not believed to be too large by more than half: clips nothing from noiseless curves."""
_TAIL_RATIO = 0.7
_COVERING = 0.05
"""An observation covers this much of the cycle on either side."""

# Columns of `scalars` and `flags` that the fit of a light curve fills.
SCALARS = (
    "frequency",
    "reference_time",
    "residual_scatter",
    "reduced_chi2",
    "phase_coverage",
    "largest_gap",
)
FLAGS = ("failed", "n_harmonics", "n_used", "n_clipped", "fixed", "at_bound", "order_limited")


class KernelSettings(NamedTuple):
    """Settings of the fit as numba takes them; meanings in :class:`rrcat.fourier.FitSettings`."""

    min_order: int
    max_order: int
    bayesian: bool
    gap_limit: float
    free_period: bool
    max_drift: float
    max_period_shift: float
    clip_sigma: float
    max_clipped_fraction: float
    noise_floor: float


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


@compiled
def fit_batch(
    offsets: NDArray[np.int64],
    time: NDArray[np.float64],
    mag: NDArray[np.float64],
    error: NDArray[np.float64],
    frequency: NDArray[np.float64],
    prior_scales: NDArray[np.float64],
    settings: KernelSettings,
    coefficients: NDArray[np.float64],
    covariance: NDArray[np.float64],
    scalars: NDArray[np.float64],
    flags: NDArray[np.int64],
) -> None:
    """Fit every light curve and fill the four output arrays, one row each."""
    longest = 1
    for star in range(offsets.size - 1):
        longest = max(longest, offsets[star + 1] - offsets[star])
    work = Work(
        np.ones((longest, _N_BASIS)),
        np.empty(longest),
        np.empty(longest),
        np.empty(longest),
        np.empty(longest),
        np.empty(longest, dtype=np.bool_),
        np.empty(_N_BASIS),
        np.empty(_SIZE),
        np.empty((_SIZE, _SIZE)),
        np.empty((_SIZE, _SIZE)),
        np.empty(_SIZE),
        np.empty(_SIZE),
        np.empty(_SIZE),
        np.empty((_SIZE, _SIZE)),
        np.zeros(_SIZE),
    )
    for star in range(offsets.size - 1):
        here = slice(offsets[star], offsets[star + 1])
        _fit_one(
            time[here],
            mag[here],
            error[here],
            frequency[star],
            prior_scales[star],
            settings,
            work,
            coefficients[star],
            covariance[star],
            scalars[star],
            flags[star],
        )


@compiled
def _fit_one(
    time, mag, error, start, scales, settings, work, coefficients, covariance, scalars, flags
):
    n = time.size
    coefficients[:] = np.nan
    covariance[:] = np.nan
    scalars[:] = np.nan
    flags[:] = 0

    reference = 0.0
    mean_mag = 0.0
    first = time[0]
    last = time[0]
    for i in range(n):
        reference += time[i]
        mean_mag += mag[i]
        first = min(first, time[i])
        last = max(last, time[i])
    reference /= n
    mean_mag /= n
    span = last - first

    # Two parameters an order, the mean, and one point to spare.
    by_points = (n - 2) // 2
    fixed = not settings.free_period or span * start < 3.0 or n < 2 * settings.min_order + 3
    bound = 0.0
    if not fixed:
        bound = min(settings.max_drift / span, settings.max_period_shift * start)

    jitter = _START_SCATTER**2
    for i in range(n):
        work.used[i] = True
        work.weight[i] = 1.0 / (error[i] ** 2 + jitter)

    frequency = start
    at_bound = False
    if not fixed:
        for order in _START_ORDERS:
            if at_bound or order > by_points:
                break
            for _ in range(_START_ROUNDS):
                _set_basis(time, reference, frequency, 2 * order, work)
                _set_normal_equations(mag, mean_mag, order, work)
                for k in range(1, order + 1):
                    _set_prior(k, scales[k - 1], work)
                if not _factorise(0, 2 * order + 1, work):
                    flags[0] = 1
                    return
                _solve(2 * order + 1, work)
                step, _ = _frequency_step(time, mag, mean_mag, reference, order, work)
                step = max(-0.25 / span, min(0.25 / span, step))
                frequency += step
                if abs(frequency - start) > bound:
                    at_bound = True
                    break
                if abs(step) * span < 0.01:
                    break
    if at_bound:
        frequency = start
        fixed = True

    gap, coverage = _phase_sampling(time, reference, frequency, work)
    by_gap = int(settings.gap_limit / gap)
    allowed = min(settings.max_order, by_points, max(by_gap, settings.min_order))
    lowest = min(settings.min_order, allowed)

    order = lowest
    curvature = 0.0
    effective = 0.0
    n_used = n
    for round_ in range(_MAX_ROUNDS):
        selecting = round_ < _SELECTION_ROUNDS
        top = allowed if selecting else order
        _set_basis(time, reference, frequency, 2 * _HIGHEST, work)
        total = _set_normal_equations(mag, mean_mag, _HIGHEST, work)
        for k in range(1, top + 1):
            _set_prior(k, scales[k - 1], work)
        if not _factorise(0, 2 * top + 1, work):
            flags[0] = 1
            return
        changed = False
        if selecting:
            best = _choose_order(lowest, top, n_used, total, fixed, settings.bayesian, work)
            changed = best != order
            order = best
        _solve(2 * order + 1, work)
        tail = math.hypot(work.coefficients[2 * order - 1], work.coefficients[2 * order])
        tail = max(tail * math.sqrt(0.5), settings.noise_floor)
        for k in range(order + 1, _HIGHEST + 1):
            tail *= _TAIL_RATIO
            _set_prior(k, tail, work)
        size = _SIZE
        if not _factorise(2 * order + 1, size, work):
            flags[0] = 1
            return
        _solve(size, work)
        step, curvature = _frequency_step(time, mag, mean_mag, reference, _HIGHEST, work)
        if fixed:
            step = 0.0
        step = max(-0.1 / span, min(0.1 / span, step)) if not fixed else 0.0
        if abs(frequency + step - start) > bound and not fixed:
            frequency = start
            fixed = True
            at_bound = True
            continue

        effective = _effective_parameters(size, work) + (0.0 if fixed else 1.0)
        if selecting and _clip(error, jitter, effective, settings, work):
            changed = True
        n_used = 0
        for i in range(n):
            n_used += work.used[i]
        freedom = max(n_used - effective, 1.0)
        new_jitter = _solve_jitter(error, jitter, freedom, settings.noise_floor, work)
        settled = abs(new_jitter - jitter) <= 1e-3 * new_jitter
        jitter = new_jitter
        converged = fixed or step * step * curvature < 1e-6
        if not changed and settled and converged and round_ > 0:
            break
        for i in range(n):
            work.weight[i] = 1.0 / (error[i] ** 2 + jitter) if work.used[i] else 0.0
        frequency += step

    size = 2 * order + 1
    coefficients[:size] = work.coefficients[:size]
    coefficients[0] += mean_mag
    _set_covariance(size, _SIZE, fixed, curvature, work, covariance)

    squares = 0.0
    chi2 = 0.0
    errors_known = True
    for i in range(n):
        if work.used[i]:
            squares += work.residual[i] ** 2
            if error[i] > 0.0:
                chi2 += (work.residual[i] / error[i]) ** 2
            else:
                errors_known = False
    freedom = max(n_used - effective, 1.0)
    gap, coverage = _phase_sampling(time, reference, frequency, work)
    scalars[0] = frequency
    scalars[1] = reference
    scalars[2] = math.sqrt(squares / freedom)
    if errors_known:
        scalars[3] = chi2 / freedom
    scalars[4] = coverage
    scalars[5] = gap
    flags[1] = order
    flags[2] = n_used
    flags[3] = n - n_used
    flags[4] = fixed
    flags[5] = at_bound
    flags[6] = order == allowed and allowed < settings.max_order
    for j in range(size):
        if not math.isfinite(coefficients[j]):
            flags[0] = 1


@compiled
def _set_basis(time, reference, frequency, highest, work):
    """Fill 1, cos θ, sin θ, cos 2θ, ... of every epoch by angle addition, one sine each."""
    for i in range(time.size):
        cycle = (time[i] - reference) * frequency
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


@compiled
def _set_normal_equations(mag, mean_mag, order, work):
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
    for i in range(mag.size):
        w = work.weight[i]
        y = mag[i] - mean_mag
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


@compiled
def _set_prior(k, scale, work):
    """Set the precision of both coefficients of an order."""
    work.prior[2 * k - 1] = 1.0 / scale**2
    work.prior[2 * k] = 1.0 / scale**2


@compiled
def _factorise(begin, end, work):
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


@compiled
def _choose_order(lowest, highest, n_used, total, fixed, bayesian, work):
    """Give the order with the least information criterion, the scale of the noise profiled out."""
    misfit = total - work.forward[0] ** 2
    best = lowest
    least = np.inf
    for order in range(1, highest + 1):
        misfit -= work.forward[2 * order - 1] ** 2 + work.forward[2 * order] ** 2
        if order < lowest:
            continue
        # Mean, coefficients, scale of the noise, frequency.
        n_parameters = 2 * order + 2 + (0 if fixed else 1)
        if bayesian:
            penalty = n_parameters * math.log(n_used)
        elif n_used - n_parameters - 1 > 0:
            penalty = 2.0 * n_parameters * n_used / (n_used - n_parameters - 1)
        else:
            penalty = np.inf
        value = n_used * math.log(max(misfit, 1e-12 * total) / n_used) + penalty
        if value < least:
            least = value
            best = order
    return best


@compiled
def _solve(size, work):
    """Fill the coefficients from the leading block of the factor."""
    for j in range(size - 1, -1, -1):
        value = work.forward[j]
        for m in range(j + 1, size):
            value -= work.factor[m, j] * work.coefficients[m]
        work.coefficients[j] = value / work.factor[j, j]


@compiled
def _frequency_step(time, mag, mean_mag, reference, order, work):
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
    for i in range(time.size):
        row = work.basis[i]
        model = c[0]
        slope = 0.0
        for k in range(1, order + 1):
            model += c[2 * k - 1] * row[2 * k - 1] + c[2 * k] * row[2 * k]
            slope += k * (c[2 * k] * row[2 * k - 1] - c[2 * k - 1] * row[2 * k])
        slope *= _TWO_PI * (time[i] - reference)
        residual = mag[i] - mean_mag - model
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


@compiled
def _effective_parameters(size, work):
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


@compiled
def _clip(error, jitter, effective, settings, work):
    """Choose afresh which epochs are used; True when the choice changed."""
    n = error.size
    n_clippable = int(settings.max_clipped_fraction * n)
    if n_clippable == 0:
        return False
    ordered = work.sorted[:n]
    for i in range(n):
        work.deviation[i] = abs(work.residual[i]) / math.sqrt(error[i] ** 2 + jitter)
        ordered[i] = work.deviation[i]
    ordered.sort()
    median = 0.5 * (ordered[(n - 1) // 2] + ordered[n // 2])
    # Residuals of a fit are smaller than the noise by the parameters they paid for.
    scale = _MAD_TO_SIGMA * median * math.sqrt(n / max(n - effective, 1.0))
    limit = settings.clip_sigma * max(scale, _LEAST_SCALE)
    limit = max(limit, ordered[n - 1 - n_clippable])
    changed = False
    for i in range(n):
        keep = work.deviation[i] <= limit
        if keep != work.used[i]:
            changed = True
            work.used[i] = keep
    return changed


@compiled
def _solve_jitter(error, jitter, freedom, floor, work):
    """Give the intrinsic variance that brings χ² to the degrees of freedom, floor² at least.

    1/χ² is nearly linear in the variance, so two Newton steps on it are as good as exact.
    """
    for _ in range(2):
        chi2 = 0.0
        derivative = 0.0
        for i in range(error.size):
            if work.used[i]:
                precision = 1.0 / (error[i] ** 2 + jitter)
                share = work.residual[i] ** 2 * precision
                chi2 += share
                derivative += share * precision
        if not derivative > 0.0:
            return floor**2
        jitter = max(jitter + (chi2 * chi2 / freedom - chi2) / derivative, floor**2)
    return jitter


@compiled
def _phase_sampling(time, reference, frequency, work):
    """Give the largest phase gap and the covered fraction of the cycle, for the epochs in use."""
    n = 0
    for i in range(time.size):
        if work.used[i]:
            cycle = (time[i] - reference) * frequency
            work.sorted[n] = cycle - math.floor(cycle)
            n += 1
    phases = work.sorted[:n]
    phases.sort()
    largest = 0.0
    uncovered = 0.0
    for i in range(n):
        gap = phases[i + 1] - phases[i] if i + 1 < n else phases[0] + 1.0 - phases[i]
        largest = max(largest, gap)
        uncovered += max(0.0, gap - 2.0 * _COVERING)
    return largest, 1.0 - uncovered


@compiled
def _set_covariance(size, full, fixed, information, work, covariance):
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
