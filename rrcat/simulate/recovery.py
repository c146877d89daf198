"""How well metallicities of simulated stars agree with the truth."""

import polars as pl

TYPES = ("all", "RRab", "RRc")


def recovery(values: pl.DataFrame, truth: pl.DataFrame) -> pl.DataFrame:
    """Give the errors of [Fe/H] against the truth: one row for all stars and one for each type.

    Parameters
    ----------
    values
        ``source_id, feh, feh_error``, in dex; one row a star.
    truth
        ``source_id, pulsation_type, feh``: the true ones. Stars without a true [Fe/H] do not count.

    Returns
    -------
    Frame with ``pulsation_type``, ``n_asked`` and ``n`` (stars, and those with a value), ``rmse``
    and ``bias`` in dex, and ``within_error``, the share of values that are off by no more than
    their error.
    """
    both = (
        truth.select("source_id", "pulsation_type", true="feh")
        .drop_nulls("true")
        .join(values.select("source_id", "feh", "feh_error"), on="source_id", how="left")
        .with_columns(residual=pl.col("feh") - pl.col("true"))
    )
    rows = []
    for kind in TYPES:
        stars = both if kind == "all" else both.filter(pulsation_type=kind)
        rows.append(
            stars.select(
                pl.lit(kind).alias("pulsation_type"),
                pl.len().alias("n_asked"),
                pl.col("feh").count().alias("n"),
                (pl.col("residual") ** 2).mean().sqrt().alias("rmse"),
                pl.col("residual").mean().alias("bias"),
                (pl.col("residual").abs() <= pl.col("feh_error")).mean().alias("within_error"),
            )
        )
    return pl.concat(rows)
