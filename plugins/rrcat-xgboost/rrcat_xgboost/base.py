"""The linear base: robust ridge relations from few terms to many, averaged by what they foretell.

Few stars carry a relation of period and φ31 and no more; thousands carry every coefficient and
the products of the main ones. Which, is left to cross-validation among the training stars.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rrcat.fourier import COEFFICIENT_COLUMNS, column_index

FloatArray = NDArray[np.float64]

# Columns whose squares and products may enter.
_CORE = column_index(["period", "a1", "r21", "r31", "phi21", "phi31", "phi41", "phi51", "noise"])
_FIRST, _SECOND = np.triu_indices(len(_CORE))
_EVERY = tuple(range(len(COEFFICIENT_COLUMNS)))
_PRODUCTS = tuple(range(len(COEFFICIENT_COLUMNS), len(COEFFICIENT_COLUMNS) + _FIRST.size))

TERMS: dict[str, tuple[int, ...]] = {
    "phase": tuple(column_index(["period", "phi31"])),
    "phase-amplitude": tuple(column_index(["period", "phi31", "a2"])),
    "two-phases": tuple(column_index(["period", "phi21", "phi31", "a2"])),
    "linear": _EVERY,
    "curved": _EVERY + _PRODUCTS,
}
"""Terms of each relation, by name: places among the columns and their products."""

PENALTIES = (0.3, 3.0, 30.0)
"""Penalties of the ridge on coefficients of standardised terms, in stars."""

# Residuals beyond this many robust standard deviations pull with constant force (Huber 1964).
_TURN = 1.345
_ROUNDS = 10
# The same where relations are compared: an outlier shall count, but not decide.
_TURN_LEFT_OUT = 2.0
# Relations with a smaller weight are left out.
_SMALLEST_WEIGHT = 0.01


def terms(standardised: FloatArray) -> FloatArray:
    """Give standardised columns followed by the products of the core ones."""
    core = standardised[:, _CORE]
    return np.concatenate([standardised, core[:, _FIRST] * core[:, _SECOND]], axis=1)


@dataclass(frozen=True)
class Relation:
    """``constant + Σ slope × term`` over all terms; zero slopes for those it has not."""

    constant: float
    slopes: FloatArray

    def __call__(self, values: FloatArray) -> FloatArray:
        """Give the metallicity [dex] from terms ``(n, n_terms)``."""
        # Term by term, so that a star's value does not depend on how many stars there are.
        feh = np.full(values.shape[0], self.constant)
        for place in np.flatnonzero(self.slopes):
            feh += self.slopes[place] * values[:, place]
        return feh


def robust_scale(residuals: FloatArray) -> float:
    """Give 1.4826 times the median absolute residual, never zero."""
    return float(1.4826 * np.median(np.abs(residuals))) + 1e-6


def fit_relation(
    values: FloatArray, feh: FloatArray, weights: FloatArray, used: Sequence[int], penalty: float
) -> Relation:
    """Give the Huber ridge relation of the terms ``used``; weights have mean 1."""
    design = values[:, list(used)]
    centre = (weights[:, np.newaxis] * design).sum(axis=0) / weights.sum()
    design = np.concatenate([np.ones((feh.size, 1)), design - centre], axis=1)
    ridge = penalty * np.eye(design.shape[1])
    ridge[0, 0] = 0.0
    weight = weights
    for _ in range(_ROUNDS):
        weighted = design * weight[:, np.newaxis]
        solution = np.linalg.solve(weighted.T @ design + ridge, weighted.T @ feh)
        residual = feh - design @ solution
        limit = _TURN * robust_scale(residual)
        weight = weights * np.minimum(1.0, limit / np.maximum(np.abs(residual), 1e-12))
    slopes = np.zeros(values.shape[1])
    slopes[list(used)] = solution[1:]
    return Relation(float(solution[0] - centre @ solution[1:]), slopes)


@dataclass(frozen=True)
class Choice:
    """How much each (relation, penalty) counts; the weights add up to 1."""

    weights: dict[tuple[str, float], float]

    def fit(self, values: FloatArray, feh: FloatArray, weights: FloatArray) -> Relation:
        """Give the weighted mean of the relations, which is itself a relation."""
        constant, slopes = 0.0, np.zeros(values.shape[1])
        for (name, penalty), share in self.weights.items():
            relation = fit_relation(values, feh, weights, TERMS[name], penalty)
            constant += share * relation.constant
            slopes += share * relation.slopes
        return Relation(constant, slopes)


def choose(
    values: FloatArray,
    feh: FloatArray,
    weights: FloatArray,
    splits: Sequence[tuple[NDArray[np.int64], NDArray[np.int64]]],
) -> Choice:
    """Give the weights of the relations from how well they foretell stars left out.

    A relation counts as ``loss^(−n / 2)``, with Huber's loss in place of the squared error in the
    likelihood of Gaussian errors of the size met on stars left out: with few stars several share,
    with many the best takes all.
    """
    log_likelihood = {}
    every = np.concatenate([left_out for _, left_out in splits])
    for name, used in TERMS.items():
        for penalty in PENALTIES:
            errors = []
            for known, left_out in splits:
                relation = fit_relation(values[known], feh[known], weights[known], used, penalty)
                errors.append(feh[left_out] - relation(values[left_out]))
            loss = _huber_loss(np.concatenate(errors), weights[every])
            log_likelihood[name, penalty] = -0.5 * feh.size * np.log(loss)
    best = max(log_likelihood.values())
    share = {key: float(np.exp(value - best)) for key, value in log_likelihood.items()}
    total = sum(share.values())
    kept = {key: value / total for key, value in share.items() if value / total > _SMALLEST_WEIGHT}
    total = sum(kept.values())
    return Choice({key: value / total for key, value in kept.items()})


def _huber_loss(errors: FloatArray, weights: FloatArray) -> float:
    size = np.abs(errors)
    limit = _TURN_LEFT_OUT * robust_scale(errors)
    loss = np.where(size < limit, size**2, 2.0 * limit * size - limit**2)
    return float((weights * loss).sum() / weights.sum()) + 1e-12
