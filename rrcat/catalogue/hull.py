"""The hull of the calibrators: how far from them a star lies, by pulsation type.

An estimator has learned where there are calibrators; elsewhere it extrapolates, and its error says
little. What a metallicity rests on first are log P, the amplitude of the first harmonic and φ31. In
these, calibrators of one type fill about an ellipsoid. The distance of a star is the Mahalanobis
distance from its middle, in units of that of the outermost calibrator: up to 1 it is inside.

Calibrators that are far from the others themselves (a wrong period, a third harmonic lost in the
noise) would make the hull hold anything, so they are left out of it.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from rrcat import atomic
from rrcat.canonical import json_bytes

Array = NDArray[np.float64]

FILE = "hull.json"
COLUMNS = ("log_period", "a1", "phi31")
LEAST = 10
"""Calibrators of a type, three for each column and the middle, that a hull is learned from."""
OUTLYING = 4.0
"""Distance in standard deviations beyond which a calibrator does not belong to the hull: with
normally distributed columns one in a thousand."""
ROUNDS = 50
DECIMALS = 9


class TypeHull(BaseModel):
    """The calibrators of one pulsation type in log10 P [d], a1 [mag] and φ31 [rad].

    ``limit`` is the Mahalanobis distance of the outermost calibrator, of which there are ``n``;
    ``n_outlying`` more were left out. ``branch`` is the middle of φ31 [rad, cosine]: angles are
    taken from it the short way round. ``magnitudes`` are the brightest and the faintest
    intensity-averaged mean; None where they have none.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    n: int
    n_outlying: int
    branch: float
    middle: tuple[float, float, float]
    precision: tuple[tuple[float, float, float], ...]
    limit: float
    magnitudes: tuple[float, float] | None


class Hull(BaseModel):
    """The hulls of a build by pulsation type, and the band of their parameters."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    band: str
    types: Mapping[str, TypeHull]


def learn_hull(features: pl.DataFrame, calibrators: pl.DataFrame, *, band: str) -> Hull:
    """Give the hull of the calibrators of each type of which there are enough.

    Parameters
    ----------
    features
        Frame of the table ``features``, in which the calibrators are.
    calibrators
        ``source_id``, ``pulsation_type``.
    band
        The band whose parameters stand in the catalogue.
    """
    rows = (
        calibrators.select("source_id", "pulsation_type")
        .join(features.filter(pl.col("band") == band), on="source_id", validate="1:1")
        .drop_nulls(["pulsation_type", "period", "a1", "phi31"])
        .sort("source_id")
    )
    found = {
        str(kind): _learned(rows.filter(pl.col("pulsation_type") == kind))
        for kind in rows["pulsation_type"].unique().sort()
    }
    return Hull(band=band, types={kind: hull for kind, hull in found.items() if hull is not None})


def _learned(rows: pl.DataFrame) -> TypeHull | None:
    if rows.height < LEAST:
        return None
    phi31 = rows["phi31"].to_numpy()
    branch = float(np.angle(np.exp(1j * phi31).sum()) % (2 * np.pi))
    points = np.column_stack(
        [np.log10(rows["period"].to_numpy()), rows["a1"].to_numpy(), _from(branch, phi31)]
    )
    inside, middle, precision, distance = _core(points)
    mags = rows["int_average_mag"].drop_nulls()
    return TypeHull(
        n=int(inside.sum()),
        n_outlying=int((~inside).sum()),
        branch=branch,
        middle=tuple(middle.tolist()),
        precision=tuple(tuple(row) for row in precision.tolist()),
        limit=float(distance[inside].max()),
        magnitudes=None if mags.is_empty() else (float(mags.min()), float(mags.max())),  # type: ignore[arg-type]
    )


def _core(points: Array) -> tuple[NDArray[np.bool_], Array, Array, Array]:
    """Give which points belong together, their mean, inverse covariance, and all distances.

    It starts from the half of the points nearest the median and takes in, round by round, what is
    not outlying, so that some bad points cannot hide by stretching the covariance.
    """
    middle = np.median(points, axis=0)
    spread = np.median(np.abs(points - middle), axis=0)
    far = np.abs((points - middle) / np.where(spread > 0, spread, 1.0)).max(axis=1)
    inside = far <= np.median(far)
    # The covariance of the nearest half is too small by this for a normal distribution.
    widen = 4.0
    for _ in range(ROUNDS):
        middle = points[inside].mean(axis=0)
        covariance = widen * np.cov(points[inside], rowvar=False)
        precision = np.asarray(np.linalg.pinv(covariance, hermitian=True), dtype=np.float64)
        off = points - middle
        distance = np.sqrt(np.einsum("ni,ij,nj->n", off, precision, off).clip(min=0.0))
        now = distance <= OUTLYING
        if widen == 1.0 and (now == inside).all():
            break
        inside, widen = now, 1.0
    return inside, middle, precision, distance


def _from(branch: float, angle: Array) -> Array:
    """Give angles [rad] from the middle of a branch, the short way round."""
    return np.asarray((angle - branch + np.pi) % (2 * np.pi) - np.pi)


def hull_columns(rows: pl.DataFrame, hull: Hull | None) -> pl.DataFrame:
    """Give rows with ``hull_distance`` and ``beyond_magnitudes``, null where not known.

    Parameters
    ----------
    rows
        ``pulsation_type``, ``period`` [d], ``a1`` [mag], ``phi31`` [rad] and ``int_average_mag``
        [mag] in the band of the hull.
    """
    known: dict[str, Any] = {} if hull is None else dict(hull.types)
    nothing = pl.lit(None, dtype=pl.Float64)
    distance = pl.coalesce(nothing, *(_distance(kind, one) for kind, one in known.items()))
    beyond = pl.coalesce(
        pl.lit(None, dtype=pl.Boolean),
        *(
            pl.when(pl.col("pulsation_type") == kind).then(
                ~pl.col("int_average_mag").is_between(*one.magnitudes)
            )
            for kind, one in known.items()
            if one.magnitudes is not None
        ),
    )
    return rows.with_columns(hull_distance=distance, beyond_magnitudes=beyond)


def _distance(kind: str, hull: TypeHull) -> pl.Expr:
    """Give the distance of stars of a type."""
    turn = 2 * np.pi
    from_branch = (pl.col("phi31") - hull.branch + np.pi).mod(turn) - np.pi
    columns = (pl.col("period").log10(), pl.col("a1"), from_branch)
    off = [column - middle for column, middle in zip(columns, hull.middle, strict=True)]
    square = pl.lit(0.0)
    for i, row in enumerate(hull.precision):
        for j, weight in enumerate(row):
            square = square + off[i] * off[j] * weight
    # Not / hull.limit: polars divides one row, but multiplies more than one by the reciprocal.
    distance = (square.clip(lower_bound=0.0).sqrt() * (1.0 / hull.limit)).round(DECIMALS)
    return pl.when(pl.col("pulsation_type") == kind).then(distance)


def keep_hull(hull: Hull | None, folder: Path) -> None:
    """Write ``hull.json`` in a folder; nothing where there is no hull."""
    if hull is not None:
        atomic.write_bytes(folder / FILE, json_bytes(hull.model_dump(mode="json")))
