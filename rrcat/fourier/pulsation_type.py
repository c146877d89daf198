"""Pulsation type of stars whose archive gives none, by limits in period and shape.

Three questions, in this order: can it be an RR Lyrae star at all; does its period leave a choice;
which side of the limit in R21 is it on. Nothing is trained: limits are rounded from the literature,
margins around them chosen. A type near a limit is in doubt, and so
is that of a star whose scatter about one period is large: RRd, of which this module never makes a
type, look like that.
"""

from __future__ import annotations

import math

import polars as pl

from rrcat.errors import FrameError
from rrcat.fourier.comparison import ERROR_MARGIN

TYPE_COLUMNS: dict[str, pl.DataType] = {
    "source_id": pl.Int64(),
    "pulsation_type": pl.String(),
    "pulsation_type_in_doubt": pl.Boolean(),
    "pulsation_type_doubts": pl.String(),
}
"""Columns of what is inferred, in order."""

DOUBTS = ("no_fit", "near_limit", "rise_time", "unusual_amplitude", "eclipsing", "excess_scatter")
"""Why a type is doubted, or why there is none."""

# Periods [d] of the OGLE collection of RR Lyrae stars (Soszynski et al. 2014, Acta Astron. 64,
# 177): RRc from 0.20 d, below lie high-amplitude delta Scuti stars; RRab up to 1.0 d, above lie
# Cepheids; between the two middle values both types occur.
SHORTEST, ALL_RRC_BELOW, ALL_RRAB_ABOVE, LONGEST = 0.20, 0.36, 0.46, 1.00
# At the periods of RRc alone, what is as asymmetric as this is a delta Scuti star up to 0.25 d
# (Breger 2000, ASP Conf. 210, 3), else a rare RRab of short period.
ASYMMETRIC_R21, DELTA_SCUTI_BELOW = 0.40, 0.25
# R21 of RRab lies above, of RRc below (Simon & Teays 1982, ApJ 261, 586). A sinusoid at a period of
# RRab is no pulsation in the fundamental mode.
R21_LIMIT, R21_SINUSOID = 0.30, 0.12
R21_MARGIN = 0.05
# From minimum to maximum light RRc take more of the cycle than RRab (Sandage 2004, AJ 128, 858).
RISE_TIME_LIMIT = 0.33
# Peak-to-peak amplitude in V [mag], least and greatest (Catelan & Smith 2015, Pulsating Stars,
# chapter 6), and how the amplitude in other bands compares: 0.6 in I (Liu & Janes 1990, ApJ 354,
# 273; Dekany et al. 2021), 0.9 in G (Clementini et al. 2019, A&A 622, A60). A band not listed is
# taken for V.
AMPLITUDES = {"RRab": (0.15, 1.8), "RRc": (0.10, 0.80)}
AMPLITUDE_RATIO = {"V": 1.0, "G": 0.9, "I": 0.6}
# φ21 (cosine) of a light curve with equal branches and sharp minima, as of an eclipsing star, is 0;
# with sharp maxima, π. RRc reach 0.6 rad from 0 (Muraveva et al. 2025, MNRAS 536, 2749).
ECLIPSING_PHI21 = 0.6  # rad from 0
SURE_PHI21 = 0.3  # rad, error up to which that counts
# Scatter beyond the errors, in parts of the peak-to-peak amplitude. Two modes, the weaker with half
# the amplitude of the stronger, make 0.15; modulated RRab and RRc less.
EXCESS_SCATTER = 0.12


def infer_pulsation_types(
    features: pl.DataFrame, mag_errors: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Give the pulsation type of every star of a table of features, and whether it is in doubt.

    Parameters
    ----------
    features
        Table of schema ``features``; only ``source_id`` is required. Used are ``band, fit_status,
        n_epochs, period`` [d], ``a1, a2, peak_to_peak, residual_scatter`` [mag], ``r21``,
        ``r21_error``, ``phi21, phi21_error`` [rad, cosine] and ``rise_time``; what is absent or
        null decides nothing. Of several bands, that with the most epochs is used, the first of
        equals.
    mag_errors
        ``source_id, band, mag_error`` [mag]: the median error of an observation. Without it nothing
        is said of the scatter.

    Returns
    -------
    types
        One row a star, sorted, with ``TYPE_COLUMNS``: ``RRab``, ``RRc``, ``other``, or null
        where there is no fit with period and R21. Doubts are words of ``DOUBTS``, separated by
        commas, null where the type is not in doubt.

    Raises
    ------
    FrameError
        When ``source_id`` is missing.
    """
    if "source_id" not in features.columns:
        raise FrameError(
            "features have no column source_id",
            hint="Add it, or map another column to source_id.",
            table="features",
            column="source_id",
        )
    shapes = _one_row_a_star(features, mag_errors)
    kind = _kind()
    reasons = {
        "no_fit": kind.is_null(),
        "near_limit": _near_limit(),
        "rise_time": (kind == "RRab") & (pl.col("rise_time") > RISE_TIME_LIMIT)
        | (kind == "RRc") & (pl.col("rise_time") < 0.5 * RISE_TIME_LIMIT),
        "unusual_amplitude": _unusual_amplitude(kind),
        "eclipsing": _sharp_minima(),
        "excess_scatter": _scatter_beyond_errors() > EXCESS_SCATTER * pl.col("peak_to_peak"),
    }
    words = [
        pl.when(applies.fill_null(False)).then(pl.lit(word)) for word, applies in reasons.items()
    ]
    doubts = pl.concat_str(words, separator=",", ignore_nulls=True)
    return (
        shapes.with_columns(
            pulsation_type=kind, pulsation_type_doubts=pl.when(doubts != "").then(doubts)
        )
        .with_columns(pulsation_type_in_doubt=pl.col("pulsation_type_doubts").is_not_null())
        .select(pl.col(name).cast(dtype) for name, dtype in TYPE_COLUMNS.items())
        .sort("source_id")
    )


def _one_row_a_star(features: pl.DataFrame, mag_errors: pl.DataFrame | None) -> pl.DataFrame:
    numbers = (
        *("period", "a1", "a2", "r21", "r21_error", "phi21", "phi21_error"),
        *("rise_time", "peak_to_peak", "residual_scatter", "n_epochs"),
    )
    texts = {"band": "", "fit_status": "ok"}
    missing = [
        *(pl.lit(None, dtype=pl.Float64).alias(n) for n in numbers if n not in features.columns),
        *(pl.lit(text).alias(n) for n, text in texts.items() if n not in features.columns),
    ]
    features = features.with_columns(missing)
    if mag_errors is None:
        features = features.with_columns(mag_error=pl.lit(None, dtype=pl.Float64))
    else:
        errors = mag_errors.select("source_id", "band", "mag_error")
        features = features.join(errors, on=["source_id", "band"], how="left")
    return (
        features.with_columns(
            pl.when(pl.col(name).is_finite()).then(pl.col(name).cast(pl.Float64)).alias(name)
            for name in numbers
        )
        .with_columns(r21=pl.coalesce("r21", pl.col("a2") / pl.col("a1")))
        .with_columns(r21=pl.when(pl.col("fit_status") == "ok").then("r21"))
        .sort(
            "source_id",
            pl.col("r21").is_null(),
            -pl.col("n_epochs").fill_null(0.0),
            "band",
        )
        .unique("source_id", keep="first", maintain_order=True)
    )


def _kind() -> pl.Expr:
    period, r21 = pl.col("period"), pl.col("r21")
    asymmetric = r21 > R21_LIMIT
    return (
        pl.when(period.is_null() | r21.is_null())
        .then(None)
        .when(~period.is_between(SHORTEST, LONGEST) | _sharp_minima().fill_null(False))
        .then(pl.lit("other"))
        .when(period < ALL_RRC_BELOW)
        .then(
            pl.when(r21 < ASYMMETRIC_R21)
            .then(pl.lit("RRc"))
            .when(period < DELTA_SCUTI_BELOW)
            .then(pl.lit("other"))
            .otherwise(pl.lit("RRab"))
        )
        .when(period < ALL_RRAB_ABOVE)
        .then(pl.when(asymmetric).then(pl.lit("RRab")).otherwise(pl.lit("RRc")))
        .when(r21 < R21_SINUSOID)
        .then(pl.lit("other"))
        .otherwise(pl.lit("RRab"))
    )


def _near_limit() -> pl.Expr:
    """Say whether a small change of R21, or of the period, would change the type."""
    period, r21 = pl.col("period"), pl.col("r21")
    margin = pl.max_horizontal(pl.lit(R21_MARGIN), 2.0 * pl.col("r21_error").fill_null(0.0))
    below, above = period < ALL_RRC_BELOW, period >= ALL_RRAB_ABOVE
    limit = pl.when(below).then(ASYMMETRIC_R21).when(above).then(R21_SINUSOID).otherwise(R21_LIMIT)
    wrong_side = (below & (r21 > R21_LIMIT)) | (above & (r21 < R21_LIMIT - R21_MARGIN))
    edge = ~period.is_between(1.05 * SHORTEST, 0.9 * LONGEST)
    return ((r21 - limit).abs() < margin) | wrong_side | edge


def _unusual_amplitude(kind: pl.Expr) -> pl.Expr:
    ratio = pl.col("band").replace_strict(AMPLITUDE_RATIO, default=1.0, return_dtype=pl.Float64)
    amplitude = pl.col("peak_to_peak") / ratio
    return pl.any_horizontal(
        (kind == name) & ~amplitude.is_between(*limits) for name, limits in AMPLITUDES.items()
    )


def _scatter_beyond_errors() -> pl.Expr:
    known = ERROR_MARGIN * pl.col("mag_error")
    return (pl.col("residual_scatter") ** 2 - known**2).clip(lower_bound=0.0).sqrt()


def _sharp_minima() -> pl.Expr:
    from_zero = (pl.col("phi21") + math.pi) % (2.0 * math.pi) - math.pi
    sure = (pl.col("phi21_error") < SURE_PHI21) & (pl.col("r21") > 2.0 * pl.col("r21_error"))
    return (from_zero.abs() < ECLIPSING_PHI21) & sure
