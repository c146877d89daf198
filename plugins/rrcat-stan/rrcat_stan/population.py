"""What the fitted population says of a star: [Fe/H] given its measured parameters.

For one posterior draw, the measured parameters ``x`` of a star and its [Fe/H] are jointly Gaussian
with the star's own covariance (see ``relation.stan``), and so [Fe/H] given ``x`` is Gaussian again.
It is the expectation over what the star may truly be like, not the line at the measured values,
which in the mean is too far from the middle (Kelly 2007, ApJ 665, 1489).

Stars are taken one by one, in compiled loops: the value of a star does not depend, to the last bit,
on which others are asked for.
"""

# Kernels take the types numba infers.
# mypy: allow-untyped-defs, allow-untyped-calls

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from rrcat.fourier.compiled import helper, kernel
from rrcat_stan.draws import Draws, components
from rrcat_stan.predictors import Measured

FloatArray = NDArray[np.float64]

LOW, HIGH = 0.16, 0.84
# Half the width between these percentiles of a Gaussian, in standard deviations.
_HALF_WIDTH = 0.994457883209753
_NEWTON_STEPS = 60
_CLOSE = 1e-7  # dex


@dataclass(frozen=True)
class Given:
    """[Fe/H] given ``x`` for each draw and star, ``(D, n)``: ``mean`` [dex], ``variance`` [dex²].

    The variance is without intrinsic scatter. ``log_density`` is that of ``x`` itself.
    """

    mean: FloatArray
    variance: FloatArray
    log_density: FloatArray


def given(draws: Draws, stars: Measured) -> Given:
    """Give what each draw says of each star."""
    out = np.empty((3, draws.alpha.size, stars.period.size))
    _each(*_arrays(draws), *_columns(stars), out)
    return Given(*out)


@dataclass(frozen=True)
class Prediction:
    """[Fe/H] of ``n`` stars [dex].

    ``feh`` is the mean, ``error`` half the width between the 16th and 84th percentile over that of
    a Gaussian, ``plug_in`` the line at the measured values.
    """

    feh: FloatArray
    error: FloatArray
    p16: FloatArray
    p84: FloatArray
    plug_in: FloatArray


def predict(draws: Draws, stars: Measured) -> Prediction:
    """Give [Fe/H] of each star: posterior, intrinsic scatter and measurement together."""
    out = np.empty((3, stars.period.size))
    _summarise(*_arrays(draws), *_columns(stars), *components(draws), _CDF, out)
    feh, low, high = out
    plug_in = draws.alpha.mean() + draws.delta.mean() * stars.period
    for j in np.flatnonzero(np.any(draws.beta != 0.0, axis=0)):
        plug_in = plug_in + draws.beta[:, j].mean() * stars.x[:, j]
    return Prediction(feh, (high - low) / (2.0 * _HALF_WIDTH), low, high, plug_in)


def _arrays(draws: Draws) -> tuple[FloatArray, ...]:
    """Give what the kernels take: [Fe/H] at the mean of the population, and so on."""
    n_draws, size = draws.beta.shape
    expected, along = draws.alpha.copy(), draws.delta.copy()
    with_feh, explained = np.zeros((n_draws, size)), np.zeros(n_draws)
    for j in range(size):
        expected += draws.beta[:, j] * draws.mu[:, j]
        along += draws.beta[:, j] * draws.gamma[:, j]
        for i in range(size):
            with_feh[:, j] += draws.cov[:, j, i] * draws.beta[:, i]
    for j in range(size):
        explained += draws.beta[:, j] * with_feh[:, j]
    return (
        expected,
        along,
        with_feh,
        explained,
        draws.mu,
        draws.gamma,
        draws.cov,
        draws.error_scale**2,
        draws.delta,
    )


def _columns(stars: Measured) -> tuple[FloatArray, ...]:
    # Star after star, the kernels take half as long.
    every = (stars.period, stars.period_variance, stars.x, stars.s)
    return tuple(np.ascontiguousarray(array) for array in every)


# The normal distribution at steps of 1 / 256 to 8 standard deviations: off by less than 1e-6.
_STEPS = 256
_FARTHEST = 8
_CDF = stats.norm.cdf(np.arange(-_FARTHEST * _STEPS, _FARTHEST * _STEPS + 2) / _STEPS)


@helper
def _one(
    expected, along, with_feh, explained, mu, gamma, cov, stretch, period, x, s, u, d, g, common
):
    """Give mean and variance for one draw and star.

    The last four are scratch; ``u`` and ``d`` are left with the residual of each parameter given
    those before it, and the inverse of its variance.
    """
    mean, variance = expected + along * period, explained
    for j in range(x.size):
        if math.isnan(x[j]):  # not measured: left out of what is conditioned on
            continue
        u[j] = x[j] - (mu[j] + gamma[j] * period)
        own = cov[j, j] + stretch * s[j, j]
        g[j] = with_feh[j]
        for h in range(j):
            if math.isnan(x[h]):
                continue
            c = cov[j, h] + stretch * s[j, h]
            for i in range(h):
                if not math.isnan(x[i]):
                    c -= common[j, i] * common[h, i] * d[i]
            common[j, h] = c
            slope = c * d[h]
            u[j] -= slope * u[h]
            own -= slope * c
            g[j] -= slope * g[h]
        if not own > 0.0:  # a covariance that is none
            return math.nan, math.nan
        d[j] = 1.0 / own
        weight = g[j] * d[j]
        mean += weight * u[j]
        variance -= weight * g[j]
    return mean, variance


@kernel
def _each(
    expected, along, with_feh, explained, mu, gamma, cov, stretch, delta,
    period, period_variance, x, s, out,
):  # fmt: skip
    size = x.shape[1]
    u, d, g, common = np.empty(size), np.empty(size), np.empty(size), np.empty((size, size))
    for n in range(period.size):
        for k in range(expected.size):
            mean, variance = _one(
                expected[k], along[k], with_feh[k], explained[k], mu[k], gamma[k], cov[k],
                stretch[k], period[n], x[n], s[n], u, d, g, common,
            )  # fmt: skip
            density = 0.0
            for j in range(size):
                if not math.isnan(x[n, j]):
                    density -= 0.5 * (math.log(2.0 * math.pi / d[j]) + u[j] * u[j] * d[j])
            out[0, k, n] = mean
            out[1, k, n] = variance + delta[k] * delta[k] * period_variance[n]
            out[2, k, n] = density


@helper
def _cdf(table, z):
    """Give the normal distribution and its density at ``z``, from the table."""
    if z <= -_FARTHEST:
        return 0.0, 0.0
    if z >= _FARTHEST:
        return 1.0, 0.0
    place = (z + _FARTHEST) * _STEPS
    left = int(place)
    slope = table[left + 1] - table[left]
    return table[left] + (place - left) * slope, slope * _STEPS


@helper
def _quantile(table, wanted, start, weight, mean, rate):
    """Give where a mixture of Gaussians reaches a probability, by Newton's method."""
    low, high = -np.inf, np.inf
    at = start
    for _ in range(_NEWTON_STEPS):
        reached, density = 0.0, 0.0
        for k in range(mean.size):
            for c in range(weight.shape[1]):
                p, q = _cdf(table, (at - mean[k]) * rate[k, c])
                reached += weight[k, c] * p
                density += weight[k, c] * q * rate[k, c]
        if reached < wanted:
            low = at
        else:
            high = at
        step = (wanted - reached) / density if density > 0.0 else np.inf
        following = at + step
        # A step too far, from where the density is flat, is cut to the bracket.
        if not low < following < high:
            following = (low + high) / 2.0 if math.isfinite(high - low) else at + np.sign(step)
        if abs(following - at) < _CLOSE:
            return following
        at = following
    return at


@kernel
def _summarise(
    expected, along, with_feh, explained, mu, gamma, cov, stretch, delta,
    period, period_variance, x, s, weight, own, factor, table, out,
):  # fmt: skip
    size, n_draws = x.shape[1], expected.size
    u, d, g, common = np.empty(size), np.empty(size), np.empty(size), np.empty((size, size))
    mean, rate = np.empty(n_draws), np.empty(weight.shape)
    for n in range(period.size):
        middle, square, usual = 0.0, 0.0, 0.0
        for k in range(n_draws):
            mean[k], variance = _one(
                expected[k], along[k], with_feh[k], explained[k], mu[k], gamma[k], cov[k],
                stretch[k], period[n], x[n], s[n], u, d, g, common,
            )  # fmt: skip
            variance += delta[k] * delta[k] * period_variance[n]
            for c in range(weight.shape[1]):
                rate[k, c] = 1.0 / math.sqrt((variance + own[k, c]) * factor[k, c])
            middle += mean[k]
            square += mean[k] * mean[k]
            usual += variance + own[k, 0]
        middle /= n_draws
        between = max(square / n_draws - middle * middle, 0.0)
        near = _HALF_WIDTH * math.sqrt(usual / n_draws + between)
        out[0, n] = middle
        out[1, n] = _quantile(table, LOW, middle - near, weight, mean, rate)
        out[2, n] = _quantile(table, HIGH, middle + near, weight, mean, rate)
