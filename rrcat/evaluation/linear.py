"""A linear relation of features and [Fe/H]: what sets of features are held against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rrcat.harmonic import MAX_HARMONICS, nearest_branch

FloatArray = NDArray[np.float64]

PHASES = tuple(f"phi{k}1" for k in range(2, MAX_HARMONICS + 1))
"""Features that are angles [rad]."""

PENALTY = 1.0
"""Penalty of the ridge on slopes of features of unit variance, in stars: evidence worth one star
that there is no slope keeps features that say the same apart, also where stars are few."""


@dataclass(frozen=True)
class Terms:
    """How features become terms of about zero mean and unit variance: learned from some stars.

    Angles are taken on the branch within half a turn of ``branch``, the direction about which those
    of the stars gather; a relation is linear in them there, as the published ones are. ``branch``,
    ``mean`` and ``width`` have the shape ``(n_features,)``; ``branch`` is NaN for what is no angle.
    """

    branch: FloatArray
    mean: FloatArray
    width: FloatArray

    def __call__(self, values: FloatArray) -> FloatArray:
        """Give the terms of stars from their features, both ``(n, n_features)``."""
        return (_on_branch(values, self.branch) - self.mean) / self.width


def learn_terms(names: Sequence[str], values: FloatArray) -> Terms:
    """Give the terms of features ``names`` from the values of some stars, ``(n, n_features)``."""
    direction = np.arctan2(np.sin(values).mean(axis=0), np.cos(values).mean(axis=0))
    branch = np.where(np.isin(names, PHASES), direction, np.nan)
    turned = _on_branch(values, branch)
    mean, width = turned.mean(axis=0), turned.std(axis=0)
    constant = width <= 1e-9 * (1.0 + np.abs(mean))
    return Terms(branch, mean, np.where(constant, 1.0, width))


def _on_branch(values: FloatArray, branch: FloatArray) -> FloatArray:
    return np.where(np.isnan(branch), values, nearest_branch(values, branch))


@dataclass(frozen=True)
class Relation:
    """``constant + Σ slope × term``; ``left_out`` ``(n,)`` are its residuals without each star."""

    constant: float
    slopes: FloatArray
    left_out: FloatArray

    def __call__(self, terms: FloatArray) -> FloatArray:
        """Give [Fe/H] [dex] from terms ``(n, n_terms)``."""
        return self.constant + terms @ self.slopes


def fit(terms: FloatArray, feh: FloatArray) -> Relation:
    """Give the ridge relation of terms ``(n, n_terms)`` of zero mean and [Fe/H] ``(n,)`` [dex].

    Every star counts the same. The residual that a star has under the relation of all others
    follows from the relation of all: it is the residual over ``1 − leverage`` (Allen, D. M. 1974,
    Technometrics 16, 125).
    """
    n, n_terms = terms.shape
    constant = float(feh.mean())
    normal = terms.T @ terms + PENALTY * np.eye(n_terms)
    slopes = np.asarray(np.linalg.solve(normal, terms.T @ (feh - constant)), dtype=np.float64)
    leverage = 1.0 / n + (terms * np.linalg.solve(normal, terms.T).T).sum(axis=1)
    residual = feh - constant - terms @ slopes
    return Relation(constant, slopes, residual / (1.0 - leverage))
