"""Folded observations as arrays of one width, and as the numbers that a network reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rrcat.estimator import Scaler, learn_scaler

FloatArray = NDArray[np.float64]
SingleArray = NDArray[np.float32]
Inputs = dict[str, SingleArray]

# Errors and numbers of observations that differ by less than this, in the logarithm, are not told
# further apart: training stars may all but agree in them, and others do not.
_LEAST_WIDTH = 0.3


@dataclass(frozen=True)
class Points:
    """Observations of ``n`` stars in the order of phase, the rest of each row filled up.

    ``phase`` [cycles], ``mag`` [mag], ``error`` [mag, NaN where unknown], ``count`` (observations
    that a point is the mean of, 0 where there is none) and ``band`` (place among the bands), each
    ``(n, width)``; ``period`` [d] and ``gap``, the largest between neighbours in phase [cycles],
    ``(n,)``.
    """

    phase: FloatArray
    mag: FloatArray
    error: FloatArray
    count: FloatArray
    band: NDArray[np.int64]
    period: FloatArray
    gap: FloatArray
    n_bands: int

    @property
    def observations(self) -> FloatArray:
        """Number of observations of each star, ``(n,)``."""
        return np.asarray(self.count.sum(axis=1))


def points(
    sequences: pl.DataFrame, source_ids: pl.Series, bands: Sequence[str], max_points: int
) -> Points:
    """Give the points of these stars, one row a star, ``len(bands) * max_points`` wide.

    Of a star with more than ``max_points`` observations in a band, neighbours in phase are
    averaged, as many in each point as nearly as can be. A star that is not in ``sequences`` has no
    points and the period NaN. Phases are those of each band's own fit.
    """
    n, n_bands = len(source_ids), len(bands)
    places = pl.DataFrame({"band": bands, "place": np.arange(n_bands)})
    rows = (
        source_ids.to_frame("source_id")
        .with_row_index("star")
        .join(sequences, on="source_id", how="inner", maintain_order="left")
        .join(places, on="band", how="inner", maintain_order="left")
    )
    star, place = rows["star"].to_numpy().astype(np.int64), rows["place"].to_numpy()
    length = rows["n_points"].to_numpy().astype(np.int64)
    row = np.repeat(np.arange(rows.height), length)
    within = np.arange(row.size) - np.repeat(np.cumsum(length) - length, length)
    # Point j of many belongs to the last of the groups that start at floor(i n / max_points) <= j.
    group = np.where(
        length[row] > max_points, ((within + 1) * max_points - 1) // length[row], within
    )
    cell = (star[row] * n_bands + place[row]) * max_points + group

    def total(values: FloatArray) -> FloatArray:
        """Add up each cell in the order of phase, whatever stars there are besides."""
        size = n * n_bands * max_points
        added = np.bincount(cell, values, minlength=size).astype(np.float64)
        return added.reshape(n, n_bands * max_points)

    count = total(np.ones(row.size))
    divisor = np.maximum(count, 1.0)
    phase = total(_flat(rows["phase"])) / divisor
    mag = total(_flat(rows["mag"])) / divisor
    error = np.sqrt(total(_flat_errors(rows, row) ** 2)) / divisor
    band = np.broadcast_to(np.repeat(np.arange(n_bands), max_points), count.shape)

    order = np.argsort(np.where(count > 0.0, phase, np.inf), axis=1, kind="stable")
    period = np.full(n, np.nan)
    # Of several bands the first has the last word.
    period[star[::-1]] = rows["period"].to_numpy()[::-1]
    phase, count, mag, error = (
        np.take_along_axis(values, order, axis=1) for values in (phase, count, mag, error)
    )
    return Points(
        phase=phase,
        mag=mag,
        error=error,
        count=count,
        band=np.take_along_axis(band, order, axis=1),
        period=period,
        gap=_largest_gap(phase, count > 0.0),
        n_bands=n_bands,
    )


def _flat(lists: pl.Series) -> FloatArray:
    return lists.explode(empty_as_null=False).cast(pl.Float64).to_numpy()


def _flat_errors(rows: pl.DataFrame, row: NDArray[np.int64]) -> FloatArray:
    known = rows["mag_error"].is_not_null()
    errors = np.full(row.size, np.nan)
    errors[known.to_numpy()[row]] = _flat(rows["mag_error"].filter(known))
    return errors


def _largest_gap(phase: FloatArray, there: NDArray[np.bool_]) -> FloatArray:
    """Give the largest gap between neighbours, round the cycle; 1 where there is one point."""
    between = np.where(there[:, 1:], np.diff(phase, axis=1), 0.0).max(axis=1, initial=0.0)
    last = np.where(there, phase, 0.0).max(axis=1)
    return np.where(there[:, 0], np.maximum(between, 1.0 + phase[:, 0] - last), 1.0)


@dataclass(frozen=True)
class Representation:
    """How points become inputs of a network, with what was learned from the training stars.

    ``star`` scales log period, ``size`` the logarithm of the number of observations, ``error`` the
    logarithm of the errors; that is None where no training star has errors.
    """

    bands: tuple[str, ...]
    max_points: int
    star: Scaler
    size: Scaler
    error: Scaler | None

    def points(self, sequences: pl.DataFrame, source_ids: pl.Series) -> Points:
        """Give the points of these stars in the bands of the network."""
        return points(sequences, source_ids, self.bands, self.max_points)

    def inputs(self, given: Points) -> Inputs:
        """Give ``phase``, ``mag``, ``count`` ``(n, width)`` and ``star`` ``(n, 1)``.

        Besides ``error`` ``(n, width)``, standardised and 0 where it is unknown, and ``band``
        ``(n, width, n_bands)``, 1 at the band of the point, where a network reads them.
        """
        there = given.count > 0.0
        inputs = {
            "phase": given.phase,
            "mag": given.mag,
            "count": given.count,
            "star": self.star.standardised(np.log(given.period)[:, np.newaxis]),
        }
        if self.error is not None:
            known = self.error.standardised(_log(given.error)[..., np.newaxis])[..., 0]
            inputs["error"] = np.where(there, known, 0.0)
        if len(self.bands) > 1:
            band = given.band[..., np.newaxis] == np.arange(len(self.bands))
            inputs["band"] = np.where(there[..., np.newaxis], band, 0.0)
        return {name: values.astype(np.float32) for name, values in inputs.items()}

    def as_plain(self) -> dict[str, Any]:
        """Give the representation as numbers and lists, for JSON."""
        return {
            "bands": list(self.bands),
            "max_points": self.max_points,
            "star": self.star.as_plain(),
            "size": self.size.as_plain(),
            "error": None if self.error is None else self.error.as_plain(),
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Representation:
        """Give the representation that :meth:`as_plain` gave."""
        return cls(
            tuple(plain["bands"]),
            plain["max_points"],
            Scaler.from_plain(plain["star"]),
            Scaler.from_plain(plain["size"]),
            None if plain["error"] is None else Scaler.from_plain(plain["error"]),
        )


def learn_representation(given: Points, bands: Sequence[str], max_points: int) -> Representation:
    """Give the representation from the points of the training stars, each with a period."""
    errors = _log(given.error[given.count > 0.0])
    known = errors[np.isfinite(errors)]
    return Representation(
        tuple(bands),
        max_points,
        star=learn_scaler(np.log(given.period)[:, np.newaxis]),
        size=_wide(learn_scaler(np.log(given.observations)[:, np.newaxis])),
        error=_wide(learn_scaler(known[:, np.newaxis])) if known.size else None,
    )


def _wide(scaler: Scaler) -> Scaler:
    return Scaler(scaler.mean, np.maximum(scaler.width, _LEAST_WIDTH))


def _log(values: FloatArray) -> FloatArray:
    """Give the logarithm, NaN where there is none."""
    return np.log(np.where(values > 0.0, values, np.nan))
