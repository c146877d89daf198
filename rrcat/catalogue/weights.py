"""Weights of several predictions of one star, from how their errors go together."""

from itertools import chain, combinations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

# As many stars seem to have said that members do not err together, and as many that all are equally
# good (docs/combination.md): what a few stars tell of correlations makes weights worse than none.
APART, ALIKE = 100, 10
USUAL = 0.9  # share of the calibrators whose error is usual
LEAST_SHARE = 1e-3  # of the mean square; keeps the moments of two equal members regular


def moments(residuals: FloatArray) -> FloatArray:
    """Give the mean products of the residuals of each two members ``(n_members, n_members)``.

    They are shrunk, the more so the fewer stars both have a value for: products of two members to
    nought, with which :func:`stacking_weights` are those of the inverse mean square, and the mean
    square of a member to that of all.

    Parameters
    ----------
    residuals
        Predicted less true for stars that were left out ``(n, n_members)`` [dex], NaN without a
        value.
    """
    known = np.isfinite(residuals)
    filled = np.where(known, residuals, 0.0)
    counts = known.T.astype(np.float64) @ known
    sums = filled.T @ filled
    same = np.trace(sums) / max(np.trace(counts), 1.0)
    shrunk = sums / (counts + APART)
    np.fill_diagonal(shrunk, (np.diag(sums) + ALIKE * same) / (np.diag(counts) + ALIKE))
    values, vectors = np.linalg.eigh(shrunk)
    least = max(LEAST_SHARE * same, np.finfo(np.float64).tiny)
    return np.asarray((vectors * np.maximum(values, least)) @ vectors.T)


def stacking_weights(moments: FloatArray) -> FloatArray:
    """Give the weights ``(n_members,)`` of the mean with the least mean square.

    They are not negative and sum to 1 (stacking, Breiman 1996, Machine Learning 24, 49). Some
    members have the weights M⁻¹1 / 1ᵀM⁻¹1 among themselves and the mean square 1 / 1ᵀM⁻¹1; taken
    are those of the least one whose weights are not negative.

    Parameters
    ----------
    moments
        M, as of :func:`moments`, positive definite.
    """
    members = range(len(moments))
    best, largest = np.zeros(len(moments)), 0.0
    for some in chain.from_iterable(combinations(members, n + 1) for n in members):
        chosen = list(some)
        found = np.linalg.solve(moments[np.ix_(chosen, chosen)], np.ones(len(chosen)))
        if found.min() >= 0 and found.sum() > largest:
            largest = found.sum()
            best = np.zeros(len(moments))
            best[chosen] = found / largest
    return best


def usual_errors(errors: FloatArray) -> FloatArray:
    """Give the error ``(n_members,)`` [dex] that nine in ten calibrators do not exceed.

    Parameters
    ----------
    errors
        Calibrated errors of the members for the calibrators ``(n, n_members)`` [dex], NaN without a
        value.

    Returns
    -------
    Array
        1 for a member without any value.
    """
    known = [column[np.isfinite(column)] for column in errors.T]
    return np.array([np.quantile(one, USUAL) if one.size else 1.0 for one in known])


def weights(errors: FloatArray, moments: FloatArray, usual: FloatArray) -> FloatArray:
    """Give the weights of the members for each star ``(n, n_members)``, which sum to 1.

    They are those of stacking for the members that have a value for the star. These were learned
    from stars whose errors were usual; the weight of a member whose error is larger falls with the
    square of it. A star's weights are the same to the last bit whichever others are asked for with
    it.

    Parameters
    ----------
    errors
        Calibrated errors of the members ``(n, n_members)`` [dex], NaN without a value.
    moments, usual
        As of :func:`moments` and :func:`usual_errors`.

    Returns
    -------
    Array
        Zeros where no member has a value.
    """
    found = np.zeros(errors.shape)
    given = np.isfinite(errors)
    pattern = given @ (1 << np.arange(errors.shape[1]))
    for code in np.unique(pattern[pattern > 0]).tolist():
        rows = np.flatnonzero(pattern == code)
        members = np.flatnonzero(given[rows[0]])
        stacked = stacking_weights(moments[np.ix_(members, members)])
        # No sum runs along an axis of numpy, whose order may follow the number of stars.
        parts = [
            share * np.minimum(usual[one] / errors[rows, one], 1.0) ** 2
            for share, one in zip(stacked, members, strict=True)
        ]
        total = sum(parts)
        for part, member in zip(parts, members, strict=True):
            found[rows, member] = part / total
    return found


def weighted_mean(values: FloatArray, weights: FloatArray) -> FloatArray:
    """Give the mean of values ``(n, n_members)`` with some weights ``(n,)``.

    NaN where all weights are zero; a value of no weight may be NaN.
    """
    mean = np.zeros(len(values))
    for value, weight in zip(values.T, weights.T, strict=True):
        mean += np.where(weight > 0, weight * value, 0.0)
    return np.where((weights > 0).any(axis=1), mean, np.nan)
