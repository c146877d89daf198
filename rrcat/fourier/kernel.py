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

from rrcat.fourier.compiled import helper, kernel
from rrcat.fourier.noise import clip, phase_sampling, solve_jitter, sum_of_squares
from rrcat.fourier.normal import (
    HIGHEST,
    SIZE,
    Curve,
    effective_parameters,
    factorise,
    frequency_step,
    make_work,
    set_basis,
    set_covariance,
    set_normal_equations,
    set_prior,
    set_weights,
    solve,
)

_SEARCH_ORDERS = (1, 3)
_SEARCH_ROUNDS = 6
_SEARCH_TOLERANCE = 0.01  # cycles over the time span
_SELECTION_ROUNDS = 4
_MAX_ROUNDS = 20
_STEP_TOLERANCE = 1e-3  # of the standard error of the frequency
_JITTER_TOLERANCE = 1e-2  # of the intrinsic variance

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
    work = make_work(longest)
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

    set_basis(curve, frequency, 2 * HIGHEST, work)
    order = lowest
    information = 0.0
    effective = 0.0
    n_used = n
    for rounds in range(_MAX_ROUNDS):
        # Later rounds only refine: order and clipping can no longer chase each other.
        selecting = rounds < _SELECTION_ROUNDS
        highest = allowed if selecting else order
        total = set_normal_equations(curve, HIGHEST, work)
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
        step, information = frequency_step(curve, HIGHEST, work)
        if not fixed and abs(frequency + step - given) > bound:
            frequency = given
            fixed = True
            at_bound = True
            set_basis(curve, frequency, 2 * HIGHEST, work)
            continue
        step = 0.0 if fixed else max(-0.1 / curve.span, min(0.1 / curve.span, step))
        found = step**2 * information < _STEP_TOLERANCE**2

        effective = effective_parameters(SIZE, work) + (0.0 if fixed else 1.0)
        if selecting and clip(curve, jitter, effective, settings, work):
            changed = True
        n_used = np.sum(work.used[:n])
        freedom = max(n_used - effective, 1.0)
        before = jitter
        jitter = solve_jitter(curve, jitter, freedom, settings.noise_floor, work)
        settled = abs(jitter - before) <= _JITTER_TOLERANCE * jitter
        if rounds > 0 and not changed and settled and found:
            break
        set_weights(curve, jitter, work)
        if not found:
            frequency += step
            set_basis(curve, frequency, 2 * HIGHEST, work)

    size = 2 * order + 1
    coefficients[:size] = work.coefficients[:size]
    coefficients[0] += curve.mean_mag
    set_covariance(size, SIZE, fixed, information, work, covariance)
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
    frequency = given
    misfit = 0.0
    misfit_given = _low_order_misfit(curve, given, _SEARCH_ORDERS[-1], scales, work)
    for order in _SEARCH_ORDERS:
        for _ in range(_SEARCH_ROUNDS):
            misfit = _low_order_misfit(curve, frequency, order, scales, work)
            solve(2 * order + 1, work)
            step, _information = frequency_step(curve, order, work)
            step = max(-0.25 / curve.span, min(0.25 / curve.span, step))
            if abs(step) * curve.span < _SEARCH_TOLERANCE:
                break
            frequency += step
            if not abs(frequency - given) <= bound:
                return np.nan
    return frequency if misfit < 0.5 * misfit_given else given


@helper
def _low_order_misfit(curve, frequency, order, scales, work):
    set_basis(curve, frequency, 2 * order, work)
    misfit = set_normal_equations(curve, order, work)
    for k in range(1, order + 1):
        set_prior(k, scales[k - 1], work)
    if not factorise(0, 2 * order + 1, work):
        return np.inf
    for j in range(2 * order + 1):
        misfit -= work.forward[j] ** 2
    return misfit


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
def _add_tail(order, floor, work):
    """Go on with the factor beyond the order, for the small harmonics that are not given.

    What lies beyond the chosen order is not zero. Each order is expected to be a fixed part of
    the last, from the last chosen one on; letting the data move them within that keeps them from
    biasing the harmonics that are given, and puts their uncertainty into the covariance.
    """
    solve(2 * order + 1, work)
    scale = _TAIL_SCALE * math.hypot(work.coefficients[2 * order - 1], work.coefficients[2 * order])
    scale = max(scale, floor)
    for k in range(order + 1, HIGHEST + 1):
        scale *= _TAIL_RATIO
        set_prior(k, scale, work)
    return factorise(2 * order + 1, SIZE, work)
