"""How far values are correlated, how much is linear, how much noise: what the calibrators say.

The numbers that a Gaussian process has besides its calibrators are those of greatest posterior
density: the likelihood of the calibrators under all functions at once (Rasmussen & Williams 2006,
eq. 5.8, 5.9), times a prior that holds what few stars cannot say. The gradient is put together from
matrix products here; that of scikit-learn's kernels holds a matrix for each length scale.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve, cholesky
from scipy.optimize import minimize

FloatArray = NDArray[np.float64]

# Logarithms of the medians of the first five numbers, and their standard deviations: in units of
# the spread of [Fe/H] most is explained, and errors are by and large what they are said to be.
_MEDIAN = np.log([0.1, 0.3, 0.1, 1.0, 1.0])
_WIDTH = np.array([2.0, 2.0, 1.5, 0.5, 0.5])
# Along a column values bend over that many standard deviations: over all calibrators, little.
_LENGTH, _LENGTH_WIDTH = 5.0, 1.0
_STEPS = 80


@dataclass(frozen=True)
class Numbers:
    """What is learned besides the values, in units of the spread of [Fe/H] and of each column.

    ``linear`` and ``curved`` are the variances of the linear part, by column, and of the rest;
    ``scatter`` that of [Fe/H] about both; ``measured`` and ``labelled`` what the variances that
    follow from the errors of shape and of label are multiplied by; ``length`` ``(n_columns,)``.
    """

    linear: float
    curved: float
    scatter: float
    measured: float
    labelled: float
    length: FloatArray

    def noise(self, of_shape: FloatArray, of_label: FloatArray) -> FloatArray:
        """Give the variance of each star about the function, from those of shape and label."""
        return self.scatter + self.measured * of_shape + self.labelled * of_label


def learn_numbers(
    columns: FloatArray, value: FloatArray, of_shape: FloatArray, of_label: FloatArray
) -> Numbers:
    """Give the numbers of greatest posterior density.

    Parameters
    ----------
    columns
        Inputs ``(n, n_columns)``, standardised.
    value
        [Fe/H] ``(n,)``, standardised.
    of_shape, of_label
        Variances ``(n,)`` of the value from the errors of shape and label.
    """
    median = np.concatenate([_MEDIAN, np.full(columns.shape[1], np.log(_LENGTH))])
    width = np.concatenate([_WIDTH, np.full(columns.shape[1], _LENGTH_WIDTH)])
    product = columns @ columns.T + 1.0

    def surprise(place: FloatArray) -> tuple[float, FloatArray]:
        loss, slope = _evidence(place, columns, product, value, of_shape, of_label)
        away = (place - median) / width
        return loss + 0.5 * float(away @ away), slope + away / width

    found = minimize(surprise, median, jac=True, method="L-BFGS-B", options={"maxiter": _STEPS})
    return _numbers(found.x)


def _numbers(place: FloatArray) -> Numbers:
    linear, curved, scatter, measured, labelled = (float(number) for number in np.exp(place[:5]))
    return Numbers(linear, curved, scatter, measured, labelled, np.exp(place[5:]))


def _evidence(
    place: FloatArray,
    columns: FloatArray,
    product: FloatArray,
    value: FloatArray,
    of_shape: FloatArray,
    of_label: FloatArray,
) -> tuple[float, FloatArray]:
    """Give −log likelihood of the values, and its gradient by the logarithms of the numbers."""
    numbers = _numbers(place)
    scaled = columns / numbers.length
    square = (scaled**2).sum(axis=1)
    distance = np.maximum(square[:, np.newaxis] + square - 2.0 * scaled @ scaled.T, 0.0)
    curved = numbers.curved * np.exp(-0.5 * distance)
    covariance = numbers.linear * product + curved
    covariance[np.diag_indices(value.size)] += numbers.noise(of_shape, of_label)
    lower = cholesky(covariance, lower=True)
    weighted = cho_solve((lower, True), value)
    inverse = cho_solve((lower, True), np.eye(value.size))
    loss = 0.5 * float(value @ weighted) + float(np.log(np.diag(lower)).sum())
    by_covariance = 0.5 * (inverse - np.outer(weighted, weighted))
    by_noise = np.diag(by_covariance)
    by_curved = by_covariance * curved
    # d curved / d log length = curved × (difference / length)², summed over all pairs.
    by_length = 2.0 * (
        (scaled**2 * by_curved.sum(axis=1)[:, np.newaxis]).sum(axis=0)
        - (scaled * (by_curved @ scaled)).sum(axis=0)
    )
    slope = [
        numbers.linear * float((by_covariance * product).sum()),
        float(by_curved.sum()),
        numbers.scatter * float(by_noise.sum()),
        numbers.measured * float(by_noise @ of_shape),
        numbers.labelled * float(by_noise @ of_label),
    ]
    return loss, np.concatenate([slope, by_length])
