"""Boosted trees on what the linear base leaves, and whether they help at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xgboost
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Splits = Sequence[tuple[NDArray[np.int64], NDArray[np.int64]]]

# Settings searched; the first trial takes the first of each.
SPACE: dict[str, tuple[float, ...]] = {
    "max_depth": (4, 2, 3, 5),
    "min_child_weight": (8, 4, 16, 32),
    "subsample": (0.6, 0.5, 0.8),
    "colsample_bytree": (0.4, 0.25, 0.6),
    "reg_lambda": (5, 1, 20),
}
LEARNING_RATE = 0.02
# Numbers of rounds compared.
_ROUNDS_STEP = 25
# The gain must exceed this many of its standard errors, or no tree is grown.
_SURE = 1.0


@dataclass(frozen=True)
class Growth:
    """Settings of the trees and number of rounds; zero rounds mean none help."""

    settings: dict[str, float]
    rounds: int


@dataclass(frozen=True)
class Trees:
    """Boosters of which the mean counts; without any, zero."""

    boosters: tuple[xgboost.Booster, ...]

    def __call__(self, columns: FloatArray) -> FloatArray:
        """Give what to add to the base [dex], from columns ``(n, n_columns)``."""
        total = np.zeros(columns.shape[0])
        for booster in self.boosters:
            total += _predict(booster, columns, None)
        return total / max(len(self.boosters), 1)


def grow(
    columns: FloatArray,
    residuals: FloatArray,
    weights: FloatArray,
    growth: Growth,
    seeds: Sequence[int],
) -> Trees:
    """Give trees fitted to the residuals, one booster a seed."""
    if not growth.rounds:
        return Trees(())
    return Trees(tuple(_boosted(columns, residuals, weights, growth, seed) for seed in seeds))


def search(
    columns: FloatArray,
    residuals: FloatArray,
    weights: FloatArray,
    splits: Splits,
    *,
    n_trials: int,
    max_rounds: int,
    seed: int,
    step: Callable[[], None],
) -> Growth:
    """Give the settings and rounds with the least squared error on stars left out.

    Zero rounds win unless the gain in squared error is sure, star by star; where the first settings
    gain nothing, no others are tried.
    """
    rng = np.random.default_rng(seed)
    rounds = np.arange(0, max_rounds + 1, _ROUNDS_STEP)
    best, least, gain = Growth({}, 0), np.inf, np.zeros(residuals.size)
    for trial in range(n_trials):
        settings = {
            name: float(values[0] if trial == 0 else values[rng.integers(len(values))])
            for name, values in SPACE.items()
        }
        longest = Growth(settings, int(rounds[-1]))
        error = np.empty((rounds.size, residuals.size))
        for known, left_out in splits:
            booster = _boosted(columns[known], residuals[known], weights[known], longest, seed)
            for number, count in enumerate(rounds):
                added = _predict(booster, columns[left_out], int(count)) if count else 0.0
                error[number, left_out] = weights[left_out] * (residuals[left_out] - added) ** 2
        mean = error.mean(axis=1)
        number = int(mean.argmin())
        if mean[number] < least:
            least, best = float(mean[number]), Growth(settings, int(rounds[number]))
            gain = error[0] - error[number]
        step()
        if not number and not trial:
            break
    sure = gain.mean() > _SURE * gain.std() / np.sqrt(gain.size)
    return best if sure else Growth({}, 0)


def _boosted(
    columns: FloatArray, residuals: FloatArray, weights: FloatArray, growth: Growth, seed: int
) -> xgboost.Booster:
    settings: dict[str, Any] = {
        **growth.settings,
        "max_depth": int(growth.settings["max_depth"]),
        "learning_rate": LEARNING_RATE,
        "tree_method": "hist",
        "base_score": 0.0,
        "nthread": 1,
        "seed": seed,
    }
    return xgboost.train(settings, _matrix(columns, residuals, weights), growth.rounds)


def _matrix(
    columns: FloatArray, residuals: FloatArray | None = None, weights: FloatArray | None = None
) -> xgboost.DMatrix:
    return xgboost.DMatrix(columns.astype(np.float32), label=residuals, weight=weights, nthread=1)


def _predict(booster: xgboost.Booster, columns: FloatArray, rounds: int | None) -> FloatArray:
    if not len(columns):
        return np.zeros(0)  # the library warns of a table without rows
    value = booster.predict(_matrix(columns), iteration_range=(0, rounds or 0))
    return np.asarray(value, dtype=np.float64)
