"""Regularised Fourier coefficients: what is read besides the points, and drawn new curves from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from rrcat.estimator import Scaler, learn_scaler
from rrcat.fourier import (
    COEFFICIENT_COLUMNS,
    Usual,
    branches,
    coefficient_columns,
    column_errors,
    column_index,
    learn_usual,
    shapes,
    sums,
)

FloatArray = NDArray[np.float64]

# Period and noise have no errors.
_UNCERTAIN = [
    place
    for place in range(len(COEFFICIENT_COLUMNS))
    if place not in column_index(["period", "noise"])
]
# An error below this part of the spread among stars is none.
_SMALLEST_ERROR = 1e-3


@dataclass(frozen=True)
class Curves:
    """What is known of the light curves of ``n`` stars in each band.

    ``mean`` ``(n, n_bands, 15)`` [mag] and ``covariance`` ``(n, n_bands, 15, 15)`` [mag²] are those
    of the coefficients given observations and prior, ``columns`` ``(n, n_bands, n_columns)`` the
    columns of :mod:`rrcat.fourier.columns` made of them and ``errors`` their standard errors.
    """

    mean: FloatArray
    covariance: FloatArray
    columns: FloatArray
    errors: FloatArray


@dataclass(frozen=True)
class Regularisation:
    """What shapes are usual, and the branches of the phases, in each band of the training stars."""

    bands: tuple[str, ...]
    usual: tuple[Usual, ...]
    centres: FloatArray

    def __call__(
        self,
        sequences: pl.DataFrame,
        features: pl.DataFrame,
        source_ids: pl.Series,
        period: FloatArray,
    ) -> Curves:
        """Give the curves of these stars, with periods ``(n,)`` [d].

        A star without observations in a band has there what is usual at its period.
        """
        parts: dict[str, list[FloatArray]] = {}
        with threadpool_limits(1):
            for band, usual, centres in zip(self.bands, self.usual, self.centres, strict=True):
                rows = _in_band(sequences, features, band, source_ids, period)
                known = usual(sums(rows), shapes(rows))
                columns = coefficient_columns(
                    rows["period"].to_numpy(), known.noise, known.mean, centres
                )
                for name, values in (
                    ("mean", known.mean),
                    ("covariance", known.covariance),
                    ("columns", columns),
                    ("errors", column_errors(known.mean, known.covariance)),
                ):
                    parts.setdefault(name, []).append(values)
        return Curves(**{name: np.stack(values, axis=1) for name, values in parts.items()})

    def as_plain(self) -> dict[str, Any]:
        """Give what was learned as numbers and lists, for JSON."""
        return {
            "bands": list(self.bands),
            "usual": [usual.as_plain() for usual in self.usual],
            "centres": self.centres.tolist(),
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Regularisation:
        """Give what :meth:`as_plain` gave."""
        usual = tuple(Usual.from_plain(each) for each in plain["usual"])
        return cls(tuple(plain["bands"]), usual, np.array(plain["centres"]))


def learn_regularisation(
    sequences: pl.DataFrame,
    features: pl.DataFrame,
    source_ids: pl.Series,
    period: FloatArray,
    bands: Sequence[str],
) -> Regularisation:
    """Give what is usual among these stars, with periods ``(n,)`` [d], in each band."""
    learned, centres = [], []
    with threadpool_limits(1):
        for band in bands:
            rows = _in_band(sequences, features, band, source_ids, period)
            rows = rows.filter(pl.Series(shapes(rows).observed, dtype=pl.Boolean))
            observed, start = sums(rows), shapes(rows)
            usual = learn_usual(observed, start)
            learned.append(usual)
            centres.append(branches(usual(observed, start).mean))
    return Regularisation(tuple(bands), tuple(learned), np.stack(centres))


@dataclass(frozen=True)
class CoefficientInput:
    """The second input of a network: standardised columns and the logarithms of their errors."""

    columns: Scaler
    errors: Scaler

    def __call__(self, curves: Curves) -> NDArray[np.float32]:
        """Give the input ``(n, n_inputs)``."""
        errors = _log_errors(curves, self.columns)
        parts = [self.columns.standardised(_flat(curves.columns)), self.errors.standardised(errors)]
        return np.concatenate(parts, axis=1).astype(np.float32)

    def as_plain(self) -> dict[str, Any]:
        """Give the scalers as numbers and lists, for JSON."""
        return {"columns": self.columns.as_plain(), "errors": self.errors.as_plain()}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> CoefficientInput:
        """Give what :meth:`as_plain` gave."""
        return cls(Scaler.from_plain(plain["columns"]), Scaler.from_plain(plain["errors"]))


def learn_coefficient_input(curves: Curves) -> CoefficientInput:
    """Give the scalers of the second input from the curves of the training stars."""
    columns = learn_scaler(_flat(curves.columns))
    return CoefficientInput(columns, learn_scaler(_log_errors(curves, columns)))


def _in_band(
    sequences: pl.DataFrame,
    features: pl.DataFrame,
    band: str,
    source_ids: pl.Series,
    period: FloatArray,
) -> pl.DataFrame:
    """Give a row for each star: its observations in the band and their fit, or its period alone."""
    each = source_ids.to_frame("source_id").with_columns(known=pl.Series(period, nan_to_null=True))
    folded = sequences.filter(pl.col("band") == band).drop("period")
    fits = features.filter(pl.col("band") == band)
    return (
        each.join(folded, on="source_id", how="left", maintain_order="left")
        .join(fits, on="source_id", how="left", maintain_order="left", suffix="_of_fit")
        .with_columns(
            pl.col("n_points").fill_null(0),
            period=pl.coalesce("period", "known"),
        )
        .drop("known")
    )


def _flat(values: FloatArray) -> FloatArray:
    return values.reshape(values.shape[0], -1)


def _log_errors(curves: Curves, columns: Scaler) -> FloatArray:
    relative = curves.errors / columns.width.reshape(curves.columns.shape[1:])
    return np.log(_flat(relative[..., _UNCERTAIN]) + _SMALLEST_ERROR)
