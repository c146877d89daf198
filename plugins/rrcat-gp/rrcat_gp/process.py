"""The Gaussian process itself: scikit-learn's, with the numbers that were learned, block by block.

A function of the columns is drawn from ``linear × (1 + x · x′) + curved × exp(−|x − x′|² / 2)``,
columns of the second in units of their lengths: a linear relation with slopes of its own prior,
and a smooth departure from it that fades to nothing far from all calibrators.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, DotProduct

from rrcat_gp.evidence import Numbers

FloatArray = NDArray[np.float64]

BLOCK = 512
"""Stars predicted at a time. Fewer are filled up: how many there are changes the last bits."""

Process = Callable[[FloatArray], tuple[FloatArray, FloatArray]]


def conditioned(
    numbers: Numbers, columns: FloatArray, value: FloatArray, noise: FloatArray
) -> Process:
    """Give the process that has seen calibrators: columns ``(n, n_columns)`` to value and variance.

    Parameters
    ----------
    columns, value
        Of the calibrators, standardised; ``(n, n_columns)`` and ``(n,)``.
    noise
        Variance of each value about the function, ``(n,)``. That of a new star is not in the
        variance that the process gives.
    """
    kernel = ConstantKernel(numbers.linear) * DotProduct(1.0)
    kernel += ConstantKernel(numbers.curved) * RBF(numbers.length)
    process = GaussianProcessRegressor(kernel, alpha=noise, optimizer=None)
    process.fit(columns, value)

    def predict(asked: FloatArray) -> tuple[FloatArray, FloatArray]:
        mean, variance = np.empty(len(asked)), np.empty(len(asked))
        for start in range(0, len(asked), BLOCK):
            rows = asked[start : start + BLOCK]
            filled = np.zeros((BLOCK, asked.shape[1]))
            filled[: len(rows)] = rows
            centre, deviation = process.predict(filled, return_std=True)
            mean[start : start + BLOCK] = centre[: len(rows)]
            variance[start : start + BLOCK] = deviation[: len(rows)] ** 2
        return mean, variance

    return predict
