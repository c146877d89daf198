"""From shapes to metallicities for stars of one pulsation type: all that is learned, in order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import RepeatedKFold

from rrcat.estimator import Scaler, learn_scaler
from rrcat.fourier import (
    COEFFICIENT_COLUMNS,
    N_COEFFICIENTS,
    Prior,
    Shapes,
    branches,
    coefficient_columns,
    column_index,
    learn_prior,
    posterior,
)
from rrcat_xgboost.base import TERMS, Relation, choose, fit_relation, robust_scale, terms
from rrcat_xgboost.errors import Errors, learn_errors
from rrcat_xgboost.trees import Splits, Trees, grow, search

FloatArray = NDArray[np.float64]

# Below this many stars, more folds and the mean over repeats: one split is a lottery.
_FEW = 200
_FOLDS, _FOLDS_OF_FEW, _REPEATS_OF_FEW = 5, 10, 5
# More stars than these teach the prior and the settings nothing new.
ENOUGH = 5_000
# Step [mag] for derivatives by the coefficients.
_STEP = 1e-4
_RANGED = column_index(["period", "a1", "a2", "phi31"])


@dataclass(frozen=True)
class Settings:
    """What the search may spend."""

    n_trials: int
    max_rounds: int
    n_boosters: int


@dataclass(frozen=True)
class Regression:
    """What was learned of stars of one type.

    ``centres`` are the branches of the phases; ``lowest`` and ``highest`` bound period, A1, A2 and
    φ31 of the training stars.
    """

    prior: Prior
    centres: FloatArray
    scaler: Scaler
    relation: Relation
    trees: Trees
    errors: Errors
    lowest: FloatArray
    highest: FloatArray

    def __call__(self, given: Shapes) -> tuple[FloatArray, FloatArray, NDArray[np.bool_]]:
        """Give [Fe/H], its error [dex], and whether the star is unlike those learned from."""
        values, covariance = posterior(self.prior, given)
        columns = coefficient_columns(given.period, given.noise, values, self.centres)
        base = self.relation(terms(self.scaler.standardised(columns)))
        feh = base + self.trees(_with_base(columns, base))
        variance = _left_open(
            self.relation, self.scaler, self.centres, given, values, covariance, base
        )
        ranged = columns[:, _RANGED]
        outside = np.any((ranged < self.lowest) | (ranged > self.highest), axis=1)
        return feh, self.errors(variance), outside


@dataclass(frozen=True)
class Account:
    """How learning went: shares of the relations, rounds, errors of stars left out, importances."""

    n: int
    relations: dict[str, float]
    tree_settings: dict[str, float]
    tree_rounds: int
    rmse_base: float
    rmse: float
    importances: dict[str, float]


def learn(
    given: Shapes,
    feh: FloatArray,
    feh_error: FloatArray,
    settings: Settings,
    *,
    seed: int,
    step: Callable[[], None],
) -> tuple[Regression, Account]:
    """Give what is learned from stars of one type with their [Fe/H], and how it went."""
    n = feh.size
    some = np.sort(np.random.default_rng(seed).permutation(n)[:ENOUGH])
    prior = learn_prior(given[some])
    values, covariance = posterior(prior, given)
    centres = branches(values)
    columns = coefficient_columns(given.period, given.noise, values, centres)
    scaler = learn_scaler(columns)
    design = terms(scaler.standardised(columns))
    weights = _weights(design, feh, feh_error)

    choice = choose(design[some], feh[some], weights[some], _splits(some.size, seed, many=True))
    splits = _splits(n, seed, many=False)
    base = np.empty(n)
    for known, left_out in splits:
        base[left_out] = choice.fit(design[known], feh[known], weights[known])(design[left_out])
    residuals = feh - base
    step()
    tree_columns = _with_base(columns, base)
    growth = search(
        tree_columns[some],
        residuals[some],
        weights[some],
        _splits(some.size, seed, many=False),
        n_trials=settings.n_trials,
        max_rounds=settings.max_rounds,
        seed=seed,
        step=step,
    )
    seeds = [seed + number for number in range(settings.n_boosters)]
    relation = choice.fit(design, feh, weights)
    trees = grow(tree_columns, residuals, weights, growth, seeds)

    fold_models = [
        (
            choice.fit(design[known], feh[known], weights[known]),
            grow(tree_columns[known], residuals[known], weights[known], growth, seeds[:1]),
        )
        for known, _ in splits
    ]
    rest = np.empty(n)
    for (_, left_out), (_, fold_trees) in zip(splits, fold_models, strict=True):
        rest[left_out] = residuals[left_out] - fold_trees(tree_columns[left_out])
    left_open = _left_open(relation, scaler, centres, given, values, covariance, relation(design))
    errors = learn_errors(rest, left_open, float(feh.std()))
    ranged = columns[:, _RANGED]
    regression = Regression(
        prior, centres, scaler, relation, trees, errors, ranged.min(axis=0), ranged.max(axis=0)
    )
    account = Account(
        n=n,
        relations={f"{name}, penalty {p:g}": share for (name, p), share in choice.weights.items()},
        tree_settings=growth.settings,
        tree_rounds=growth.rounds,
        rmse_base=_root_mean_square(residuals),
        rmse=_root_mean_square(rest),
        importances=_importances(columns, scaler, feh, splits, fold_models, seed),
    )
    return regression, account


def _with_base(columns: FloatArray, base: FloatArray) -> FloatArray:
    return np.concatenate([columns, base[:, np.newaxis]], axis=1)


def _splits(n: int, seed: int, *, many: bool) -> Splits:
    folds = min(_FOLDS if n >= _FEW else _FOLDS_OF_FEW, n)
    repeats = _REPEATS_OF_FEW if many and n < _FEW else 1
    kfold = RepeatedKFold(n_splits=folds, n_repeats=repeats, random_state=seed)
    return list(kfold.split(np.zeros(n)))


def _weights(design: FloatArray, feh: FloatArray, feh_error: FloatArray) -> FloatArray:
    """Give weights of mean 1 from the errors of the labels and the scatter about a relation."""
    plain = fit_relation(design, feh, np.ones(feh.size), TERMS["phase"], 1.0)
    total = robust_scale(feh - plain(design)) ** 2
    scatter = max(total - float(np.median(feh_error**2)), 0.1 * total)
    weights = 1.0 / (scatter + feh_error**2)
    return np.asarray(weights / weights.mean())


def _left_open(
    relation: Relation,
    scaler: Scaler,
    centres: FloatArray,
    given: Shapes,
    values: FloatArray,
    covariance: FloatArray,
    base: FloatArray,
) -> FloatArray:
    """Give the variance [dex²] of the relation that the uncertainty of each shape brings."""
    gradient = np.empty((base.size, N_COEFFICIENTS))
    for place in range(N_COEFFICIENTS):
        moved = values.copy()
        moved[:, place] += _STEP
        columns = coefficient_columns(given.period, given.noise, moved, centres)
        gradient[:, place] = (relation(terms(scaler.standardised(columns))) - base) / _STEP
    product = gradient[:, np.newaxis, :] @ covariance @ gradient[:, :, np.newaxis]
    return np.maximum(product[:, 0, 0], 0.0)


def _importances(
    columns: FloatArray,
    scaler: Scaler,
    feh: FloatArray,
    splits: Splits,
    models: list[tuple[Relation, Trees]],
    seed: int,
) -> dict[str, float]:
    """Give by column how much the error of stars left out grows when it is permuted, dex."""
    rng = np.random.default_rng(seed)
    square = dict.fromkeys(("", *COEFFICIENT_COLUMNS), 0.0)
    for (_, left_out), (relation, trees) in zip(splits, models, strict=True):
        for place, name in enumerate(("", *COEFFICIENT_COLUMNS)):
            turned = columns[left_out].copy()
            if name:
                turned[:, place - 1] = rng.permutation(turned[:, place - 1])
            base = relation(terms(scaler.standardised(turned)))
            error = feh[left_out] - base - trees(_with_base(turned, base))
            square[name] += float((error**2).sum())
    rmse = {name: float(np.sqrt(total / feh.size)) for name, total in square.items()}
    return {name: rmse[name] - rmse[""] for name in COEFFICIENT_COLUMNS}


def _root_mean_square(residuals: FloatArray) -> float:
    return float(np.sqrt(np.mean(residuals**2)))
