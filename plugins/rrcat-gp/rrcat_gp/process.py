"""The Gaussian process itself: scikit-learn's, with the numbers that were learned, block by block.

A function of the columns is drawn from ``linear × (1 + x · x′) + curved × exp(−|x − x′|² / 2)``,
columns of the second in units of their lengths: a linear relation with slopes of its own prior,
and a smooth departure from it that fades to nothing far from all calibrators.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, DotProduct

from rrcat_gp.evidence import Numbers

FloatArray = NDArray[np.float64]

BLOCK = 512
"""Stars predicted at a time. Fewer are filled up: how many there are changes the last bits."""


@dataclass(frozen=True)
class Process:
    """A Gaussian process that has seen calibrators."""

    regressor: GaussianProcessRegressor

    def __call__(self, asked: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Give value and variance ``(n,)`` of the function at columns ``(n, n_columns)``."""
        mean, variance = np.empty(len(asked)), np.empty(len(asked))
        for start in range(0, len(asked), BLOCK):
            rows = asked[start : start + BLOCK]
            filled = np.zeros((BLOCK, asked.shape[1]))
            filled[: len(rows)] = rows
            centre, deviation = self.regressor.predict(filled, return_std=True)
            mean[start : start + BLOCK] = centre[: len(rows)]
            variance[start : start + BLOCK] = deviation[: len(rows)] ** 2
        return mean, variance

    def pulls(self) -> FloatArray:
        """Give for each calibrator how far off it is, in errors, if it alone is left out.

        Rasmussen & Williams 2006, eq. 5.12: it takes no process but that with all of them.
        """
        size = self.regressor.alpha_.size
        inverse = cho_solve((self.regressor.L_, True), np.eye(size))
        return np.asarray(self.regressor.alpha_ / np.sqrt(np.diag(inverse)))


def conditioned(
    numbers: Numbers, columns: FloatArray, value: FloatArray, noise: FloatArray
) -> Process:
    """Give the process that has seen calibrators.

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
    return Process(
        GaussianProcessRegressor(kernel, alpha=noise, optimizer=None).fit(columns, value)
    )
