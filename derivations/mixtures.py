"""Mixtures of Gaussians fitted to numbers that are known with errors, or not at all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass
class Mixture:
    """Weights ``(n,)``, means ``(n, d)`` and covariances ``(n, d, d)`` of Gaussians."""

    weight: Array
    mean: Array
    covariance: Array

    def draw(self, rng: np.random.Generator, n: int) -> Array:
        """Give ``n`` draws, shape ``(n, d)``."""
        which = rng.choice(self.weight.size, size=n, p=self.weight)
        root = np.linalg.cholesky(self.covariance)[which]
        normal = rng.standard_normal((n, self.mean.shape[1], 1))
        return np.asarray(self.mean[which] + (root @ normal)[:, :, 0])


def fit_mixture(
    information: Array, moment: Array, start: Mixture, rounds: int
) -> tuple[Mixture, Array, Array]:
    """Give a mixture for stars of which each component is known with its own information.

    ``information`` ``(n, d, d)`` is the inverse covariance of a star's numbers, ``moment`` that
    times the numbers; nothing is known where it is zero. Also gives the mean and the covariance of
    each star's numbers given its own data and the mixture.
    """
    mixture = start
    n, d = moment.shape
    for _ in range(rounds):
        share, means, covariances = _expectation(information, moment, mixture)
        count = share.sum(axis=0)
        centre = np.einsum("nk,kni->ki", share, means) / count[:, None]
        rest = means - centre[:, None]
        spread = np.einsum("nk,knij->kij", share, covariances)
        spread += np.einsum("nk,kni,knj->kij", share, rest, rest)
        # As much as five stars of a twentieth of the variance keep a component from collapsing.
        spread = (spread + 5 * 0.05 * np.eye(d)) / (count + 5)[:, None, None]
        mixture = Mixture(count / n, centre, spread)
    share, means, covariances = _expectation(information, moment, mixture)
    middle = np.einsum("nk,kni->ni", share, means)
    off = means - middle
    spread = np.einsum("nk,knij->nij", share, covariances)
    return mixture, middle, spread + np.einsum("nk,kni,knj->nij", share, off, off)


def _expectation(information: Array, moment: Array, mixture: Mixture) -> tuple[Array, Array, Array]:
    evidence, means, covariances = [], [], []
    for weight, centre, covariance in zip(
        mixture.weight, mixture.mean, mixture.covariance, strict=True
    ):
        precision = np.linalg.inv(covariance)
        total = information + precision
        pull = moment + precision @ centre
        inverse = np.linalg.inv(total)
        mean = (inverse @ pull[:, :, None])[:, :, 0]
        evidence.append(
            np.log(weight)
            - 0.5 * (np.linalg.slogdet(covariance)[1] + np.linalg.slogdet(total)[1])
            + 0.5 * ((mean * pull).sum(axis=1) - centre @ precision @ centre)
        )
        means.append(mean)
        covariances.append(inverse)
    log = np.array(evidence).T
    share = np.exp(log - log.max(axis=1, keepdims=True))
    return share / share.sum(axis=1, keepdims=True), np.array(means), np.array(covariances)


def started(values: Array, n: int) -> Mixture:
    """Cut standardised stars into slices of period less amplitude to start from."""
    along = values[:, 0] - 0.7 * values[:, 1]
    slices = np.digitize(along, np.quantile(along, np.linspace(0, 1, n + 1)[1:-1]))
    means = np.array([np.median(values[slices == c], axis=0) for c in range(n)])
    return Mixture(np.full(n, 1 / n), means, np.tile(np.eye(values.shape[1]), (n, 1, 1)))
