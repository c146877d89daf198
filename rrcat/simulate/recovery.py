"""How well a catalogue of simulated stars finds the truth again."""

import polars as pl

TYPES = ("all", "RRab", "RRc")


def recovery(catalogue: pl.DataFrame, truth: pl.DataFrame) -> pl.DataFrame:
    """Give the errors of [Fe/H] against the truth: one row for all stars and one for each type.

    Parameters
    ----------
    catalogue
        ``source_id, feh``, in dex.
    truth
        ``source_id, pulsation_type, feh``: the true values.

    Returns
    -------
    Frame with ``pulsation_type``, ``n_asked`` and ``n`` (stars, and those with a value), ``rmse``
    and ``bias`` in dex.
    """
    both = truth.select("source_id", "pulsation_type", true="feh").join(
        catalogue.select("source_id", "feh"), on="source_id", how="left"
    )
    both = both.with_columns(residual=pl.col("feh") - pl.col("true"))
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
            )
        )
    return pl.concat(rows)
