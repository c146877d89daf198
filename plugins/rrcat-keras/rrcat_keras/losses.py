"""What is made small while a network learns: proper scores of value and error."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from rrcat_keras.backend import tf

Tensor = Any

# No star is known better than this [dex].
_SMALLEST_ERROR = 0.02
# Power of the variance that weighs the likelihood: the middle between likelihood and least squares.
_BETA = 0.5


def positive(raw: Tensor) -> Tensor:
    """Give the error [dex] from the raw output of a network."""
    return tf.nn.softplus(raw) + _SMALLEST_ERROR


def crps(truth: Tensor, value: Tensor, error: Tensor) -> Tensor:
    """Give the continuous ranked probability score of a Gaussian, star by star [dex].

    Gneiting & Raftery (2007, JASA 102, 359), their equation for the normal distribution, with the
    sign that makes small good.
    """
    z = (truth - value) / error
    density = tf.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)
    return error * (z * tf.math.erf(z / math.sqrt(2.0)) + 2.0 * density - 1.0 / math.sqrt(math.pi))


def beta_nll(truth: Tensor, value: Tensor, error: Tensor) -> Tensor:
    """Give the negative log likelihood of a Gaussian, weighted by a power of its variance.

    Seitzer et al. (2022, ICLR, arXiv:2203.09168), β = 1/2: errors that are hard to learn do not
    stop the value from being learned.
    """
    weight = tf.stop_gradient(error ** (2.0 * _BETA))
    return weight * (tf.math.log(error) + 0.5 * ((truth - value) / error) ** 2)


SCORES: dict[str, Callable[[Tensor, Tensor, Tensor], Tensor]] = {
    "crps": crps,
    "beta-nll": beta_nll,
}
"""Scores by the name that parameters give them."""
