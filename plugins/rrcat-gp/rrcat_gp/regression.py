"""From light curves to metallicities for stars of one pulsation type: all that is learned."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rrcat.estimator import Scaler, learn_scaler
from rrcat.evaluation.uncertainty import learn_scale
from rrcat.fourier import (
    COEFFICIENT_COLUMNS,
    N_COEFFICIENTS,
    ObservedShapes,
    Shapes,
    Sums,
    Usual,
    branches,
    coefficient_columns,
    column_index,
    learn_usual,
)
from rrcat_gp.evidence import Numbers, learn_numbers
from rrcat_gp.process import Process, conditioned

FloatArray = NDArray[np.float64]

# More stars than these teach the shapes nothing new.
_ENOUGH = 5_000
# Step [mag] for derivatives by the coefficients.
_STEP = 1e-4
# Penalty, in stars, of the plain linear relation that errors of shape are propagated by.
_PENALTY = 3.0
_RANGED = column_index(["period", "a1", "a2", "phi31"])

# What relations of all bands have found to tell [Fe/H], and how much the other columns count beside
# it, in slope and in length, before any calibrator is seen; so many calibrators halve the say, in
# the logarithm, that this has.
_FIRST = {
    "RRab": {"period": 1.0, "phi31": 1.0, "a2": 0.5},
    "RRc": {"period": 1.0, "phi31": 1.0},
}
_OTHERS = 0.02
_CONVINCED = 200.0


def importance(kind: str, n: int) -> FloatArray:
    """Give what each standardised column is multiplied by, ``(n_columns,)``, for ``n`` stars.

    Few calibrators cannot tell which columns matter, and learn from what others have found; many
    find it themselves.
    """
    before = np.array([_FIRST[kind].get(name, _OTHERS) for name in COEFFICIENT_COLUMNS])
    return np.asarray(before ** (_CONVINCED / (_CONVINCED + n)))


@dataclass(frozen=True)
class Reader:
    """From light curves to columns, and to the variance of [Fe/H] that the shape leaves open.

    ``centres`` are the branches of the phases; ``importance`` ``(n_columns,)`` that of
    :func:`importance`; ``slopes`` ``(n_columns,)`` those of a plain linear relation of standardised
    [Fe/H] and what the process reads.
    """

    usual: Usual
    centres: FloatArray
    scaler: Scaler
    importance: FloatArray
    slopes: FloatArray

    def inputs(self, columns: FloatArray) -> FloatArray:
        """Give what the process reads, ``(n, n_columns)``."""
        return self.scaler.standardised(columns) * self.importance

    def __call__(self, observed: Sums, start: Shapes) -> tuple[FloatArray, FloatArray]:
        """Give the columns ``(n, n_columns)``, not standardised, and the variances ``(n,)``."""
        curve = self.usual(observed, start)
        columns = coefficient_columns(start.period, curve.noise, curve.mean, self.centres)
        return columns, self._left_open(start.period, curve, columns)

    def _left_open(
        self, period: FloatArray, curve: ObservedShapes, columns: FloatArray
    ) -> FloatArray:
        here = self.inputs(columns)
        gradient = np.empty((period.size, N_COEFFICIENTS))
        for place in range(N_COEFFICIENTS):
            moved = curve.mean.copy()
            moved[:, place] += _STEP
            there = coefficient_columns(period, curve.noise, moved, self.centres)
            change = (self.inputs(there) - here) * self.slopes
            gradient[:, place] = change.sum(axis=1) / _STEP
        product = gradient[:, np.newaxis, :] @ curve.covariance @ gradient[:, :, np.newaxis]
        # No shape leaves more open than there is among the calibrators.
        return np.clip(product[:, 0, 0], 0.0, 1.0)


@dataclass(frozen=True)
class Regression:
    """What was learned of one type, calibrators included, for they are what a value rests on.

    ``centre`` and ``width`` [dex] are mean and spread of their [Fe/H]; ``columns`` ``(n,
    n_columns)`` what the process reads, ``value`` and ``noise`` ``(n,)`` standardised [Fe/H] and
    its variance; ``labelled`` the variance that labels bring to a new star; ``scale`` what
    errors are multiplied by. ``lowest`` and ``highest`` bound period, A1, A2 and φ31 of the
    calibrators.
    """

    reader: Reader
    numbers: Numbers
    centre: float
    width: float
    columns: FloatArray
    value: FloatArray
    noise: FloatArray
    labelled: float
    scale: float
    lowest: FloatArray
    highest: FloatArray
    process: Process = field(init=False, repr=False)

    def __post_init__(self) -> None:
        process = conditioned(self.numbers, self.columns, self.value, self.noise)
        object.__setattr__(self, "process", process)

    def __call__(
        self, observed: Sums, start: Shapes
    ) -> tuple[FloatArray, FloatArray, NDArray[np.bool_]]:
        """Give [Fe/H], its error [dex], and whether the star is unlike those learned from."""
        columns, of_shape = self.reader(observed, start)
        value, variance = self.process(self.reader.inputs(columns))
        variance += self.numbers.noise(of_shape, np.full(value.size, self.labelled))
        ranged = columns[:, _RANGED]
        outside = np.any((ranged < self.lowest) | (ranged > self.highest), axis=1)
        error = self.scale * self.width * np.sqrt(variance)
        return self.centre + self.width * value, error, outside


def learn(
    kind: str,
    observed: Sums,
    start: Shapes,
    feh: FloatArray,
    feh_error: FloatArray,
    *,
    search_stars: int,
    seed: int,
) -> Regression:
    """Give what is learned from stars of one type with their [Fe/H] and its errors [dex].

    The numbers of the process are found with ``search_stars`` of them, drawn by the seed; then it
    is given them all.
    """
    n = feh.size
    order = np.random.default_rng(seed).permutation(n)
    some = np.sort(order[:_ENOUGH])
    usual = learn_usual(observed[some], start[some])
    curve = usual(observed, start)
    centres = branches(curve.mean)
    columns = coefficient_columns(start.period, curve.noise, curve.mean, centres)
    scaler = learn_scaler(columns)
    counts = importance(kind, n)
    design = scaler.standardised(columns) * counts
    centre, width = float(feh.mean()), float(feh.std()) or 1.0
    value = (feh - centre) / width
    ridge = design.T @ design + _PENALTY * np.eye(design.shape[1])
    reader = Reader(
        usual, centres, scaler, counts, np.asarray(np.linalg.solve(ridge, design.T @ value))
    )
    of_shape = reader(observed, start)[1]
    of_label = (feh_error / width) ** 2
    few = np.sort(order[:search_stars])
    numbers = learn_numbers(design[few], value[few], of_shape[few], of_label[few])
    noise = numbers.noise(of_shape, of_label)
    ranged = columns[:, _RANGED]
    return Regression(
        reader,
        numbers,
        centre,
        width,
        columns=design,
        value=value,
        noise=noise,
        labelled=float(np.median(of_label)),
        scale=learn_scale(np.abs(conditioned(numbers, design, value, noise).pulls())),
        lowest=ranged.min(axis=0),
        highest=ranged.max(axis=0),
    )
