"""What a release tells of stars one by one: their folded light curves, fits and estimates.

The rows are made in the build, where the light curves are, and travel in the candidate.
"""

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rrcat.archive.store import LocalStore
from rrcat.catalogue.showcase import JUDGED, showcase
from rrcat.harmonic import MAX_HARMONICS, evaluate
from rrcat.harmonic.angles import FULL_TURN, wrap
from rrcat.lightcurve import CleaningSettings, sequences
from rrcat.lightcurve.packing import FloatArray, fold
from rrcat.schema import Table

FILE = "report_stars.parquet"
POINTS = 250
"""Points of a light curve that are kept at most, at equal steps in phase."""

STEPS = 1_000
"""Phases at which maximum light is looked for."""

_NUMBERS, _POINTS = pl.List(pl.Float64), pl.List(pl.Float32)
SHOWN: dict[str, pl.DataType] = {
    "source_id": pl.Int64(),
    "why": pl.List(pl.String),
    "zp_mag": pl.Float64(),
    "amplitudes": _NUMBERS,
    "phases": _NUMBERS,
    "phase": _POINTS,
    "mag": _POINTS,
    "mag_error": _POINTS,
    "left_out_phase": _POINTS,
    "left_out_mag": _POINTS,
    "n_thinned": pl.Int32(),
    "estimates": pl.List(
        pl.Struct(
            {
                "estimator": pl.String,
                "feh": pl.Float64,
                "feh_error": pl.Float64,
                "status": pl.String,
            }
        )
    ),
}
"""Columns of the rows. ``amplitudes`` [mag] and ``phases`` [rad] are those of the cosine series at
maximum light; ``phase`` [cycles] counts from there. Without a fit the points are folded with the
period of the archive, and not at all without one: then there are none. ``left_out`` are points that
the fit does not rest on; ``n_thinned`` counts those that are not shown, to keep the file small.
"""


def report_stars(
    catalogue: pl.LazyFrame,
    features: pl.LazyFrame,
    predictions: pl.LazyFrame,
    store: LocalStore,
    *,
    table: Table,
    band: str,
    cleaning: CleaningSettings,
    residuals: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Give the stars that a report shows one by one: :data:`SHOWN`, sorted by ``source_id``.

    Parameters
    ----------
    catalogue, features, predictions
        The finished tables of a build.
    band
        The band whose light curves are shown.
    residuals
        Of calibrators, as of :func:`rrcat.catalogue.showcase.showcase`.
    """
    chosen = showcase(catalogue.select(JUDGED).collect(), table, residuals)
    given = store.only(chosen["source_id"]).light_curves
    points = None if given is None else given.filter(pl.col("band") == band)
    stars = _only(catalogue.select("source_id", "period"), chosen)
    fits = _only(features.filter(pl.col("band") == band), chosen)
    used = None if points is None else sequences(points, fits, cleaning)
    of = {
        name: {} if frame is None else frame.partition_by("source_id", as_dict=True)
        for name, frame in (("points", points), ("fits", fits), ("used", used))
    }
    curves = [
        {"source_id": star}
        | _curve(period, *(of[name].get((star,)) for name in ("fits", "points", "used")))
        for star, period in stars.iter_rows()
    ]
    values = (
        _only(predictions, chosen)
        .sort("source_id", "estimator")
        .group_by("source_id", maintain_order=True)
        .agg(estimates=pl.struct("estimator", "feh", "feh_error", "status"))
    )
    drawn = {name: kind for name, kind in SHOWN.items() if name not in ("why", "estimates")}
    return (
        chosen.join(pl.DataFrame(curves, drawn), on="source_id", how="left", maintain_order="left")
        .join(values, on="source_id", how="left", maintain_order="left")
        .select(pl.col(name).cast(kind) for name, kind in SHOWN.items())
    )


def _only(rows: pl.LazyFrame, chosen: pl.DataFrame) -> pl.DataFrame:
    return rows.filter(pl.col("source_id").is_in(chosen["source_id"].implode())).collect()


def _curve(
    period: float | None,
    fit: pl.DataFrame | None,
    points: pl.DataFrame | None,
    used: pl.DataFrame | None,
) -> dict[str, Any]:
    """Give what is drawn of one star; what it does not have is left out."""
    if fit is None or fit["fit_status"].item() != "ok":
        return _without_fit(period, points)
    row = fit.row(0, named=True)
    series = [
        (row[f"a{k}"], 0.0 if k == 1 else row[f"phi{k}1"], k) for k in range(1, MAX_HARMONICS + 1)
    ]
    known = [one for one in series if one[0] is not None and one[1] is not None]
    if not known:
        return _without_fit(period, points)
    amplitudes, phases, orders = (
        np.array(cells, dtype=np.float64) for cells in zip(*known, strict=True)
    )
    top = _brightest(amplitudes, phases, orders)
    drawn: dict[str, Any] = {
        "zp_mag": row["zp_mag"],
        "amplitudes": _padded(amplitudes, orders).tolist(),
        "phases": _padded(wrap(phases + FULL_TURN * orders * top), orders).tolist(),
    }
    if points is None or used is None:
        return drawn
    kept = used.select(pl.col("phase", "mag", "mag_error").explode())
    since = row["reference_time"] - row["period"] * row["phi1"] / FULL_TURN
    phase, mag = _folded(points, row["period"], since)
    mag = mag - row["zp_mag"]
    seen = set(zip(kept["phase"].to_list(), kept["mag"].to_list(), strict=True))
    pairs = zip(phase.astype(np.float32).tolist(), mag.astype(np.float32).tolist(), strict=True)
    out = np.array([pair not in seen for pair in pairs], dtype=bool)
    error = kept["mag_error"]
    return drawn | _points(
        (kept["phase"].to_numpy() - top) % 1,
        kept["mag"].to_numpy() + row["zp_mag"],
        None if error.null_count() else error.to_numpy(),
        (phase[out] - top) % 1,
        mag[out] + row["zp_mag"],
    )


def _without_fit(period: float | None, points: pl.DataFrame | None) -> dict[str, Any]:
    if points is None or (period is None and points["time"].count()):
        return {}
    phase, mag = _folded(points, period or 1.0, 0.0)
    none = np.array([])
    return _points(phase, mag, None, none, none)


def _folded(points: pl.DataFrame, period: float, since: float) -> tuple[FloatArray, FloatArray]:
    """Give phase and magnitude of the points that have both, folded as those of a fit are."""
    time = pl.coalesce(pl.col("time"), pl.col("phase").cast(pl.Float64).mod(1.0) * period)
    known = points.select(time=time.cast(pl.Float64), mag=pl.col("mag").cast(pl.Float64))
    known = known.drop_nulls().filter(pl.all_horizontal(pl.all().is_finite()))
    return fold(known["time"].to_numpy(), period, since), known["mag"].to_numpy()


def _points(
    phase: FloatArray,
    mag: FloatArray,
    error: FloatArray | None,
    out_phase: FloatArray,
    out_mag: FloatArray,
) -> dict[str, Any]:
    here, out = _thinned(phase, mag, POINTS), _thinned(out_phase, out_mag, POINTS // 3)
    return {
        "phase": phase[here].tolist(),
        "mag": mag[here].tolist(),
        "mag_error": None if error is None else error[here].tolist(),
        "left_out_phase": out_phase[out].tolist(),
        "left_out_mag": out_mag[out].tolist(),
        "n_thinned": phase.size + out_phase.size - here.size - out.size,
    }


def _thinned(phase: FloatArray, mag: FloatArray, most: int) -> NDArray[np.intp]:
    order = np.lexsort((mag, phase))
    if order.size <= most:
        return order
    return order[np.linspace(0, order.size - 1, most).round().astype(np.intp)]


def _brightest(amplitudes: FloatArray, phases: FloatArray, orders: FloatArray) -> float:
    """Give the phase of maximum light, cycles."""
    grid = np.arange(STEPS) / STEPS
    series = evaluate(grid, 1.0, 0.0, 0.0, _padded(amplitudes, orders), _padded(phases, orders))
    return float(grid[np.argmin(series)])


def _padded(cells: FloatArray, orders: FloatArray) -> FloatArray:
    """Give a number for each order up to the highest, 0 for those that lack."""
    whole = np.zeros(int(orders.max()))
    whole[orders.astype(int) - 1] = cells
    return whole
