"""Harmonic fits of many light curves, frames in and features out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rrcat.errors import FrameError
from rrcat.fourier.arrays import FitResult, fit_arrays
from rrcat.fourier.settings import FitSettings
from rrcat.fourier.shape import VALUE_COLUMNS
from rrcat.harmonic import COVARIANCE_LENGTH
from rrcat.lightcurve import CleaningSettings, clean, pack
from rrcat.schema import load

KEY = ["source_id", "band"]
_COUNTS = ["n_observations", "n_epochs", "n_rejected", "n_repeated"]
_QUALITY = ["residual_scatter", "reduced_chi2", "phase_coverage", "largest_gap"]
_HARMONICS = VALUE_COLUMNS[VALUE_COLUMNS.index("phi1") : VALUE_COLUMNS.index("peak_to_peak")]

FEATURE_COLUMNS: dict[str, pl.DataType] = {
    "source_id": pl.Int64(),
    "band": pl.String(),
    "fit_status": pl.String(),
    "period": pl.Float64(),
    "period_error": pl.Float64(),
    "period_fixed": pl.Boolean(),
    "period_at_bound": pl.Boolean(),
    "order_limited": pl.Boolean(),
    "n_harmonics": pl.Int16(),
    "reference_time": pl.Float64(),
    **dict.fromkeys(VALUE_COLUMNS[2 : VALUE_COLUMNS.index("phi1")], pl.Float64()),
    **dict.fromkeys(_HARMONICS, pl.Float64()),
    "covariance": pl.Array(pl.Float32(), COVARIANCE_LENGTH),
    **dict.fromkeys(VALUE_COLUMNS[VALUE_COLUMNS.index("peak_to_peak") :], pl.Float64()),
    **dict.fromkeys(_QUALITY, pl.Float64()),
    "n_observations": pl.Int32(),
    "n_epochs": pl.Int32(),
    "n_rejected": pl.Int32(),
    "n_clipped": pl.Int32(),
    "n_repeated": pl.Int32(),
}
"""Columns of the features, in order."""

# Below this a fit says nothing about a star.
_SMALLEST_MAG = 1e-6


def fit_light_curves(
    light_curves: pl.DataFrame,
    stars: pl.DataFrame,
    bands: Sequence[str],
    settings: FitSettings | None = None,
    cleaning: CleaningSettings | None = None,
) -> pl.DataFrame:
    """Give the features of every star asked for in every band, with a fit or the reason why not.

    Parameters
    ----------
    light_curves
        As :func:`rrcat.lightcurve.clean` takes them; those of other stars or bands are not used.
    stars
        ``source_id`` and ``period`` [d]; one row a star.
    bands
        Bands asked for.

    Returns
    -------
    features
        One row per (``source_id``, ``band``), sorted, with :data:`~rrcat.fourier.FEATURE_COLUMNS`.
        ``fit_status`` is ``ok``, or ``no_light_curve``; ``no_period`` (null, not finite, outside
        ``period_range``); ``too_few_epochs`` (fewer than ``min_epochs`` left by cleaning);
        ``fit_failed`` (no solution, or one outside the ranges of the table ``features``). Where it
        is not ``ok``, all but the counts is null. ``n_observations`` is
        the sum of ``n_epochs`` (used), ``n_rejected`` (by cleaning) and ``n_clipped``. Harmonics
        beyond ``n_harmonics`` are null, and NaN in ``covariance``
        (:func:`rrcat.harmonic.unpack_covariance`).

    Raises
    ------
    FrameError
        When a column is missing or a star is listed twice.

    Notes
    -----
    A light curve known by phase only is fitted at ``time = phase × period`` with the period held
    fixed.
    """
    settings = settings or FitSettings()
    _require(stars, "stars", ["source_id", "period"])
    _require(light_curves, "light_curves", ["source_id", "band", "mag"])
    if not {"time", "phase"} & set(light_curves.columns):
        raise FrameError(
            "light_curves have neither time nor phase",
            hint="Give time [d], or phase [cycles] for folded light curves.",
            table="light_curves",
        )
    repeated = stars.filter(pl.col("source_id").is_duplicated())
    if repeated.height:
        raise FrameError(
            "a star is listed more than once",
            hint="Give one row a star.",
            table="stars",
            star=repeated["source_id"].min(),
        )

    asked = stars.select("source_id", pl.col("period").cast(pl.Float64)).join(
        pl.DataFrame({"band": sorted(set(bands))}, schema={"band": pl.String}), how="cross"
    )
    kept, counts = clean(
        light_curves.join(asked.select(KEY), on=KEY, how="semi"), cleaning or CleaningSettings()
    )
    asked = _with_status(asked.join(counts.select(*KEY, *_COUNTS), on=KEY, how="left"), settings)
    fitted = _fit(kept, asked.filter(pl.col("fit_status") == "ok"), settings)
    return _joined(asked, fitted)


def _require(frame: pl.DataFrame, table: str, names: list[str]) -> None:
    for name in names:
        if name not in frame.columns:
            raise FrameError(
                f"{table} have no column {name}",
                hint=f"Add it, or map another column to {name}.",
                table=table,
                column=name,
            )


def _with_status(asked: pl.DataFrame, settings: FitSettings) -> pl.DataFrame:
    usable = pl.col("period").is_finite() & pl.col("period").is_between(*settings.period_range)
    return asked.with_columns(pl.col(_COUNTS).fill_null(0)).with_columns(
        fit_status=pl.when(pl.col("n_observations") == 0)
        .then(pl.lit("no_light_curve"))
        .when(~usable.fill_null(False))
        .then(pl.lit("no_period"))
        .when(pl.col("n_epochs") < settings.min_epochs)
        .then(pl.lit("too_few_epochs"))
        .otherwise(pl.lit("ok"))
    )


def _fit(kept: pl.DataFrame, fittable: pl.DataFrame, settings: FitSettings) -> pl.DataFrame:
    """Fit the light curves that can be; those whose fit is no use come back as failed."""
    packed = pack(kept.join(fittable.select(KEY), on=KEY, how="semi"))
    periods = packed.keys.join(fittable, on=KEY, how="left", maintain_order="left")["period"]
    period = periods.to_numpy()
    folded = np.mod(packed.phase, 1.0) * np.repeat(period, np.diff(packed.offsets))
    time = np.where(np.isnan(packed.time), folded, packed.time)
    result = fit_arrays(packed.offsets, time, packed.mag, packed.mag_error, period, settings)
    return packed.keys.with_columns(_columns(result)).with_columns(
        fit_status=pl.when(_useful()).then(pl.lit("ok")).otherwise(pl.lit("fit_failed"))
    )


def _columns(result: FitResult) -> list[pl.Series]:
    values = [
        pl.Series(name, _finite(result[name])).fill_nan(None)
        for name in (*VALUE_COLUMNS, *_QUALITY, "reference_time")
    ]
    with np.errstate(over="ignore"):  # what is too large for 32 bits is not known
        single = _finite(result.covariance.astype(np.float32))
    covariance = pl.Series("covariance", single, dtype=FEATURE_COLUMNS["covariance"])
    flags = [
        pl.Series(name, result[flag] == 1.0)
        for name, flag in (
            ("period_fixed", "fixed"),
            ("period_at_bound", "at_bound"),
            ("order_limited", "order_limited"),
            ("failed", "failed"),
        )
    ]
    numbers = [
        pl.Series(name, result[flag].astype(np.int32))
        for name, flag in (
            ("n_harmonics", "n_harmonics"),
            ("n_used", "n_used"),
            ("n_clipped", "n_clipped"),
        )
    ]
    return [*values, covariance, *flags, *numbers]


def _finite(values: NDArray[Any]) -> NDArray[Any]:
    """Give the values with NaN in place of infinity: tiny errors overflow their squares."""
    return np.where(np.isfinite(values), values, np.nan).astype(values.dtype)


def _useful() -> pl.Expr:
    """Whether a fit says something about a star, in numbers that the table can hold."""
    limits = {column.name: column.range for column in load("features").column if column.range}
    in_range = (
        pl.col(name).is_between(*limits[name]).fill_null(True)
        for name in (*VALUE_COLUMNS, *_QUALITY)
        if name in limits
    )
    needed = (pl.col(name).is_not_null() for name in ("period", "peak_to_peak", "residual_scatter"))
    return pl.all_horizontal(
        ~pl.col("failed"), pl.col("a1") >= _SMALLEST_MAG, *needed, *in_range
    ).fill_null(False)


def _joined(asked: pl.DataFrame, fitted: pl.DataFrame) -> pl.DataFrame:
    """Put what was fitted beside what was asked; null beside a status other than ok."""
    features = asked.drop("period").join(
        fitted.rename({"fit_status": "fitted_status"}), on=KEY, how="left"
    )
    features = features.with_columns(fit_status=pl.coalesce("fitted_status", "fit_status"))
    ok = pl.col("fit_status") == "ok"
    always = {*KEY, "fit_status", *_COUNTS, "n_clipped"}
    return (
        features.with_columns(
            n_epochs=pl.when(ok).then("n_used").otherwise("n_epochs"),
            n_clipped=pl.when(ok).then("n_clipped").otherwise(0),
        )
        .select(
            (pl.col(name) if name in always else pl.when(ok).then(pl.col(name)).alias(name)).cast(
                dtype
            )
            for name, dtype in FEATURE_COLUMNS.items()
        )
        .sort(KEY)
    )
