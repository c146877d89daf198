"""Stars, features and predictions become rows of the catalogue."""

from collections.abc import Callable, Sequence

import polars as pl

from rrcat.catalogue.distance import without_distances
from rrcat.catalogue.evidence import with_evidence
from rrcat.catalogue.flags import USUAL, FlagSettings, flags
from rrcat.catalogue.hull import Hull
from rrcat.catalogue.individual import individual
from rrcat.errors import RecipeError
from rrcat.schema import Table, check, conform

# Columns of the features that have a meaning for a catalogue only where there is a fit.
OF_A_FIT = ("band", "n_epochs", "n_rejected", "n_clipped")
FROM_PREDICTION = {"estimator": "feh_method", "variant": "feh_variant", "status": "feh_status"}


def main_band(bands: Sequence[str], chosen: str | None) -> str:
    """Give the band whose light-curve parameters stand in the catalogue.

    Raises
    ------
    RecipeError
        There are several bands and the recipe does not choose, or it chooses one that is not there;
        or there is none, since no star has photometry.
    """
    if not bands:
        raise RecipeError(
            "no star of the archive has light curves or features",
            key="archive",
            hint="the account of the archive, or of the fetch, says what became of them",
        )
    listed = ", ".join(bands)
    if chosen is None and len(bands) == 1:
        return bands[0]
    if chosen is None:
        raise RecipeError(
            f"the archive has the bands {listed}, and the recipe does not choose one",
            key="catalogue.band",
            hint=f'set band = "{bands[0]}" (or another of them) under [catalogue]',
        )
    if chosen not in bands:
        raise RecipeError(
            f"the archive has no band {chosen!r}",
            key="catalogue.band",
            hint=f"its bands are {listed}",
        )
    return chosen


def assemble(
    stars: pl.DataFrame,
    features: pl.DataFrame,
    predictions: pl.DataFrame,
    *,
    table: Table,
    band: str,
    scale: str,
    order: Sequence[str],
    distances: Callable[[pl.DataFrame], pl.DataFrame] = without_distances,
    hull: Hull | None = None,
    warn: FlagSettings = USUAL,
) -> pl.DataFrame:
    """Give the catalogue rows of the stars, one for each, with a value or a reason.

    Parameters
    ----------
    stars, features, predictions
        Conforming frames of the same stars.
    table
        The table to fill, as :func:`rrcat.catalogue.individual.catalogue_table` gives it.
    band
        The band whose parameters the row shows.
    scale
        Metallicity scale of ``predictions`` and of the catalogue.
    order
        Estimators, the preferred first: a star's value comes from the first that has one, and its
        reason, where none has, from the first.
    distances
        What gives the rows their distances, before their flags.
    hull
        Of the calibrators; None where no estimator learned from any.
    warn
        Where flags begin.
    """
    rank = pl.col("estimator").replace_strict(
        list(order), list(range(len(order))), return_dtype=pl.Int32
    )
    best = (
        predictions.with_columns(has_none=pl.col("feh").is_null(), rank=rank)
        .sort("source_id", "has_none", "rank")
        .unique("source_id", keep="first", maintain_order=True)
        .drop("has_none", "rank", "feh_plug_in")
        .rename(FROM_PREDICTION)
        .with_columns(
            feh_method=pl.when(pl.col("feh").is_not_null()).then("feh_method"),
            feh_scale=pl.lit(scale),
        )
    )
    fitted = features.filter(pl.col("band") == band)
    rows = (
        stars.rename({"period": "archive_period", "period_error": "archive_period_error"})
        .join(fitted, on="source_id", how="left", validate="1:1", maintain_order="left")
        .join(best, on="source_id", how="left", validate="1:1", maintain_order="left")
        .join(
            individual(predictions, table),
            on="source_id",
            how="left",
            validate="1:1",
            maintain_order="left",
        )
        .with_columns(
            period=pl.coalesce("period", "archive_period"),
            period_error=pl.when(pl.col("period").is_null())
            .then("archive_period_error")
            .otherwise("period_error"),
            pulsation_type=pl.coalesce("pulsation_type", "inferred_type"),
            epoch=pl.when(~pl.col("period_fixed")).then("epoch"),
        )
        .pipe(distances)
        .pipe(with_evidence, features, predictions, hull)
        .with_columns(flags(table, warn))
        .with_columns(pl.when(pl.col("fit_status") == "ok").then(pl.col(name)) for name in OF_A_FIT)
    )
    catalogue = conform(rows.select(name for name in table.names if name in rows.columns), table)
    check(catalogue, table)
    return catalogue
