"""Several measurements of a star become one metallicity with an honest error."""

import polars as pl


def pool(measurements: pl.DataFrame, *, error_floor: float = 0.0) -> pl.DataFrame:
    """Give the pooled metallicity of each star.

    The value is the mean with weights 1/σ². Its error is that of the mean, stretched by Birge's
    ratio where the measurements scatter more than their errors say (Birge 1932, Phys. Rev. 40,
    207), and never below the floor::

        feh = Σ x/σ² / Σ 1/σ²
        feh_error = max(floor, sqrt(1 / Σ 1/σ²) × max(1, sqrt(χ² / (n − 1))))

    Parameters
    ----------
    measurements
        ``star``, ``feh`` and ``feh_error`` (positive) [dex], on one scale, in any order.
    error_floor
        Smallest error [dex].

    Returns
    -------
    pl.DataFrame
        ``star``, ``feh``, ``feh_error``, ``feh_scatter`` (the weighted standard deviation of the
        measurements; null for one) [dex] and ``n_spectra``, sorted by ``star``.
    """
    weight = 1 / pl.col("feh_error") ** 2
    n = pl.len()
    mean = (weight * pl.col("feh")).sum() / weight.sum()
    chi_squared = (weight * (pl.col("feh") - mean) ** 2).sum()
    birge = pl.when(n > 1).then((chi_squared / (n - 1)).sqrt()).otherwise(1.0)
    formal = (1 / weight.sum()).sqrt()
    # Sums take the rows in a fixed order, so that their order in the file leaves no trace.
    return (
        measurements.sort("star", "feh", "feh_error")
        .group_by("star", maintain_order=True)
        .agg(
            feh=mean,
            feh_error=pl.max_horizontal(formal * birge.clip(lower_bound=1.0), pl.lit(error_floor)),
            feh_scatter=pl.when(n > 1).then((chi_squared / weight.sum() * n / (n - 1)).sqrt()),
            n_spectra=n.cast(pl.Int32),
        )
    )
