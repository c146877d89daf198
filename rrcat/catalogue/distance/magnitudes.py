"""The apparent magnitude that a relation reads: intensity-averaged, in one band or several."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from rrcat.catalogue.distance.relations import Relation, published
from rrcat.errors import RecipeError

# RR Lyrae itself, the brightest of its kind, has 7.1 mag at maximum. What is brighter than this is
# relative to a mean.
BRIGHTEST = 5.0


def check_bands(relation: Relation, bands: Sequence[str]) -> None:
    """Raise unless an archive has the bands that a relation reads.

    Raises
    ------
    RecipeError
        It has not; the hint names relations that its bands suffice for.
    """
    missing = [band for band in relation.bands if band not in bands]
    if not missing:
        return
    fitting = [one.id for one in published().values() if set(one.bands) <= set(bands)]
    raise RecipeError(
        f"the relation {relation.id} needs mean magnitudes in {', '.join(missing)}, and the archive"
        f" has {', '.join(bands)} only",
        key="distance.relation",
        hint=f"its bands suffice for {' and '.join(fitting)}"
        if fitting
        else "leave [distance] out: no relation is known in its bands",
    )


def mean_magnitudes(rows: pl.DataFrame, features: pl.DataFrame, relation: Relation) -> pl.DataFrame:
    """Give the magnitude that a relation reads of each star, in the order of the rows.

    Parameters
    ----------
    rows
        With ``source_id``.
    features
        With ``source_id, band, int_average_mag, int_average_mag_error``. Other means of a light
        curve, or of the archive, are not those of the intensity.
    relation
        Whose bands and their coefficients are used.

    Returns
    -------
    ``mag`` [mag], null unless it is known and calibrated in every band; ``mag_error`` [mag], null
    also where an error is not known; ``mag_uncalibrated``, whether a band has a magnitude that no
    RR Lyrae star has.
    """
    mag, variance = pl.lit(0.0), pl.lit(0.0)
    uncalibrated = pl.lit(False)
    found = rows.select("source_id")
    for number, (band, share) in enumerate(relation.magnitude.items()):
        of_band = features.filter(pl.col("band") == band).select(
            "source_id",
            pl.col("int_average_mag").alias(f"mag_{number}"),
            pl.col("int_average_mag_error").alias(f"mag_{number}_error"),
        )
        found = found.join(
            of_band, on="source_id", how="left", validate="1:1", maintain_order="left"
        )
        one = pl.col(f"mag_{number}")
        mag = mag + share * one
        variance = variance + (share * pl.col(f"mag_{number}_error")).pow(2)
        uncalibrated = uncalibrated | (one < BRIGHTEST).fill_null(False)
    return found.select(
        mag=pl.when(~uncalibrated).then(mag),
        mag_error=pl.when(~uncalibrated).then(variance.sqrt()),
        mag_uncalibrated=uncalibrated,
    )


def check_statuses(catalogue: pl.LazyFrame, relation: Relation) -> None:
    """Raise where no star of a catalogue that could have a distance has a magnitude for it.

    Parameters
    ----------
    catalogue
        With ``distance_status``.

    Raises
    ------
    RecipeError
        Light curves are not calibrated, or features have no such magnitudes.
    """
    lacking = ("no_magnitude", "uncalibrated_magnitude")
    could = pl.col("distance_status").is_in(["ok", *lacking, "no_period", "no_extinction"])
    found = catalogue.select(pl.col("distance_status").filter(could)).unique().collect()
    statuses = set(found["distance_status"])
    if not statuses or statuses - set(lacking):
        return
    bands = " and ".join(relation.bands)
    if "uncalibrated_magnitude" in statuses:
        raise RecipeError(
            f"the magnitudes in {bands} are relative ones, brighter than any RR Lyrae star has, and"
            " tell no distance",
            key="distance",
            hint="give calibrated light curves, or leave [distance] out",
        )
    raise RecipeError(
        f"no star with a metallicity has an intensity-averaged magnitude in {bands}",
        key="distance",
        hint="map int_average_mag under [archive.features.columns], or leave [distance] out",
    )
