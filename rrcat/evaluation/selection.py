"""Which features a relation of [Fe/H] needs: orders of features, and how many of them.

Whatever is said here follows from the stars that are given. What a choice is worth shows only on
other stars: :mod:`rrcat.evaluation.nested`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rrcat.evaluation.linear import FloatArray, fit

METHODS = ("f-test", "mutual-information", "forward", "backward")
"""Two that look at each feature alone, two that look at what it adds to others."""


@dataclass(frozen=True)
class Choice:
    """Features from the one that counts most to the one that counts least, and how many to take.

    ``order`` holds columns of the terms. ``errors`` ``(n_features, n)`` are the squared residuals
    [dex²] of each star under the relation of all others, with the first one, two ... of ``order``.
    They are what the choice was made by, so they flatter it.
    """

    order: tuple[int, ...]
    errors: FloatArray
    number: int

    @property
    def chosen(self) -> tuple[int, ...]:
        """The features to take."""
        return self.order[: self.number]


def choose(terms: FloatArray, feh: FloatArray, method: str, seed: int) -> Choice:
    """Give the choice of a method among the columns of ``terms`` ``(n, n_features)``.

    Parameters
    ----------
    terms
        As :class:`rrcat.evaluation.linear.Terms` gives; ``n`` of at least 4.
    feh
        [Fe/H] of the stars ``(n,)``, dex.
    method
        One of :data:`METHODS`. ``f-test`` and ``mutual-information`` order the features by what
        each tells alone (``SelectKBest`` of scikit-learn); ``forward`` takes at each step the
        feature with which stars left out are foretold best, ``backward`` gives up the one without
        which they are.
    seed
        Of the noise by which ``mutual-information`` breaks ties.
    """
    if method == "forward":
        order = _forward(terms, feh)
    elif method == "backward":
        order = _backward(terms, feh)
    else:
        order = _univariate(terms, feh, method, seed)
    sets = (list(order[:number]) for number in range(1, len(order) + 1))
    errors = np.stack([fit(terms[:, some], feh).left_out ** 2 for some in sets])
    return Choice(order, errors, enough(errors))


def enough(errors: FloatArray) -> int:
    """Give the smallest number of features that is not surely worse than the best number.

    Surely worse is what has a larger mean squared residual by more than the standard error of the
    difference, star by star (the rule of one standard error, Breiman et al. 1984, for pairs).

    Parameters
    ----------
    errors
        Squared residuals ``(n_features, n)``, as in :class:`Choice`.
    """
    best = int(errors.mean(axis=1).argmin())
    more = errors[:best] - errors[best]
    error = more.std(axis=1, ddof=1) / np.sqrt(errors.shape[1])
    good = np.flatnonzero(more.mean(axis=1) <= error)
    return int(good[0] if good.size else best) + 1


def _univariate(terms: FloatArray, feh: FloatArray, method: str, seed: int) -> tuple[int, ...]:
    # Imported here: it comes with the extra `selection`, and everything else does without it.
    from sklearn.feature_selection import SelectKBest, f_regression, mutual_info_regression

    def information(x: FloatArray, y: FloatArray) -> FloatArray:
        return np.asarray(mutual_info_regression(x, y, random_state=seed))

    score: Callable[..., object] = f_regression if method == "f-test" else information
    with np.errstate(invalid="ignore", divide="ignore"):  # a feature that is the same everywhere
        scores = SelectKBest(score, k="all").fit(terms, feh).scores_
    ranked = np.argsort(-np.nan_to_num(scores, nan=-1.0), kind="stable")
    return tuple(int(column) for column in ranked)


def _forward(terms: FloatArray, feh: FloatArray) -> tuple[int, ...]:
    taken: list[int] = []
    left = list(range(terms.shape[1]))
    while left:
        best = min(left, key=lambda column: _error(terms, feh, [*taken, column]))
        taken.append(best)
        left.remove(best)
    return tuple(taken)


def _backward(terms: FloatArray, feh: FloatArray) -> tuple[int, ...]:
    kept = list(range(terms.shape[1]))
    given_up: list[int] = []
    while len(kept) > 1:
        least = min(
            kept,
            key=lambda column: _error(terms, feh, [other for other in kept if other != column]),
        )
        kept.remove(least)
        given_up.append(least)
    return (*kept, *reversed(given_up))


def _error(terms: FloatArray, feh: FloatArray, columns: list[int]) -> float:
    return float((fit(terms[:, columns], feh).left_out ** 2).mean())


def resampled(n: int, seed: int) -> NDArray[np.int64]:
    """Give the sorted rows of a resample of ``n`` stars: as many as differ in a bootstrap draw.

    That is 1 − 1/e of them, drawn without replacement. Copies of a star, as a bootstrap draws
    them, would foretell each other when one is left out.
    """
    size = max(round((1.0 - np.exp(-1.0)) * n), 4)
    return np.sort(np.random.default_rng(seed).permutation(n)[:size])
