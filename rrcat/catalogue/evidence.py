"""What flags are judged by that is in no single table of a star."""

import polars as pl

from rrcat.catalogue.combination import COMBINATION
from rrcat.catalogue.hull import Hull, hull_columns


def with_evidence(
    rows: pl.DataFrame, features: pl.DataFrame, predictions: pl.DataFrame, hull: Hull | None
) -> pl.DataFrame:
    """Give rows of a catalogue with columns that its flags rest on, null where nothing is known.

    ``hull_distance`` and ``beyond_magnitudes`` (:mod:`rrcat.catalogue.hull`); ``a1_rp`` and
    ``a1_rp_error`` [mag], the amplitude in RP; ``feh_spread``, from the least to the greatest value
    of the estimators, where there are several, and ``feh_spread_error``, the root mean square of
    their errors [dex].

    Parameters
    ----------
    rows
        Stars with the features of the main band.
    features, predictions
        All features and predictions of the stars.
    hull
        Of the calibrators; None where no estimator learned from any.
    """
    in_rp = features.filter(pl.col("band") == "RP").select(
        "source_id", a1_rp="a1", a1_rp_error="a1_error"
    )
    return (
        hull_columns(rows, hull)
        .join(in_rp, on="source_id", how="left", validate="1:1", maintain_order="left")
        .join(_spread(predictions), on="source_id", how="left", maintain_order="left")
    )


def _spread(predictions: pl.DataFrame) -> pl.DataFrame:
    values = predictions.filter(pl.col("feh").is_not_null(), pl.col("estimator") != COMBINATION)
    several = pl.len() > 1
    return (
        values.sort("source_id", "estimator")
        .group_by("source_id", maintain_order=True)
        .agg(
            feh_spread=pl.when(several).then(pl.col("feh").max() - pl.col("feh").min()),
            feh_spread_error=(pl.col("feh_error") ** 2).mean().sqrt(),
        )
    )
