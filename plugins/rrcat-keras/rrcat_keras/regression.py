"""What was learned of stars of one pulsation type, and what it says of others."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rrcat_keras.coefficients import CoefficientInput, Regularisation
from rrcat_keras.inference import Answers, answers_of
from rrcat_keras.intervals import mixture
from rrcat_keras.losses import values
from rrcat_keras.networks import Architecture
from rrcat_keras.points import Inputs, Points, Representation

FloatArray = NDArray[np.float64]

# Stars whose points are held at a time.
_AT_A_TIME = 8192
# Variance of magnitudes [mag²] below which there is none.
_NO_SCATTER = 1e-12


@dataclass(frozen=True)
class Reader:
    """From tables to inputs; ``second`` is None for networks that read points only."""

    representation: Representation
    second: tuple[Regularisation, CoefficientInput] | None

    def __call__(
        self,
        given: Points,
        sequences: pl.DataFrame,
        features: pl.DataFrame,
        source_ids: pl.Series,
    ) -> Inputs:
        """Give the inputs of these stars, whose points are given."""
        inputs = self.representation.inputs(given)
        if self.second is not None:
            regularisation, of_curves = self.second
            curves = regularisation(sequences, features, source_ids, given.period)
            inputs["coefficients"] = of_curves(curves)
        return inputs


@dataclass(frozen=True)
class Regression:
    """What was learned of one type.

    ``centre`` [dex] is what values are counted from, ``scale`` what errors are multiplied by.
    ``lowest`` and ``highest`` ``(1 + n_bands,)`` bound what :func:`ranged` gives of the training
    stars. A star with fewer than ``min_points`` observations, or a gap in phase larger than
    ``max_gap`` [cycles], has no value.
    """

    architecture: Architecture
    reader: Reader
    networks: tuple[Any, ...]
    centre: float
    scale: float
    lowest: FloatArray
    highest: FloatArray
    min_points: int
    max_gap: float
    answers: Answers = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "answers", answers_of(self.networks))

    def __call__(
        self, sequences: pl.DataFrame, features: pl.DataFrame, source_ids: pl.Series
    ) -> pl.DataFrame:
        """Give ``source_id, feh, feh_error, extrapolated, status``, a row for each star."""
        parts = [
            self._some(sequences, features, source_ids[start : start + _AT_A_TIME])
            for start in range(0, max(len(source_ids), 1), _AT_A_TIME)
        ]
        return pl.concat(parts)

    def _some(
        self, sequences: pl.DataFrame, features: pl.DataFrame, source_ids: pl.Series
    ) -> pl.DataFrame:
        given = self.reader.representation.points(sequences, source_ids)
        outputs = self.answers(self.reader(given, sequences, features, source_ids))
        feh, spread = mixture(*values(outputs, self.architecture.reads.heads, self.centre))
        error = self.scale * spread
        here = ranged(given)
        outside = np.any((here < self.lowest) | (here > self.highest), axis=1)
        status = np.select(
            [
                given.observations < self.min_points,
                given.gap > self.max_gap,
                ~(np.isfinite(feh) & np.isfinite(error)),
            ],
            ["too_few_epochs", "uncertain_features", "estimator_failed"],
            "ok",
        )
        said = {"feh": feh, "feh_error": error, "extrapolated": outside}
        answer = pl.DataFrame({"source_id": source_ids, "status": status, **said})
        return answer.with_columns(
            pl.when(pl.col("status") == "ok").then(pl.col(name)).alias(name) for name in said
        )


def ranged(given: Points) -> FloatArray:
    """Give what tells a star unlike the training stars: log period, log scatter in each band.

    Scatter is the standard deviation of the magnitudes, NaN in a band without two observations;
    shape ``(n, 1 + n_bands)``.
    """
    columns = [np.log(given.period)]
    for band in range(given.n_bands):
        count = np.where(given.band == band, given.count, 0.0)
        total = count.sum(axis=1)
        several = total > 1.0
        divisor = np.where(several, total, 1.0)
        mean = (count * given.mag).sum(axis=1) / divisor
        square = (count * (given.mag - mean[:, np.newaxis]) ** 2).sum(axis=1) / divisor
        # No scatter at all is unlike that of any star that varies.
        columns.append(0.5 * np.log(np.where(several, np.maximum(square, _NO_SCATTER), np.nan)))
    return np.stack(columns, axis=1)
