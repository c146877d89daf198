"""The compiled fit of one light curve: coefficients of the series, frequency, their covariance.

Model ``m = c_0 + Σ_k (a_k cos kθ + b_k sin kθ)``, ``θ = 2π ν (t − T_ref)``, T_ref the mean time.
Coefficients stand as ``c_0, a_1, b_1, a_2, b_2, ...`` throughout, so that every lower order is a
leading block of the normal matrix and one Cholesky factor gives the χ² of all orders.

One light curve is worked at a time, in arrays that are reused: what comes out for a star does not
depend on which other stars are there. All compiled functions of the fit live in this one file,
because numba's cache of a function does not notice a change in another file.
"""

# Private compiled functions take the types numba infers.
# mypy: allow-untyped-defs, allow-untyped-calls, allow-untyped-decorators

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rrcat.fourier.compiled import helper, kernel
from rrcat.harmonic import MAX_HARMONICS

N_COEFFICIENTS = 2 * MAX_HARMONICS + 1
FREQUENCY = N_COEFFICIENTS
"""Place of the frequency in the covariance of coefficients and frequency."""

_HIGHEST = 12
"""Order up to which the harmonics beyond the chosen one are kept as a small, uncertain tail."""
_SIZE = 2 * _HIGHEST + 1
# Moments Σ w cos mθ, Σ w sin mθ are needed up to twice the order.
_N_BASIS = 4 * _HIGHEST + 1
_TWO_PI = 2.0 * math.pi
_MAD_TO_SIGMA = 1.4826022185056018

_SEARCH_ORDERS = (1, 3)
_SEARCH_ROUNDS = 6
_SEARCH_TOLERANCE = 0.01  # cycles over the time span
_SELECTION_ROUNDS = 4
_MAX_ROUNDS = 20
_STEP_TOLERANCE = 1e-3  # of the standard error of the frequency
_JITTER_TOLERANCE = 1e-2  # of the intrinsic variance

# Guess of the intrinsic scatter [mag], for the weights of the first round.
_FIRST_SCATTER = 0.03
# Where errors are unknown the scatter is told from the residuals, and from as many observations
# as these with this scatter [mag]: a few points can be fitted so well that nothing is left.
_PSEUDO_OBSERVATIONS = 2.0
_PSEUDO_SCATTER = 0.02
# A harmonic beyond the chosen order is expected to have this much of the amplitude of the one
# before; and this is what a coefficient is to an amplitude.
_TAIL_RATIO = 0.65
_TAIL_SCALE = 0.6
# Formal errors are not believed to be too large by more than a factor of two.
_LEAST_SCALE = 0.5
# An observation covers this much of the cycle on either side.
_COVERING = 0.05

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


@kernel
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


@helper
def _fit_one(
    time, mag, error, given, scales, settings, work, coefficients, covariance, scalars, flags
):
    coefficients[:] = np.nan
    covariance[:] = np.nan
    scalars[:] = np.nan
    flags[:] = 0
    n = time.size
    curve = Curve(time, mag, error, np.mean(time), np.mean(mag), np.max(time) - np.min(time))

    # Two parameters an order, the mean, and one point to spare.
    by_points = (n - 2) // 2
    fixed = not settings.free_period or curve.span * given < 3.0 or n < 2 * settings.min_order + 3
    bound = (
        0.0 if fixed else min(settings.max_drift / curve.span, settings.max_period_shift * given)
    )

    jitter = _FIRST_SCATTER**2
    work.used[:n] = True
    _set_weights(curve, jitter, work)
    frequency = given
    at_bound = False
    if not fixed:
        frequency = _search(curve, given, bound, scales, work)
        at_bound = math.isnan(frequency)
        if at_bound:
            frequency = given
            fixed = True

    gap, coverage = _phase_sampling(curve, frequency, work)
    allowed = max(int(settings.gap_limit / gap), settings.min_order)
    allowed = min(allowed, by_points, settings.max_order)
    lowest = min(settings.min_order, allowed)

    _set_basis(curve, frequency, 2 * _HIGHEST, work)
    order = lowest
    information = 0.0
    effective = 0.0
    n_used = n
    for rounds in range(_MAX_ROUNDS):
        # Later rounds only refine: order and clipping can no longer chase each other.
        selecting = rounds < _SELECTION_ROUNDS
        highest = allowed if selecting else order
        total = _set_normal_equations(curve, _HIGHEST, work)
        for k in range(1, highest + 1):
            _set_prior(k, scales[k - 1], work)
        if not _factorise(0, 2 * highest + 1, work):
            flags[0] = 1
            return
        changed = False
        if selecting:
            chosen = _choose_order(lowest, highest, n_used, total, fixed, settings.bayesian, work)
            changed = chosen != order
            order = chosen
        if not _add_tail(order, settings.noise_floor, work):
            flags[0] = 1
            return
        _solve(_SIZE, work)
        step, information = _frequency_step(curve, _HIGHEST, work)
        if not fixed and abs(frequency + step - given) > bound:
            frequency = given
            fixed = True
            at_bound = True
            _set_basis(curve, frequency, 2 * _HIGHEST, work)
            continue
        step = 0.0 if fixed else max(-0.1 / curve.span, min(0.1 / curve.span, step))
        found = step**2 * information < _STEP_TOLERANCE**2

        effective = _effective_parameters(_SIZE, work) + (0.0 if fixed else 1.0)
        if selecting and _clip(curve, jitter, effective, settings, work):
            changed = True
        n_used = np.sum(work.used[:n])
        freedom = max(n_used - effective, 1.0)
        before = jitter
        jitter = _solve_jitter(curve, jitter, freedom, settings.noise_floor, work)
        settled = abs(jitter - before) <= _JITTER_TOLERANCE * jitter
        if rounds > 0 and not changed and settled and found:
            break
        _set_weights(curve, jitter, work)
        if not found:
            frequency += step
            _set_basis(curve, frequency, 2 * _HIGHEST, work)

    size = 2 * order + 1
    coefficients[:size] = work.coefficients[:size]
    coefficients[0] += curve.mean_mag
    _set_covariance(size, _SIZE, fixed, information, work, covariance)
    gap, coverage = _phase_sampling(curve, frequency, work)
    freedom = max(n_used - effective, 1.0)
    scalars[0] = frequency
    scalars[1] = curve.reference
    scalars[2] = math.sqrt(_sum_of_squares(curve, False, work) / freedom)
    scalars[3] = _sum_of_squares(curve, True, work) / freedom
    scalars[4] = coverage
    scalars[5] = gap
    flags[1] = order
    flags[2] = n_used
    flags[3] = n - n_used
    flags[4] = fixed
    flags[5] = at_bound
    flags[6] = order == allowed and allowed < settings.max_order
    if not np.all(np.isfinite(coefficients[:size])):
        flags[0] = 1


@helper
def _search(curve, given, bound, scales, work):
    """Give a frequency to start from, found with few harmonics; NaN when it runs out of bounds.

    Few harmonics forgive a period that smears the curve, but of a sharp, sparse curve they make
    a poor model: the given period stays unless another leaves less than half the misfit.
    """
    frequency = given
    misfit = 0.0
    misfit_given = _low_order_misfit(curve, given, _SEARCH_ORDERS[-1], scales, work)
    for order in _SEARCH_ORDERS:
        for _ in range(_SEARCH_ROUNDS):
            misfit = _low_order_misfit(curve, frequency, order, scales, work)
            _solve(2 * order + 1, work)
            step, _information = _frequency_step(curve, order, work)
            step = max(-0.25 / curve.span, min(0.25 / curve.span, step))
            if abs(step) * curve.span < _SEARCH_TOLERANCE:
                break
            frequency += step
            if not abs(frequency - given) <= bound:
                return np.nan
    return frequency if misfit < 0.5 * misfit_given else given


@helper
def _low_order_misfit(curve, frequency, order, scales, work):
    _set_basis(curve, frequency, 2 * order, work)
    misfit = _set_normal_equations(curve, order, work)
    for k in range(1, order + 1):
        _set_prior(k, scales[k - 1], work)
    if not _factorise(0, 2 * order + 1, work):
        return np.inf
    for j in range(2 * order + 1):
        misfit -= work.forward[j] ** 2
    return misfit


@helper
def _set_weights(curve, jitter, work):
    for i in range(curve.time.size):
        work.weight[i] = 1.0 / (curve.error[i] ** 2 + jitter) if work.used[i] else 0.0


@helper
def _sum_of_squares(curve, in_errors, work):
    """Give the sum of squared residuals, in mag or in formal errors (NaN where unknown)."""
    total = 0.0
    for i in range(curve.time.size):
        if work.used[i]:
            unit = curve.error[i] if in_errors else 1.0
            total += (work.residual[i] / unit) ** 2 if unit > 0.0 else np.nan
    return total


@helper
def _add_tail(order, floor, work):
    """Go on with the factor beyond the order, for the small harmonics that are not given.

    What lies beyond the chosen order is not zero. Each order is expected to be a fixed part of
    the last, from the last chosen one on; letting the data move them within that keeps them from
    biasing the harmonics that are given, and puts their uncertainty into the covariance.
    """
    _solve(2 * order + 1, work)
    scale = _TAIL_SCALE * math.hypot(work.coefficients[2 * order - 1], work.coefficients[2 * order])
    scale = max(scale, floor)
    for k in range(order + 1, _HIGHEST + 1):
        scale *= _TAIL_RATIO
        _set_prior(k, scale, work)
    return _factorise(2 * order + 1, _SIZE, work)


@helper
def _set_basis(curve, frequency, highest, work):
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
def _set_normal_equations(curve, order, work):
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
def _set_prior(k, scale, work):
    """Set the precision of both coefficients of an order."""
    work.prior[2 * k - 1] = 1.0 / scale**2
    work.prior[2 * k] = 1.0 / scale**2


@helper
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


@helper
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


@helper
def _solve(size, work):
    """Fill the coefficients from the leading block of the factor."""
    for j in range(size - 1, -1, -1):
        value = work.forward[j]
        for m in range(j + 1, size):
            value -= work.factor[m, j] * work.coefficients[m]
        work.coefficients[j] = value / work.factor[j, j]


@helper
def _frequency_step(curve, order, work):
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


@helper
def _clip(curve, jitter, effective, settings, work):
    """Choose afresh which epochs are used; True when the choice changed."""
    n = curve.error.size
    n_clippable = int(settings.max_clipped_fraction * n)
    if n_clippable == 0:
        return False
    ordered = work.sorted[:n]
    for i in range(n):
        work.deviation[i] = abs(work.residual[i]) / math.sqrt(curve.error[i] ** 2 + jitter)
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


@helper
def _solve_jitter(curve, jitter, freedom, floor, work):
    """Give the intrinsic variance that brings χ² to the degrees of freedom, floor² at least.

    1/χ² is nearly linear in the variance, so two Newton steps on it are as good as exact.
    """
    unknown = curve.error[0] == 0.0
    if unknown:
        freedom += _PSEUDO_OBSERVATIONS
    for _ in range(2):
        chi2 = 0.0
        derivative = 0.0
        if unknown:
            chi2 = _PSEUDO_OBSERVATIONS * _PSEUDO_SCATTER**2 / jitter
            derivative = chi2 / jitter
        for i in range(curve.error.size):
            if work.used[i]:
                precision = 1.0 / (curve.error[i] ** 2 + jitter)
                share = work.residual[i] ** 2 * precision
                chi2 += share
                derivative += share * precision
        if not derivative > 0.0:
            return floor**2
        jitter = max(jitter + (chi2 * chi2 / freedom - chi2) / derivative, floor**2)
    return jitter


@helper
def _phase_sampling(curve, frequency, work):
    """Give the largest phase gap and the covered fraction of the cycle, for the epochs in use."""
    n = 0
    for i in range(curve.time.size):
        if work.used[i]:
            cycle = (curve.time[i] - curve.reference) * frequency
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


@helper
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
