"""How well the zero-point of the catalogue's [Fe/H] is known, as one number."""

import numpy as np
import polars as pl

from rrcat.catalogue.validation.config import ZeroPointCheck
from rrcat.catalogue.validation.evidence import Evidence
from rrcat.catalogue.validation.result import Result, not_made, rounded
from rrcat.catalogue.validation.robust import middle

CHECK = "zero_point"
NAME = "the zero-point of [Fe/H] is known well enough"
FEWEST = 5


def check_zero_point(evidence: Evidence, judged: pl.DataFrame, settings: ZeroPointCheck) -> Result:
    """Give the uncertainty of the zero-point [dex] as the value of a check.

    It is, in quadrature, the standard error of the median residual of the calibrators, the
    uncertainty of the scale itself and, where the calibrators are labels, that of their zero-point.

    Parameters
    ----------
    judged
        As :func:`~rrcat.catalogue.validation.evidence.judged` gives them.
    """
    who = "labels" if evidence.photometric else "calibrators"
    if judged.height < FEWEST:
        return not_made(CHECK, NAME, f"{judged.height} {who} have a value")
    of_mean = middle((judged["feh"] - judged["feh_true"]).to_numpy()).error
    seen = "" if evidence.out_of_fold is not None else " learned from"
    parts = [(of_mean, f"from the residuals of {judged.height:,} {who}{seen}")]
    unknown = ""
    if not evidence.photometric:
        parts.append((settings.scale_error, "of the scale itself"))
    elif settings.label_error is not None:
        parts.append((settings.scale_error, "of the scale itself"))
        parts.append((settings.label_error, "of the labels"))
    elif evidence.label_zero_point is not None:  # that of their scale is in it
        parts.append((evidence.label_zero_point, "of the catalogue of the labels"))
    else:
        parts.append((settings.scale_error, "of the scale itself"))
        unknown = "; that of the labels, photometric themselves, is not known and not in it"
    error = float(np.linalg.norm([size for size, _ in parts]))
    told = ", ".join(f"{size:.3f} dex {what}" for size, what in parts)
    text = f"to {error:.3f} dex: {told}{unknown}"
    return Result(CHECK, NAME, error <= settings.limit, text, error, settings.limit, "dex")


def zero_point_error(results: list[Result]) -> float | None:
    """Give the uncertainty of the zero-point [dex] that stands in the metadata."""
    return next((rounded(one.value) for one in results if one.check == CHECK), None)
