"""What checks read: the rows of the catalogue with what the archive knows, and what judges them."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from rrcat.catalogue.combination import COMBINATION

COLUMNS: dict[str, pl.DataType] = {
    "source_id": pl.Int64(),
    "ra": pl.Float64(),
    "dec": pl.Float64(),
    "pmra": pl.Float64(),
    "pmdec": pl.Float64(),
    "pulsation_type": pl.String(),
    "blazhko": pl.Boolean(),
    "band": pl.String(),
    "period": pl.Float64(),
    "n_epochs": pl.Int32(),
    "int_average_mag": pl.Float64(),
    "phot_g_mean_mag": pl.Float64(),
    "phot_bp_mean_mag": pl.Float64(),
    "phot_rp_mean_mag": pl.Float64(),
    "phot_bp_rp_excess_factor": pl.Float64(),
    "ebv": pl.Float64(),
    "g_absorption": pl.Float64(),
    "phi31": pl.Float64(),
    "phi31_error": pl.Float64(),
    "feh": pl.Float64(),
    "feh_error": pl.Float64(),
    "feh_status": pl.String(),
    "distance_modulus": pl.Float64(),
    "distance_modulus_error": pl.Float64(),
    "hull_distance": pl.Float64(),
}
"""Columns of the rows that checks read, beside ``gal_l`` and ``gal_b`` [deg]."""

OF_PREDICTIONS = ("source_id", "estimator", "feh")
"""Columns of the predictions that checks read."""

# RR Lyrae itself, the brightest of its kind, has 7.1 mag at maximum; the magnitudes of some
# archives are relative ones.
BRIGHTEST = 5.0


@dataclass(frozen=True)
class Evidence:
    """All that the checks of one catalogue read.

    Parameters
    ----------
    rows
        One a star, as :func:`rows_of` gives them.
    predictions
        :data:`OF_PREDICTIONS`.
    order
        Estimators, the preferred first.
    calibrators
        Frame of the table ``calibrators``, None where nobody learned from any.
    out_of_fold
        ``source_id, estimator, repeat, feh, feh_error`` of calibrators, by models that had not
        seen them; None where there are none.
    reference
        ``source_id, feh, feh_error`` of an earlier catalogue, on the scale of this one.
    photometric
        Whether the calibrators are labels, photometric metallicities themselves.
    label_zero_point
        Uncertainty of the zero-point of the catalogue whose values are the labels [dex], that of
        its scale in it; None where there is none, or it is not known.
    """

    rows: pl.DataFrame
    predictions: pl.DataFrame
    order: tuple[str, ...]
    calibrators: pl.DataFrame | None = None
    out_of_fold: pl.DataFrame | None = None
    reference: pl.DataFrame | None = None
    photometric: bool = False
    label_zero_point: float | None = None

    @property
    def estimators(self) -> tuple[str, ...]:
        """The estimators without the combination, which is made of them."""
        return tuple(id for id in self.order if id != COMBINATION)


def rows_of(catalogue: pl.DataFrame, stars: pl.DataFrame) -> pl.DataFrame:
    """Give the rows of a catalogue with :data:`COLUMNS`; what nobody knows is null.

    What the catalogue leaves open is taken from ``stars``, a frame of the table of that name.
    ``int_average_mag`` is null where it is a relative one.
    """
    both = catalogue.select(name for name in COLUMNS if name in catalogue.columns).join(
        stars.select("source_id", *(n for n in COLUMNS if n in stars.columns and n != "source_id")),
        on="source_id",
        how="left",
        validate="1:1",
        suffix="_of_archive",
        maintain_order="left",
    )

    def known(name: str, kind: pl.DataType) -> pl.Expr:
        found = [pl.col(n) for n in (name, f"{name}_of_archive") if n in both.columns]
        return pl.coalesce(*found, pl.lit(None, dtype=kind)).cast(kind).alias(name)

    rows = both.select(known(name, kind) for name, kind in COLUMNS.items())
    mag = pl.col("int_average_mag")
    return _galactic(rows.with_columns(int_average_mag=pl.when(mag > BRIGHTEST).then(mag)))


def _galactic(rows: pl.DataFrame) -> pl.DataFrame:
    """Add Galactic longitude and latitude, ``gal_l`` and ``gal_b`` [deg]."""
    placed = rows.select("source_id", "ra", "dec").drop_nulls()
    if placed.is_empty():
        nothing = pl.lit(None, dtype=pl.Float64)
        return rows.with_columns(gal_l=nothing, gal_b=nothing)
    from astropy.coordinates import SkyCoord

    sky = SkyCoord(placed["ra"].to_numpy(), placed["dec"].to_numpy(), unit="deg").galactic
    places = placed.select("source_id", gal_l=pl.Series(sky.l.deg), gal_b=pl.Series(sky.b.deg))
    return rows.join(places, on="source_id", how="left", validate="1:1", maintain_order="left")


def judged(evidence: Evidence) -> pl.DataFrame:
    """Give the calibrators that have a value: rows with ``feh_true`` and ``feh_true_error``.

    ``feh`` and ``feh_error`` are those of models that had not seen the star, where there are any
    at all: of the first estimator in ``order`` that has one, the mean of its repeats. Elsewhere
    they are those of the catalogue.
    """
    if evidence.calibrators is None:
        return evidence.rows.clear().with_columns(feh_true=pl.col("feh"), feh_true_error="feh")
    truth = evidence.calibrators.select(
        "source_id", feh_true="feh", feh_true_error="feh_error", known_blazhko="blazhko"
    )
    both = evidence.rows.join(truth, on="source_id", how="inner", validate="1:1")
    both = both.with_columns(blazhko=pl.coalesce("known_blazhko", "blazhko")).drop("known_blazhko")
    if evidence.out_of_fold is not None:
        values = preferred(evidence.out_of_fold, evidence.order)
        both = both.drop("feh", "feh_error").join(values, on="source_id", how="left")
    return both.drop_nulls(["feh", "feh_true"]).sort("source_id")


def preferred(out_of_fold: pl.DataFrame, order: Sequence[str]) -> pl.DataFrame:
    """Give ``source_id, feh, feh_error`` of the first estimator that has a value of a star."""
    rank = pl.col("estimator").replace_strict(
        list(order), list(range(len(order))), default=None, return_dtype=pl.Int32
    )
    return (
        out_of_fold.with_columns(rank=rank)
        .drop_nulls(["feh", "rank"])
        .sort("source_id", "rank", "repeat")
        .group_by("source_id", "rank", maintain_order=True)
        .agg(pl.col("feh", "feh_error").mean())
        .unique("source_id", keep="first", maintain_order=True)
        .drop("rank")
    )
