"""What is made small while a network learns: proper scores of value and error."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rrcat_keras.backend import tf

Tensor = Any
FloatArray = NDArray[np.float64]
SingleArray = NDArray[np.float32]

# Power of the variance that weighs the likelihood: the middle between likelihood and least squares.
_BETA = 0.5


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


def heads_of(output: Tensor, heads: int) -> tuple[Tensor, Tensor]:
    """Give value and error ``(..., heads)`` from an output ``(..., 2 * heads + n_auxiliary)``."""
    return output[..., 0 : 2 * heads : 2], output[..., 1 : 2 * heads : 2]


def values(outputs: SingleArray, heads: int, centre: float) -> tuple[FloatArray, FloatArray]:
    """Give [Fe/H] and its error as each head of each network sees it ``(n_networks * heads, n)``.

    ``outputs`` are ``(n_networks, n, 2 * heads + n_auxiliary)``; both are in dex.
    """
    value, error = (np.asarray(each, np.float64) for each in heads_of(outputs, heads))
    n = outputs.shape[1]
    return (
        value.transpose(0, 2, 1).reshape(-1, n) + centre,
        error.transpose(0, 2, 1).reshape(-1, n),
    )


SCORES: dict[str, Callable[[Tensor, Tensor, Tensor], Tensor]] = {
    "crps": crps,
    "beta-nll": beta_nll,
}
"""Scores by the name that parameters give them."""
