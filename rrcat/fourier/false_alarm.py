"""How probable it is that noise alone makes a peak as high."""

from __future__ import annotations

import math


def false_alarm(
    misfit_fraction: float, n_epochs: int, n_harmonics: int, n_independent: float
) -> float:
    """Give the probability that noise fits a harmonic series as well at any frequency searched.

    Under white noise the part of the variance that ``n_harmonics`` harmonics leave at one
    frequency follows a beta distribution (Schwarzenberg-Czerny 1998, MNRAS 301, 831). Over the
    range, with n of the search's ``n_independent`` frequencies (time span times width of the
    range), each resolved ``n_harmonics`` times finer, it is 1 − (1 − p)^n. The order was chosen
    with the same data and noise is seldom white: it is a measure, not a frequency of failure.
    """
    half = 0.5 * (n_epochs - 1 - 2 * n_harmonics)
    if half <= 0.0 or misfit_fraction >= 1.0:
        return 1.0
    left = max(misfit_fraction, 1e-300)
    # I_x(a, K) = x^a Σ_j Γ(a + j) / (Γ(a) j!) (1 − x)^j for a whole number K.
    term = 1.0
    total = 0.0
    for j in range(n_harmonics):
        total += term
        term *= (half + j) / (j + 1) * (1.0 - left)
    log_probability = half * math.log(left) + math.log(total)
    if log_probability >= 0.0:
        return 1.0
    single = math.exp(log_probability)
    if single >= 1.0:
        return 1.0
    return -math.expm1(n_independent * n_harmonics * math.log1p(-single))
