"""The mixture of several networks, and the stars that each of them is validated on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def mixture(
    value: FloatArray, error: FloatArray, counted: FloatArray | None = None
) -> tuple[FloatArray, FloatArray]:
    """Give mean and standard deviation ``(n,)`` of the mixture of several Gaussians [dex].

    ``value`` and ``error`` are ``(n_networks, n)``; ``counted``, of that shape, is 1 for the
    networks that count for a star and 0 for others; by default all do.
    """
    weight = np.ones(value.shape) if counted is None else counted
    share = weight / np.maximum(weight.sum(axis=0), 1.0)
    mean = (share * value).sum(axis=0)
    variance = (share * (error**2 + (value - mean) ** 2)).sum(axis=0)
    return mean, np.sqrt(variance)


def inner_folds(
    feh: FloatArray, folds: int, members: int, seed: int
) -> Sequence[NDArray[np.bool_]]:
    """Give for each network the stars that it is validated on ``(n,)``, one fold of its own.

    Folds are stratified by metallicity: of each ``folds`` neighbours in [Fe/H] every fold has one.
    With more networks than folds the stars are dealt anew.
    """
    order = np.argsort(feh, kind="stable")
    held_out = []
    for deal in range(-(-members // folds)):
        rng = np.random.default_rng([seed, deal])
        rounds = -(-feh.size // folds)
        dealt = np.concatenate([rng.permutation(folds) for _ in range(rounds)])[: feh.size]
        fold = np.empty(feh.size, dtype=np.int64)
        fold[order] = dealt
        held_out += [fold == number for number in range(folds)]
    return held_out[:members]
