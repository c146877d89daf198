"""What the residuals and phases of one light curve say: outliers, intrinsic scatter, coverage."""

# Helpers take the types numba infers.
# mypy: allow-untyped-defs, allow-untyped-calls, allow-untyped-decorators

from __future__ import annotations

import math

import numpy as np

from rrcat.fourier.basis import dot
from rrcat.fourier.compiled import helper
from rrcat.fourier.workspace import SPARE

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
    """Say whether surely none is beyond the limit, nor beyond so many medians, without sorting."""
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
    n = curve.error.size
    unknown = curve.error[0] == 0.0  # then all are
    if unknown:
        freedom += _PSEUDO_OBSERVATIONS
    for _ in range(2):
        chi2 = 0.0
        derivative = 0.0
        if unknown:
            chi2 = _PSEUDO_OBSERVATIONS * _PSEUDO_SCATTER**2 / jitter
            derivative = chi2 / jitter
        for i in range(n):
            precision = work.used[i] / (curve.error[i] * curve.error[i] + jitter)
            work.weighted[i] = precision * work.residual[i]
        chi2 += dot(work.weighted, work.residual, n)
        derivative += dot(work.weighted, work.weighted, n)
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
    """Give the largest phase gap and the covered fraction of the cycle, for the epochs in use.

    Of phases in so many bins as there are epochs, and in bins not wider than an epoch covers, only
    gaps between bins can matter: the first and the last phase in each bin say it all, unsorted.
    """
    n_bins = curve.time.size + SPARE
    first = work.sorted
    last = work.deviation
    for b in range(n_bins):
        first[b] = 2.0
        last[b] = -1.0
    for i in range(curve.time.size):
        if work.used[i]:
            cycle = (curve.time[i] - curve.reference) * frequency
            phase = cycle - math.floor(cycle)
            b = min(int(phase * n_bins), n_bins - 1)
            first[b] = min(first[b], phase)
            last[b] = max(last[b], phase)
    largest = 0.0
    uncovered = 0.0
    earliest = np.inf
    latest = np.inf  # before the first bin there is no gap: it comes last, round the cycle
    for b in range(n_bins):
        if last[b] >= 0.0:
            earliest = min(earliest, first[b])
            largest, uncovered = _with_gap(first[b] - latest, largest, uncovered)
            latest = last[b]
    largest, uncovered = _with_gap(earliest + 1.0 - latest, largest, uncovered)
    return largest, 1.0 - uncovered


@helper
def _with_gap(gap, largest, uncovered):
    """Give both with one more gap."""
    return max(largest, gap), uncovered + max(0.0, gap - 2.0 * _COVERING)
