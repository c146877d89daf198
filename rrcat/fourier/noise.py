"""What the residuals and phases of one light curve say: outliers, intrinsic scatter, coverage."""

# Helpers take the types numba infers.
# mypy: allow-untyped-defs, allow-untyped-calls, allow-untyped-decorators

from __future__ import annotations

import math

import numpy as np

from rrcat.fourier.compiled import helper

_MAD_TO_SIGMA = 1.4826022185056018
# Formal errors are not believed to be too large by more than a factor of two.
_LEAST_SCALE = 0.5
# Where errors are unknown the scatter is told from the residuals, and from as many observations
# as these with this scatter [mag]: a few points can be fitted so well that nothing is left.
_PSEUDO_OBSERVATIONS = 2.0
_PSEUDO_SCATTER = 0.02
# An observation covers this much of the cycle on either side.
_COVERING = 0.05


@helper
def clip(curve, jitter, effective, settings, work):
    """Choose afresh which epochs are used; True when the choice changed."""
    n = curve.error.size
    n_clippable = int(settings.max_clipped_fraction * n)
    if n_clippable == 0:
        return False
    deviation = work.deviation[:n]
    for i in range(n):
        deviation[i] = abs(work.residual[i]) / math.sqrt(curve.error[i] * curve.error[i] + jitter)
    # Residuals of a fit are smaller than the noise by the parameters they paid for.
    sigmas = settings.clip_sigma * _MAD_TO_SIGMA * math.sqrt(n / max(n - effective, 1.0))
    limit = settings.clip_sigma * _LEAST_SCALE
    if not _all_within(deviation, limit, sigmas):
        ordered = work.sorted[:n]
        ordered[:] = deviation
        ordered.sort()
        limit = max(limit, sigmas * 0.5 * (ordered[(n - 1) // 2] + ordered[n // 2]))
        limit = max(limit, ordered[n - 1 - n_clippable])
    else:
        limit = np.inf
    changed = False
    for i in range(n):
        keep = deviation[i] <= limit
        changed |= keep != work.used[i]
        work.used[i] = keep
    return changed


@helper
def _all_within(deviation, limit, sigmas):
    """Say whether none is beyond the limit nor beyond so many medians, without sorting."""
    largest = 0.0
    for value in deviation:
        largest = max(largest, value)
    if largest <= limit:
        return True
    n_smaller = 0
    for value in deviation:
        n_smaller += sigmas * value < largest
    return n_smaller <= (deviation.size - 1) // 2


@helper
def solve_jitter(curve, jitter, freedom, floor, work):
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
            precision = work.used[i] / (curve.error[i] * curve.error[i] + jitter)
            share = work.residual[i] * work.residual[i] * precision
            chi2 += share
            derivative += share * precision
        if not derivative > 0.0:
            return floor**2
        jitter = max(jitter + (chi2 * chi2 / freedom - chi2) / derivative, floor**2)
    return jitter


@helper
def sum_of_squares(curve, in_errors, work):
    """Give the sum of squared residuals, in mag or in formal errors (NaN where unknown)."""
    total = 0.0
    for i in range(curve.time.size):
        if work.used[i]:
            unit = curve.error[i] if in_errors else 1.0
            total += (work.residual[i] / unit) ** 2 if unit > 0.0 else np.nan
    return total


@helper
def phase_sampling(curve, frequency, work):
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
