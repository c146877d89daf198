"""Distance moduli: mean magnitude less extinction less absolute magnitude, with their errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import polars as pl

from rrcat.catalogue.distance.coefficients import of_magnitude
from rrcat.catalogue.distance.config import DistanceSection
from rrcat.catalogue.distance.extinction import reddening
from rrcat.catalogue.distance.magnitudes import mean_magnitudes
from rrcat.catalogue.distance.relations import Relation, fundamentalised, scale_offset

VALUES = (
    "absolute_mag",
    "absorption",
    "ebv",
    "ebv_error",
    "distance_modulus",
    "distance_modulus_error",
    "distance_modulus_syst",
    "distance_p50",
    "distance_p16",
    "distance_p84",
)
WORDS = ("ebv_source", "distance_relation", "distance_status")
# Of the normal distribution, whose standard deviation is 1.
P84 = 0.9944578832097532

Rows = Callable[[pl.DataFrame], pl.DataFrame]


def without_distances(rows: pl.DataFrame) -> pl.DataFrame:
    """Give the rows with the columns of distances, all null: the recipe asks for none."""
    return rows.with_columns(
        *(pl.lit(None, dtype=pl.Float64).alias(name) for name in VALUES),
        *(pl.lit(None, dtype=pl.String).alias(name) for name in WORDS),
        pl.lit(None, dtype=pl.Boolean).alias("distance_extrapolated"),
    )


def with_distances(
    rows: pl.DataFrame,
    section: DistanceSection,
    *,
    features: pl.DataFrame,
    scale: str,
    folder: Path,
) -> pl.DataFrame:
    """Give the rows with their distances, or the reason why a star has none.

    Parameters
    ----------
    rows
        One a star: ``source_id, ra, dec, pulsation_type, period`` and ``period_error`` [d], ``feh``
        and ``feh_error`` [dex], and what :func:`~rrcat.catalogue.distance.extinction.reddening`
        reads.
    section
        ``[distance]`` of the recipe.
    features
        In every band, for the intensity-averaged magnitudes.
    scale
        Of ``feh``.
    folder
        That the paths of maps are relative to.

    Returns
    -------
    The rows with the columns of the table ``rrl_metallicity`` that begin with ``distance``;
    ``absolute_mag``, ``absorption`` and ``ebv`` as they were used; and ``distance_extrapolated``,
    whether the relation is used outside the range of its calibrators. ``ebv`` and ``ebv_error`` of
    the archive are replaced.
    """
    relation = section.published
    dust = reddening(rows, section.extinction, folder)
    mags = mean_magnitudes(rows, features, relation)
    known = rows.drop("ebv", "ebv_error").hstack(dust).hstack(mags)
    inputs = quantities(relation, scale)
    dusty = bool(section.extinction)
    absorption = of_magnitude(relation.magnitude) * pl.col("ebv") if dusty else pl.lit(0.0)
    absolute = relation.absolute_mag(inputs["feh"], inputs["log_period"])
    modulus = pl.col("mag") - absorption - absolute
    return (
        known.with_columns(distance_status=_status(relation, dusty=dusty))
        .with_columns(
            absolute_mag=absolute,
            absorption=absorption,
            distance_modulus=modulus,
            distance_modulus_error=quadrature(random_errors(relation, inputs, dusty=dusty)),
            distance_modulus_syst=quadrature(
                systematic_errors(section, scale, inputs, dusty=dusty)
            ),
            distance_relation=pl.lit(section.relation),
            distance_extrapolated=relation.outside(inputs["feh"], 10.0 ** inputs["log_period"]),
        )
        .with_columns(
            distance_p50=_kiloparsecs(0.0),
            distance_p16=_kiloparsecs(-P84),
            distance_p84=_kiloparsecs(P84),
        )
        .with_columns(
            pl.when(pl.col("distance_status") == "ok").then(pl.col(name)).alias(name)
            for name in (*VALUES, "ebv_source", "distance_relation", "distance_extrapolated")
        )
        .drop(mags.columns, "ebv_syst")
    )


def quantities(relation: Relation, scale: str) -> dict[str, pl.Expr]:
    """Give what a relation reads, in its own terms, of columns of a catalogue whose scale is given.

    ``feh`` and ``feh_error`` on the scale of the relation, or on that of the catalogue where no
    conversion is known; ``log_period`` of the fundamental mode; ``log_period_error``, 0 where it is
    not known.
    """
    slope, intercept = relation.conversion(scale) or (1.0, 0.0)
    overtone = pl.col("pulsation_type") == "RRc"
    shift = pl.when(overtone).then(fundamentalised().value).otherwise(0.0)
    period = pl.col("period")
    return {
        "feh": slope * pl.col("feh") + intercept,
        "feh_error": slope * pl.col("feh_error"),
        "log_period": period.log10() + shift,
        "log_period_error": (pl.col("period_error") / period * (1.0 / np.log(10.0))).fill_null(0.0),
    }


def random_errors(
    relation: Relation, inputs: Mapping[str, pl.Expr], *, dusty: bool
) -> dict[str, pl.Expr]:
    """Give the parts [mag] of the error that differ from star to star, by what they come from.

    [Fe/H] and period enter through the slopes of the relation. That [Fe/H] from a light curve errs
    with its period is left out: periods are known to 1e-5 d, which makes less than 1e-4 mag.
    """
    parts = {
        "magnitude": pl.col("mag_error"),
        "feh": abs(relation.feh.slope) * inputs["feh_error"],
        "scatter": pl.lit(relation.scatter),
    }
    if relation.log_period is not None:
        parts["period"] = abs(relation.log_period.slope) * inputs["log_period_error"]
    if dusty:
        parts["extinction"] = abs(of_magnitude(relation.magnitude)) * pl.col("ebv_error")
    return parts


def systematic_errors(
    section: DistanceSection, scale: str, inputs: Mapping[str, pl.Expr], *, dusty: bool
) -> dict[str, pl.Expr]:
    """Give the parts [mag] of the error that stars share, by what they come from.

    ``relation``: its coefficients; ``scale``: that of [Fe/H], where none of the published
    conversions leads to that of the relation; ``zero_point``: of the magnitudes, band by band;
    ``ebv_system``: by how much the modulus shifts if E(B−V) is of another system than it is said.
    """
    relation = section.published
    joined = relation.conversion(scale) is not None
    offset = 0.0 if joined else scale_offset().value
    shares = sum(share**2 for share in relation.magnitude.values())
    parts = {
        "relation": relation.coefficient_error(inputs["feh"], inputs["log_period"]),
        "scale": pl.lit(abs(relation.feh.slope) * offset),
        "zero_point": pl.lit(section.zero_point_error * shares**0.5),
    }
    if dusty:
        parts["ebv_system"] = abs(of_magnitude(relation.magnitude)) * pl.col("ebv_syst")
    return parts


def quadrature(parts: Mapping[str, pl.Expr]) -> pl.Expr:
    """Give the root of the sum of squares; null where a part is."""
    return sum((part.pow(2) for part in parts.values()), start=pl.lit(0.0)).sqrt()


def _kiloparsecs(deviations: float) -> pl.Expr:
    """Give the distance [kpc] at so many standard errors of the modulus: it is log-normal."""
    modulus = pl.col("distance_modulus")
    if deviations:
        modulus = modulus + deviations * pl.col("distance_modulus_error")
    # Not / 5.0: polars divides one row, but multiplies more than one by the reciprocal.
    return pl.lit(10.0).pow(modulus * 0.2 - 2.0)


def _status(relation: Relation, *, dusty: bool) -> pl.Expr:
    """Give ``ok``, or the first reason that leaves a star without a distance."""
    kind = pl.col("pulsation_type")
    rules = [
        ("no_feh", pl.col("feh").is_null()),
        ("no_pulsation_type", kind.is_null()),
        ("unsupported_pulsation_type", ~kind.is_in(["RRab", "RRc"])),
        ("no_magnitude", pl.col("mag").is_null() & ~pl.col("mag_uncalibrated")),
        ("uncalibrated_magnitude", pl.col("mag_uncalibrated")),
    ]
    if relation.log_period is not None:
        rules.append(("no_period", pl.col("period").is_null()))
    if dusty:
        rules.append(("no_extinction", pl.col("ebv").is_null()))
    return pl.coalesce(
        *(pl.when(rule).then(pl.lit(reason)) for reason, rule in rules), pl.lit("ok")
    )
