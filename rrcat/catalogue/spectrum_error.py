"""The errors of spectra, taken off errors that were learned by comparison with them.

Where predictions are compared with spectra, half of a difference may be the spectrum's. What is
learned from it is the error against a spectrum, and too large for that against the truth.
"""

import polars as pl

from rrcat.estimator.label_error import INTERVALS

LEAST = 0.5
"""Of the error against spectra: theirs may be stated too large, and then nothing would be left."""

ERRORS = ("feh_error", "feh_undiluted_error")


def spectrum_errors(calibrators: pl.DataFrame) -> dict[str, float]:
    """Give the root mean square error of spectra by pulsation type [dex]: variances add.

    Parameters
    ----------
    calibrators
        Frame of the table ``calibrators``; a row without type counts for no type.
    """
    by_type = calibrators.drop_nulls("pulsation_type").group_by("pulsation_type")
    mean = (pl.col("feh_error").cast(pl.Float64) ** 2).mean().sqrt()
    return dict(by_type.agg(mean).sort("pulsation_type").iter_rows())


def without_spectrum_error(answer: pl.DataFrame, error: float) -> pl.DataFrame:
    """Give an answer whose errors are against the truth, percentiles nearer to ``feh`` likewise.

    Parameters
    ----------
    answer
        Frame of the table ``predictions``, with errors as against spectra.
    error
        Of a spectrum [dex], taken off in quadrature.
    """

    def left(size: pl.Expr) -> pl.Expr:
        rest = (size**2 - error**2).clip(lower_bound=0.0).sqrt()
        return pl.max_horizontal(rest, LEAST * size)

    feh = pl.col("feh")
    share = left(pl.col("feh_error")) / pl.col("feh_error")
    nearer = {
        name: feh + share * (pl.col(name) - feh)
        for low, high, _ in INTERVALS
        for name in (low, high)
    }
    return answer.with_columns(**{name: left(pl.col(name)) for name in ERRORS}, **nearer)
