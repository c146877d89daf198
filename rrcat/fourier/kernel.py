"""The compiled fit of one light curve: frequency, order, clipping, scatter, in rounds.

One light curve is worked at a time, in arrays that are reused: what comes out for a star does not
depend on which other stars are there.
"""

# Helpers take the types numba infers.
# mypy: allow-untyped-defs, allow-untyped-calls, allow-untyped-decorators

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rrcat.fourier.basis import set_basis, set_curve
from rrcat.fourier.compiled import helper, kernel
from rrcat.fourier.noise import clip, phase_sampling, solve_jitter, sum_of_squares
from rrcat.fourier.normal import (
    effective_parameters,
    factorise,
    frequency_step,
    set_covariance,
    set_normal_equations,
    set_prior,
    set_weights,
    solve,
)
from rrcat.fourier.shape import describe, make_grid
from rrcat.fourier.workspace import FREQUENCY, HIGHEST, SIZE, Curve, make_work

_SEARCH_ORDERS = (1, 3)
_SEARCH_ROUNDS = 6
_SEARCH_TOLERANCE = 0.01  # cycles over the time span
_SELECTION_ROUNDS = 4
_MAX_ROUNDS = 20
# What may be left to go after the last step in frequency, in its standard errors.
_STEP_TOLERANCE = 5e-3
_JITTER_TOLERANCE = 3e-2  # of the intrinsic variance

# Guess of the intrinsic scatter [mag], for the weights of the first round.
_FIRST_SCATTER = 0.03
# A harmonic beyond the chosen order is expected to have this much of the amplitude of the one
# before; and a coefficient, this much of the amplitude.
_TAIL_RATIO = 0.65
_TAIL_SCALE = 0.6

# Columns of `scalars` and `flags` that the fit of a light curve fills.
SCALARS = (
    "frequency",
    "reference_time",
    "residual_scatter",
    "reduced_chi2",
    "phase_coverage",
    "largest_gap",
)
FLAGS = (
    "failed",
    "n_harmonics",
    "n_used",
    "n_clipped",
    "fixed",
    "at_bound",
    "order_limited",
    "settled",
)


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


@kernel
def fit_batch(
    begin: NDArray[np.int64],
    end: NDArray[np.int64],
    time: NDArray[np.float64],
    mag: NDArray[np.float64],
    error: NDArray[np.float64],
    frequency: NDArray[np.float64],
    prior_scales: NDArray[np.float64],
    settings: KernelSettings,
    values: NDArray[np.float64],
    scalars: NDArray[np.float64],
    flags: NDArray[np.int64],
    packed: NDArray[np.float64],
) -> None:
    """Fit each light curve, ``begin`` to ``end``, and fill the four output arrays, a row each."""
    longest = 1
    for star in range(begin.size):
        longest = max(longest, end[star] - begin[star])
    work = make_work(longest)
    grid = make_grid()
    coefficients = np.empty(FREQUENCY)
    covariance = np.empty((FREQUENCY + 1, FREQUENCY + 1))
    for star in range(begin.size):
        here = slice(begin[star], end[star])
        _fit_one(
            time[here],
            mag[here],
            error[here],
            frequency[star],
            prior_scales[star],
            settings,
            work,
            coefficients,
            covariance,
            scalars[star],
            flags[star],
        )
        if flags[star, 0]:
            values[star] = np.nan
            packed[star] = np.nan
        else:
            describe(
                coefficients,
                covariance,
                flags[star, 1],
                scalars[star, 0],
                scalars[star, 1],
                grid,
                values[star],
                packed[star],
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

    set_curve(curve, work)
    jitter = _FIRST_SCATTER**2
    work.used[:n] = True
    set_weights(curve, jitter, work)
    frequency = given
    at_bound = False
    if not fixed:
        frequency = _search(curve, given, bound, scales, work)
        at_bound = math.isnan(frequency)
        if at_bound:
            frequency = given
            fixed = True

    gap, coverage = phase_sampling(curve, frequency, work)
    allowed = max(int(settings.gap_limit / gap), settings.min_order)
    allowed = min(allowed, by_points, settings.max_order)
    lowest = min(settings.min_order, allowed)

    order = lowest
    step = 0.0
    information = 0.0
    effective = 0.0
    n_used = n
    for rounds in range(_MAX_ROUNDS):
        # Later rounds only refine: order and clipping can no longer chase each other.
        selecting = rounds < _SELECTION_ROUNDS
        highest = allowed if selecting else order
        if rounds == 0 or step != 0.0:
            frequency += step
            set_basis(frequency, 2 * HIGHEST, n, work)
        total = set_normal_equations(HIGHEST, n, work)
        for k in range(1, highest + 1):
            set_prior(k, scales[k - 1], work)
        if not factorise(0, 2 * highest + 1, work):
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
        solve(SIZE, work)
        before = step
        step, information = frequency_step(HIGHEST, n, work)
        if not fixed and abs(frequency + step - given) > bound:
            step = given - frequency
            fixed = True
            at_bound = True
            continue
        step = 0.0 if fixed else max(-0.1 / curve.span, min(0.1 / curve.span, step))
        if not selecting and step * before < 0.0:
            step *= 0.5  # to and fro: what is sought lies between
        # Each step is to the next as the one before was to it.
        left = step * min(1.0, abs(step / before))
        found = fixed or left**2 * information < _STEP_TOLERANCE**2

        effective = effective_parameters(SIZE, work) + (0.0 if fixed else 1.0)
        if selecting and clip(curve, jitter, effective, settings, work):
            changed = True
        n_used = np.sum(work.used[:n])
        freedom = max(n_used - effective, 1.0)
        last = jitter
        jitter = solve_jitter(curve, jitter, freedom, settings.noise_floor, work)
        settled = abs(jitter - last) <= _JITTER_TOLERANCE * jitter
        if rounds > 0 and not changed and settled and found:
            flags[7] = True
            break
        set_weights(curve, jitter, work)

    size = 2 * order + 1
    set_covariance(size, fixed, information, work, covariance)
    # The last step is taken with the coefficients that follow it to first order.
    frequency += step
    for j in range(size):
        coefficients[j] = work.coefficients[j] - work.shift[j] * step
    coefficients[0] += curve.mean_mag
    gap, coverage = phase_sampling(curve, frequency, work)
    freedom = max(n_used - effective, 1.0)
    scalars[0] = frequency
    scalars[1] = curve.reference
    scalars[2] = math.sqrt(sum_of_squares(curve, False, work) / freedom)
    scalars[3] = sum_of_squares(curve, True, work) / freedom
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
    n = curve.time.size
    highest = _SEARCH_ORDERS[-1]
    for k in range(1, highest + 1):
        set_prior(k, scales[k - 1], work)
    frequency = given
    total = _set_low_orders(frequency, highest, n, work)
    misfit_given = _misfit(highest, total, work)
    factorised = frequency
    for order in _SEARCH_ORDERS:
        for _ in range(_SEARCH_ROUNDS):
            # What was factorised to the highest order serves the lower ones as well.
            if frequency != factorised:
                total = _set_low_orders(frequency, highest, n, work)
                factorised = frequency
            if not total < np.inf:
                return given
            solve(2 * order + 1, work)
            step, _information = frequency_step(order, n, work)
            step = max(-0.25 / curve.span, min(0.25 / curve.span, step))
            if abs(step) * curve.span < _SEARCH_TOLERANCE:
                break
            frequency += step
            if not abs(frequency - given) <= bound:
                return np.nan
    # The misfit is that of the last factor, which at the last round's end is one step behind.
    return frequency if _misfit(highest, total, work) < 0.5 * misfit_given else given


@helper
def _set_low_orders(frequency, order, n, work):
    """Fill the factor of the normal equations at a frequency; give yᵀWy, inf where it fails."""
    set_basis(frequency, 2 * order, n, work)
    total = set_normal_equations(order, n, work)
    return total if factorise(0, 2 * order + 1, work) else np.inf


@helper
def _misfit(order, total, work):
    """Give the weighted sum of squares that a series leaves, prior included."""
    misfit = total
    for j in range(2 * order + 1):
        misfit -= work.factor[j, SIZE] ** 2
    return misfit


@helper
def _choose_order(lowest, highest, n_used, total, fixed, bayesian, work):
    """Give the order with the least information criterion, the scale of the noise profiled out."""
    misfit = total - work.factor[0, SIZE] ** 2
    best = lowest
    least = np.inf
    for order in range(1, highest + 1):
        misfit -= work.factor[2 * order - 1, SIZE] ** 2 + work.factor[2 * order, SIZE] ** 2
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
def _add_tail(order, floor, work):
    """Go on with the factor beyond the order, for the small harmonics that are not given.

    What lies beyond the chosen order is not zero. Each order is expected to be a fixed part of
    the last, from the last chosen one on; letting the data move them within that keeps them from
    biasing the harmonics that are given, and puts their uncertainty into the covariance.
    """
    # Of the coefficients of the leading block only the last two are needed.
    last = 2 * order
    sine = work.factor[last, SIZE] / work.factor[last, last]
    cosine = work.factor[last - 1, SIZE] - work.factor[last - 1, last] * sine
    cosine /= work.factor[last - 1, last - 1]
    scale = max(_TAIL_SCALE * math.hypot(cosine, sine), floor)
    for k in range(order + 1, HIGHEST + 1):
        scale *= _TAIL_RATIO
        set_prior(k, scale, work)
    return factorise(2 * order + 1, SIZE, work)
