"""How well the zero-point of the catalogue's [Fe/H] is known, as one number."""

import numpy as np
import polars as pl

from rrcat.catalogue.validation.config import ZeroPointCheck
from rrcat.catalogue.validation.result import Result, not_made, rounded
from rrcat.catalogue.validation.robust import middle

CHECK = "zero_point"
NAME = "the zero-point of [Fe/H] is known well enough"
FEWEST = 5


def check_zero_point(judged: pl.DataFrame, settings: ZeroPointCheck) -> Result:
    """Give the uncertainty of the zero-point [dex] as the value of a check.

    It is the standard error of the median residual of the calibrators and the uncertainty of the
    scale itself, in quadrature.

    Parameters
    ----------
    judged
        As :func:`~rrcat.catalogue.validation.evidence.judged` gives them.
    """
    if judged.height < FEWEST:
        return not_made(CHECK, NAME, f"{judged.height} calibrators have a value")
    of_mean = middle((judged["feh"] - judged["feh_true"]).to_numpy()).error
    error = float(np.hypot(of_mean, settings.scale_error))
    text = (
        f"to {error:.3f} dex: {of_mean:.3f} dex from the residuals of {judged.height:,} "
        f"calibrators, and {settings.scale_error:.3f} dex of the scale itself"
    )
    return Result(CHECK, NAME, error <= settings.limit, text, error, settings.limit, "dex")


def zero_point_error(results: list[Result]) -> float | None:
    """Give the uncertainty of the zero-point [dex] that stands in the metadata."""
    return next((rounded(one.value) for one in results if one.check == CHECK), None)
