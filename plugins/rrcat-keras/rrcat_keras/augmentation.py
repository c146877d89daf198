"""Light curves as they might have been observed: changed anew each time a network sees them.

Every draw follows from a seed that is given with the step, so that learning can go on anywhere.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rrcat.harmonic import MAX_HARMONICS
from rrcat_keras.backend import tf
from rrcat_keras.coefficients import Curves
from rrcat_keras.params import Augmentation
from rrcat_keras.points import Points

Tensor = Any
FloatArray = NDArray[np.float64]

# The covariance of coefficients is made definite by this [mag²].
_JITTER = 1e-9
# Degrees of freedom that the mean curve takes from the residuals of a star, and the fewest left.
_TAKEN, _LEFT = 8.0, 3.0


@dataclass(frozen=True)
class Redrawn:
    """What new light curves are drawn from: ``mean`` ``(n, n_bands, 15)`` and ``root`` ``(n,
    n_bands, 15, 15)`` of the covariance of a star's coefficients, ``scatter`` ``(n,)`` about them
    [mag].
    """

    mean: NDArray[np.float32]
    root: NDArray[np.float32]
    scatter: NDArray[np.float32]


def redrawn(curves: Curves, given: Points) -> Redrawn:
    """Give what new light curves of these stars are drawn from."""
    size = curves.mean.shape[-1]
    root = np.linalg.cholesky(curves.covariance + _JITTER * np.eye(size))
    star = np.arange(given.band.shape[0])[:, np.newaxis]
    expected = np.einsum("npk,npk->np", _basis(np, given.phase), curves.mean[star, given.band])
    residual = np.where(given.count > 0.0, given.mag - expected, 0.0)
    number = (given.count > 0.0).sum(axis=1)
    scatter = np.sqrt((residual**2).sum(axis=1) / np.maximum(number - _TAKEN, _LEFT))
    single = (array.astype(np.float32) for array in (curves.mean, root, scatter))
    return Redrawn(*single)


def changed(inputs: dict[str, Tensor], settings: Augmentation, seeds: Tensor) -> dict[str, Tensor]:
    """Give a batch with noise added, phases shifted and observations left out.

    ``seeds`` ``(6, 2)`` are those of stateless draws.
    """
    phase, mag, count = inputs["phase"], inputs["mag"], inputs["count"]
    n = tf.shape(phase)[0]
    there = tf.cast(count > 0.0, tf.float32)
    each = tf.random.stateless_normal(tf.shape(mag), seeds[0])
    together = tf.random.stateless_normal((n, 1), seeds[1])
    shift = settings.shift * tf.random.stateless_normal((n, 1), seeds[2])
    # Phases go round: they may leave [0, 1) as long as their order stays.
    batch = {
        **inputs,
        "mag": (mag + settings.noise * (each + together)) * there,
        "phase": (phase + shift) * there,
    }
    if "coefficients" in batch and settings.coefficients:
        known = batch["coefficients"]
        noise = tf.random.stateless_normal(tf.shape(known), seeds[5])
        batch["coefficients"] = known + settings.coefficients * noise
    if settings.dropped:
        share = settings.dropped * tf.random.stateless_uniform((n, 1), seeds[3])
        kept = tf.random.stateless_uniform(tf.shape(phase), seeds[4]) >= share
        batch = _only(batch, kept & (count > 0.0))
    return batch


def resampled(
    inputs: dict[str, Tensor],
    others: dict[str, Tensor],
    drawn_from: dict[str, Tensor],
    probability: float,
    seeds: Tensor,
) -> dict[str, Tensor]:
    """Give a batch in which some light curves are drawn anew at the phases of other stars.

    ``others`` are the inputs of those, ``drawn_from`` the rows of :class:`Redrawn` of the stars
    themselves. ``seeds`` ``(4, 2)``.
    """
    mean, root, scatter = (drawn_from[name] for name in ("mean", "root", "scatter"))
    n = tf.shape(mean)[0]
    there = others["count"] > 0.0
    turn = tf.random.stateless_uniform((n, 1), seeds[0])
    phase = tf.where(there, tf.math.floormod(others["phase"] + turn, 1.0), 2.0)
    order = tf.argsort(phase, axis=1, stable=True)
    new = {
        name: tf.gather(values, order, batch_dims=1)
        for name, values in {**others, "phase": phase}.items()
        if name not in _OF_STARS
    }
    there = new["count"] > 0.0
    normal = tf.random.stateless_normal(tf.shape(mean), seeds[1])
    coefficients = mean + tf.linalg.matvec(root, normal)
    basis = _basis(tf, new["phase"])
    if "band" in new:
        curve = tf.einsum("npk,nbk,npb->np", basis, coefficients, new["band"])
    else:
        curve = tf.linalg.matvec(basis, coefficients[:, 0])
    noise = scatter[:, tf.newaxis] * tf.random.stateless_normal(tf.shape(curve), seeds[2])
    new["mag"] = tf.where(there, curve + noise, 0.0)
    if "error" in new:  # how noisy it is, the star brings along
        own = tf.cast(inputs["count"] > 0.0, tf.float32)
        usual = tf.reduce_sum(inputs["error"] * own, 1) / tf.maximum(tf.reduce_sum(own, 1), 1.0)
        new["error"] = tf.where(there, usual[:, tf.newaxis], 0.0)
    new["phase"] = tf.where(there, new["phase"], 0.0)
    chosen = tf.random.stateless_uniform((n,), seeds[3]) < probability
    return {
        name: tf.where(_by_star(chosen, values), new[name], values) if name in new else values
        for name, values in inputs.items()
    }


_OF_STARS = ("star", "coefficients")


def _basis(module: Any, phase: Any) -> Any:
    """Give what each coefficient is multiplied by at a phase [cycles]: ``(..., 15)``.

    The convention is that of :mod:`rrcat.fourier.coefficients`: ``A_k cos(2πkφ + φ_k1)``.
    """
    angle = 2.0 * math.pi * phase
    terms = [module.cos(angle)]
    for order in range(2, MAX_HARMONICS + 1):
        terms += [module.cos(order * angle), -module.sin(order * angle)]
    return module.stack(terms, axis=-1)


def _only(batch: dict[str, Tensor], kept: Tensor) -> dict[str, Tensor]:
    """Give the batch with the kept points first, in their order, and nothing after them."""
    order = tf.argsort(tf.where(kept, 0, 1), axis=1, stable=True)
    there = tf.gather(kept, order, batch_dims=1)
    only = dict(batch)
    for name in batch.keys() - set(_OF_STARS):
        values = tf.gather(batch[name], order, batch_dims=1)
        mask = there if len(values.shape) == 2 else there[..., tf.newaxis]
        only[name] = tf.where(mask, values, 0.0)
    return only


def _by_star(chosen: Tensor, values: Tensor) -> Tensor:
    return tf.reshape(chosen, [-1] + [1] * (len(values.shape) - 1))
