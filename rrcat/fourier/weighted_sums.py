"""Folded observations as what least squares needs to know of them: sums over each light curve."""

# Kernels take the types numba infers.
# mypy: allow-untyped-defs, allow-untyped-calls

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rrcat.fourier.compiled import kernel
from rrcat.harmonic import MAX_HARMONICS

FloatArray = NDArray[np.float64]

N_TERMS = 2 * MAX_HARMONICS + 1
"""Terms of a series: the constant, then ``cos 2πkp`` and ``−sin 2πkp`` of each order k."""


@dataclass(frozen=True)
class Sums:
    """Weighted sums over the observations of ``n`` stars; weights have mean 1 in each star.

    ``gram`` ``(n, 17, 17)`` of the products of two terms, ``moment`` ``(n, 17)`` [mag] of term and
    magnitude, ``square`` ``(n,)`` [mag²] of the squared magnitude, ``count`` ``(n,)`` of one.
    """

    gram: FloatArray
    moment: FloatArray
    square: FloatArray
    count: FloatArray

    def __getitem__(self, rows: NDArray[np.int64]) -> Sums:
        return Sums(self.gram[rows], self.moment[rows], self.square[rows], self.count[rows])


def sums(sequences: pl.DataFrame) -> Sums:
    """Give the sums over each light curve of a frame of the table ``sequences``.

    An observation counts by ``1 / (e² + median e²)`` of the errors of its light curve: the scatter
    of a fit is in part not that of the errors. All count the same where errors are not known. The
    sums of a star whose lists are null, with ``n_points`` 0, are zero.
    """
    length = sequences["n_points"].to_numpy().astype(np.int64)
    offsets = np.concatenate([[0], np.cumsum(length)])
    phase = _flat(sequences["phase"])
    mag = _flat(sequences["mag"])
    weight = np.ones(phase.size)
    known = sequences["mag_error"].is_not_null().to_numpy()
    typical = sequences["mag_error"].list.eval(pl.element().cast(pl.Float64)).list.median()
    squared = np.repeat(np.nan_to_num(typical.to_numpy()[known].astype(np.float64)), length[known])
    errors = _flat(sequences["mag_error"].filter(pl.Series(known, dtype=pl.Boolean)))
    total = errors**2 + squared**2
    usable = np.isfinite(total) & (total > 0.0)
    weight[np.repeat(known, length)] = np.where(usable, 1.0 / np.where(usable, total, 1.0), 0.0)
    n = length.size
    gram = np.empty((n, N_TERMS, N_TERMS))
    moment, square = np.empty((n, N_TERMS)), np.empty(n)
    _sum_up(offsets, phase, mag, weight, gram, moment, square)
    return Sums(gram, moment, square, length.astype(np.float64))


def _flat(lists: pl.Series) -> FloatArray:
    return (
        lists.drop_nulls()
        .explode(empty_as_null=False)
        .cast(pl.Float64)
        .to_numpy()
        .astype(np.float64)
    )


@kernel
def _sum_up(offsets, phase, mag, weight, gram, moment, square):
    """Fill the sums, star by star and point by point: no star sees another."""
    terms = np.empty(N_TERMS)
    terms[0] = 1.0
    for star in range(offsets.size - 1):
        first, last = offsets[star], offsets[star + 1]
        mean = 0.0
        for point in range(first, last):
            mean += weight[point] / (last - first)
        gram[star] = 0.0
        moment[star] = 0.0
        square[star] = 0.0
        for point in range(first, last):
            share = weight[point] / mean if mean > 0.0 else 1.0
            for order in range(1, MAX_HARMONICS + 1):
                angle = 2.0 * math.pi * order * phase[point]
                terms[2 * order - 1] = math.cos(angle)
                terms[2 * order] = -math.sin(angle)
            square[star] += share * mag[point] ** 2
            for i in range(N_TERMS):
                moment[star, i] += share * terms[i] * mag[point]
                for j in range(i + 1):
                    gram[star, i, j] += share * terms[i] * terms[j]
        for i in range(N_TERMS):
            for j in range(i):
                gram[star, j, i] = gram[star, i, j]
