"""Which observations of a light curve are used, and an account of the rest.

An observation is left out for the first of these reasons that applies, and counted under it:

1. ``n_flagged``: the archive itself rejected it: ``rejected`` is true; null is not.
2. ``n_non_finite``: magnitude null, NaN or infinite; or no finite time, in a light curve that has
   finite times at all; or neither time nor phase.
3. ``n_bad_error``: the error is null, not finite, zero or negative, while other observations of
   the star in the band have a good one. Where none has, the errors are unknown: every
   observation stays, with a null error, and all weigh the same.
4. ``n_duplicate``: the same time (or phase), magnitude and error as an observation already kept.
5. ``n_error_outlier``: the error is more than ``error_outlier_factor`` times the median of the
   star's errors in the band (Gaia 3465394126556301056 has three such epochs).

Repeated epochs with different magnitudes are kept: ``n_repeated`` counts the observations beyond
the first at one time.
"""

from __future__ import annotations

import polars as pl
from pydantic import BaseModel, ConfigDict, Field

KEY = ("source_id", "band")
_KEY = list(KEY)

REASONS = ("n_flagged", "n_non_finite", "n_bad_error", "n_duplicate", "n_error_outlier")
COUNT_COLUMNS = ("n_observations", *REASONS, "n_rejected", "n_epochs", "n_repeated")

MAGNITUDES_PER_RELATIVE_FLUX = 1.0857362047581296
"""2.5 / ln 10: error in mag of a relative error in flux."""

_OPTIONAL = {
    "time": pl.Float64,
    "phase": pl.Float64,
    "mag_error": pl.Float64,
    "flux": pl.Float64,
    "flux_error": pl.Float64,
    "rejected": pl.Boolean,
}


class CleaningSettings(BaseModel):
    """Rules by which observations are left out before a fit."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    use_rejection_flags: bool = Field(
        default=True, description="Leave out observations that the archive rejected."
    )
    error_outlier_factor: float = Field(
        default=5.0,
        gt=1.0,
        description="Leave out observations whose error exceeds this many times the median error "
        "of the star in the band.",
    )


def clean(
    light_curves: pl.DataFrame, settings: CleaningSettings | None = None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Give the observations to use, and the counts of what was left out.

    Parameters
    ----------
    light_curves
        Frame with ``source_id, band, mag`` and ``time`` [d] or ``phase`` [cycles]; optionally
        ``mag_error``, ``flux``, ``flux_error`` and ``rejected``, in any row order. Where
        ``mag_error`` is missing it is ``1.0857 flux_error / flux``.

    Returns
    -------
    kept
        ``source_id, band, time, phase, mag, mag_error``, sorted by all of them. ``time`` is null
        all through a light curve that is known by phase only.
    counts
        One row per (``source_id``, ``band``) of the input, sorted, with
        :data:`~rrcat.lightcurve.COUNT_COLUMNS`; ``n_rejected`` is the sum of the five reasons.
    """
    settings = settings or CleaningSettings()
    observations = _with_reasons(_standardised(light_curves), settings)
    kept = (
        observations.filter(pl.col("reason").is_null())
        .select(*KEY, "time", "phase", "mag", "mag_error")
        .sort(*KEY, "time", "phase", "mag", "mag_error")
    )
    return kept, _counts(observations, kept)


def _standardised(light_curves: pl.DataFrame) -> pl.DataFrame:
    """Add missing columns, make NaN null, derive the error; no phase where there are times."""
    missing = [
        pl.lit(None, dtype=dtype).alias(name)
        for name, dtype in _OPTIONAL.items()
        if name not in light_curves.columns
    ]
    numbers = ["time", "phase", "mag", "mag_error", "flux", "flux_error"]
    frame = light_curves.with_columns(missing).with_columns(
        pl.when(pl.col(name).cast(pl.Float64).is_finite())
        .then(pl.col(name).cast(pl.Float64))
        .alias(name)
        for name in numbers
    )
    flux_based = MAGNITUDES_PER_RELATIVE_FLUX * pl.col("flux_error") / pl.col("flux")
    error = pl.coalesce("mag_error", pl.when(pl.col("flux") > 0).then(flux_based))
    has_times = pl.col("time").is_not_null().any().over(_KEY)
    return frame.with_columns(
        mag_error=pl.when(error.is_finite() & (error > 0)).then(error),
        phase=pl.when(~has_times).then(pl.col("phase")),
        rejected=pl.col("rejected").fill_null(False),
    )


def _with_reasons(frame: pl.DataFrame, settings: CleaningSettings) -> pl.DataFrame:
    """Add ``reason``: name of the count an observation left out goes to, null when it is kept."""
    flagged = pl.col("rejected") & pl.lit(settings.use_rejection_flags)
    no_place = pl.col("time").is_null() & pl.col("phase").is_null()
    frame = frame.with_columns(
        reason=pl.when(flagged)
        .then(pl.lit("n_flagged"))
        .when(pl.col("mag").is_null() | no_place)
        .then(pl.lit("n_non_finite"))
    )
    kept = pl.col("reason").is_null()
    errors_known = (kept & pl.col("mag_error").is_not_null()).any().over(_KEY)
    frame = frame.with_columns(
        reason=pl.when(kept & errors_known & pl.col("mag_error").is_null())
        .then(pl.lit("n_bad_error"))
        .otherwise("reason")
    )
    same = [*KEY, "time", "phase", "mag", "mag_error", "reason"]
    frame = frame.with_columns(
        reason=pl.when(kept & (pl.int_range(pl.len()).over(same) > 0))
        .then(pl.lit("n_duplicate"))
        .otherwise("reason")
    )
    median_error = pl.when(kept).then(pl.col("mag_error")).median().over(_KEY)
    return frame.with_columns(
        reason=pl.when(kept & (pl.col("mag_error") > settings.error_outlier_factor * median_error))
        .then(pl.lit("n_error_outlier"))
        .otherwise("reason")
    )


def _counts(observations: pl.DataFrame, kept: pl.DataFrame) -> pl.DataFrame:
    counts = observations.group_by(_KEY).agg(
        pl.len().cast(pl.Int32).alias("n_observations"),
        *((pl.col("reason") == reason).sum().cast(pl.Int32).alias(reason) for reason in REASONS),
    )
    places = pl.coalesce("time", "phase")
    used = kept.group_by(_KEY).agg(
        pl.len().cast(pl.Int32).alias("n_epochs"),
        (pl.len() - places.n_unique()).cast(pl.Int32).alias("n_repeated"),
    )
    return (
        counts.join(used, on=_KEY, how="left")
        .with_columns(
            pl.sum_horizontal(REASONS).cast(pl.Int32).alias("n_rejected"),
            pl.col("n_epochs", "n_repeated").fill_null(0),
        )
        .select(*KEY, *COUNT_COLUMNS)
        .sort(KEY)
    )
