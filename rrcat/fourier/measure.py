"""From light curves to features: what the archive does not say is looked for first."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from rrcat.fourier.fit import fit_light_curves
from rrcat.fourier.pulsation_type import infer_pulsation_types
from rrcat.fourier.search import search_periods
from rrcat.fourier.search_settings import PeriodSearchSettings
from rrcat.fourier.settings import FitSettings
from rrcat.lightcurve import CleaningSettings, clean

FOUND = ("period_false_alarm", "period_in_doubt", "period_doubts", "second_period")
INFERRED = {
    "pulsation_type": "inferred_type",
    "pulsation_type_in_doubt": "inferred_type_in_doubt",
    "pulsation_type_doubts": "inferred_type_doubts",
}


def measure(
    light_curves: pl.DataFrame,
    stars: pl.DataFrame,
    bands: Sequence[str],
    *,
    fourier: FitSettings,
    cleaning: CleaningSettings,
    search: PeriodSearchSettings | None,
) -> pl.DataFrame:
    """Give the features of every star in every band: period, harmonic fit and inferred type.

    The period is the archive's; where there is none it is searched, unless ``search`` is None. The
    pulsation type is inferred only where the archive gives none.

    Parameters
    ----------
    light_curves, stars
        Conforming frames of the same stars.
    bands
        Bands to fit, one row each for every star.

    Returns
    -------
    features
        One row per (``source_id``, ``band``), sorted, columns of the table ``features``.
    """
    unknown = stars.filter(pl.col("period").is_null())
    if search is None:
        unknown = unknown.clear()
    untyped = stars.filter(pl.col("pulsation_type").is_null())
    # The fit cleans for itself; what is needed here is needed of the stars that lack something.
    lacking = pl.concat([unknown, untyped]).unique("source_id")
    kept, _ = clean(
        light_curves.join(lacking, on="source_id", how="semi", maintain_order="left"), cleaning
    )
    found = search_periods(kept, unknown, search)
    started = stars.join(
        found.select("source_id", *FOUND, found_period="period"),
        on="source_id",
        how="left",
        maintain_order="left",
    ).with_columns(
        period=pl.coalesce("period", "found_period"),
        period_source=pl.when(pl.col("period").is_not_null())
        .then(pl.lit("archive"))
        .when(pl.col("found_period").is_not_null())
        .then(pl.lit("search")),
    )
    features = fit_light_curves(light_curves, started, bands, fourier, cleaning)
    errors = kept.group_by("source_id", "band").agg(pl.col("mag_error").median())
    types = infer_pulsation_types(
        features.join(untyped, on="source_id", how="semi", maintain_order="left"), errors
    )
    return features.join(
        started.select("source_id", "period_source", *FOUND),
        on="source_id",
        how="left",
        maintain_order="left",
    ).join(
        types.select("source_id", *INFERRED).rename(INFERRED),
        on="source_id",
        how="left",
        maintain_order="left",
    )


def with_found(stars: pl.DataFrame, features: pl.DataFrame) -> pl.DataFrame:
    """Give the stars with the period and the pulsation type found where the archive gives none."""
    of_search = pl.when(pl.col("period_source") == "search").then("period")
    found = features.group_by("source_id").agg(
        of_search.drop_nulls().first().alias("found_period"),
        pl.col("inferred_type").drop_nulls().first(),
    )
    return (
        stars.join(found, on="source_id", how="left", maintain_order="left")
        .with_columns(
            period=pl.coalesce("period", "found_period"),
            pulsation_type=pl.coalesce("pulsation_type", "inferred_type"),
        )
        .select(stars.columns)
    )
