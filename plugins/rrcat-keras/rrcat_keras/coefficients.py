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
    Prior,
    branches,
    coefficient_columns,
    column_errors,
    column_index,
    learn_prior,
    posterior,
    shapes,
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
    of the coefficients given fit and prior, ``columns`` ``(n, n_bands, n_columns)`` the columns of
    :mod:`rrcat.fourier.columns` made of them and ``errors`` their standard errors.
    """

    mean: FloatArray
    covariance: FloatArray
    columns: FloatArray
    errors: FloatArray


@dataclass(frozen=True)
class Regularisation:
    """Prior and branches of the phases in each band, learned from the training stars."""

    bands: tuple[str, ...]
    priors: tuple[Prior, ...]
    centres: FloatArray

    def __call__(self, features: pl.DataFrame, source_ids: pl.Series, period: FloatArray) -> Curves:
        """Give the curves of these stars, with periods ``(n,)`` [d].

        A star without a fit in a band has there what is usual at its period.
        """
        parts: dict[str, list[FloatArray]] = {}
        with threadpool_limits(1):
            for band, prior, centres in zip(self.bands, self.priors, self.centres, strict=True):
                rows = features.filter(pl.col("band") == band)
                given = shapes(_of_each(rows, source_ids, period))
                mean, covariance = posterior(prior, given)
                columns = coefficient_columns(given.period, given.noise, mean, centres)
                errors = column_errors(mean, covariance)
                for name, values in (
                    ("mean", mean),
                    ("covariance", covariance),
                    ("columns", columns),
                    ("errors", errors),
                ):
                    parts.setdefault(name, []).append(values)
        return Curves(**{name: np.stack(values, axis=1) for name, values in parts.items()})

    def as_plain(self) -> dict[str, Any]:
        """Give what was learned as numbers and lists, for JSON."""
        return {
            "bands": list(self.bands),
            "priors": [prior.as_plain() for prior in self.priors],
            "centres": self.centres.tolist(),
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Regularisation:
        """Give what :meth:`as_plain` gave."""
        priors = tuple(Prior.from_plain(prior) for prior in plain["priors"])
        return cls(tuple(plain["bands"]), priors, np.array(plain["centres"]))


def learn_regularisation(
    features: pl.DataFrame, source_ids: pl.Series, bands: Sequence[str]
) -> Regularisation:
    """Give priors and branches learned from the fits that these stars have in each band."""
    priors, centres = [], []
    with threadpool_limits(1):
        for band in bands:
            rows = features.filter(pl.col("band") == band)
            given = shapes(rows.join(source_ids.to_frame("source_id"), on="source_id", how="semi"))
            given = given[given.observed]
            prior = learn_prior(given)
            priors.append(prior)
            centres.append(branches(posterior(prior, given)[0]))
    return Regularisation(tuple(bands), tuple(priors), np.stack(centres))


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


def _of_each(rows: pl.DataFrame, source_ids: pl.Series, period: FloatArray) -> pl.DataFrame:
    """Give a row for each star: its fit, or nothing but its period."""
    each = source_ids.to_frame("source_id").with_columns(known=pl.Series(period, nan_to_null=True))
    return (
        each.join(rows, on="source_id", how="left", maintain_order="left")
        .with_columns(period=pl.coalesce("period", "known"))
        .drop("known")
    )


def _flat(values: FloatArray) -> FloatArray:
    return values.reshape(values.shape[0], -1)


def _log_errors(curves: Curves, columns: Scaler) -> FloatArray:
    relative = curves.errors / columns.width.reshape(curves.columns.shape[1:])
    return np.log(_flat(relative[..., _UNCERTAIN]) + _SMALLEST_ERROR)
