"""The mean residual along the metallicity scale."""

from typing import Any

import polars as pl

from rrcat.evaluation.metrics import mean, per_star, rounded

WIDTH, NARROW = 0.5, 0.25
"""Widths of a bin of [Fe/H], dex; edges are at multiples of them."""


def bins(predictions: pl.DataFrame, by: str, *, width: float = WIDTH) -> list[dict[str, Any]]:
    """Give ``low``, ``high``, ``n``, ``bias`` and ``bias_error`` of each bin that has stars.

    What shrinks towards the mean shows a slope against the true value; what misleads a reader of
    the catalogue shows it against the predicted one. A star counts once, with its mean over
    repeats; ``bias_error`` is the standard error of the mean, null for one star.

    Parameters
    ----------
    by
        ``feh_true`` or ``feh``, the column that makes the bins [dex].
    width
        Of a bin [dex].
    """
    stars = per_star(predictions)
    numbered = stars.with_columns(bin=(pl.col(by) / width).floor().cast(pl.Int64)).sort("bin")
    told = []
    for number in numbered["bin"].unique(maintain_order=True).to_list():
        residuals = numbered.filter(pl.col("bin") == number)["residual"].to_list()
        n, bias = len(residuals), mean(residuals)
        error = None
        if n > 1:
            variance = mean([(r - bias) ** 2 for r in residuals]) * n / (n - 1)
            error = rounded((variance / n) ** 0.5)
        told.append(
            {
                "low": number * width,
                "high": (number + 1) * width,
                "n": n,
                "bias": rounded(bias),
                "bias_error": error,
            }
        )
    return told
