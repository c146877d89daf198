"""Whether values are off by an amount that depends on where a star is, or how bright."""

from typing import Any

import numpy as np
import polars as pl

from rrcat.catalogue.distance.coefficients import coefficient
from rrcat.catalogue.validation.agreement import differences
from rrcat.catalogue.validation.clusters import expected_feh
from rrcat.catalogue.validation.config import ClustersCheck, TrendsCheck
from rrcat.catalogue.validation.evidence import Evidence
from rrcat.catalogue.validation.result import (
    Result,
    judge,
    not_made,
    number,
    signed,
    table,
    verdict,
)
from rrcat.catalogue.validation.robust import plane
from rrcat.catalogue.validation.systems import clusters, members

CHECK = "trends"
IN_EBV = pl.col("g_absorption") / coefficient("G").value
AGAINST: dict[str, tuple[str, str, pl.Expr]] = {
    "Galactic latitude": ("deg", "", pl.col("gal_b").abs()),
    "crowding": ("", "", pl.col("phot_bp_rp_excess_factor")),
    "magnitude": ("mag", "", pl.coalesce("int_average_mag", "phot_g_mean_mag")),
    "extinction": ("mag", " of E(B−V)", pl.coalesce("ebv", IN_EBV)),
}
"""What residuals must not depend on: its unit, what of, and where it is from."""
NO_REFERENCE = "there are no calibrators, no stars of clusters, and no two estimators"
REFERENCES = ("calibrators", "cluster members")
LOW, HIGH = 5, 95  # percentiles


def check_trends(
    evidence: Evidence,
    judged: pl.DataFrame,
    settings: TrendsCheck,
    how: ClustersCheck,
    significance: float,
) -> list[Result]:
    """Give one check for each of :data:`AGAINST`.

    A residual is the value less that of a calibrator, or of the star's cluster; where too few of
    these are known, one estimator less another.

    Parameters
    ----------
    judged
        As :func:`~rrcat.catalogue.validation.evidence.judged` gives them.
    how
        Says which stars belong to clusters.
    """
    sources = [
        (REFERENCES[0], _of_calibrators(judged), settings.change),
        (REFERENCES[1], _of_clusters(evidence, how), settings.change),
        *_of_estimators(evidence, settings.between_estimators),
    ]
    return [_one(name, sources, settings, significance) for name in AGAINST]


def _one(
    name: str,
    sources: list[tuple[str, pl.DataFrame, float]],
    settings: TrendsCheck,
    significance: float,
) -> Result:
    title = f"values do not depend on {name}"
    unit, of, expression = AGAINST[name]
    if all(stars.is_empty() for _, stars, _ in sources):
        return not_made(CHECK, title, NO_REFERENCE)
    told = []
    for source, stars, limit in sources:
        found = _trend(stars, expression, settings.least_stars)
        if found is not None:
            told.append({"residuals": source, "limit": limit, **found, "per": unit})
    if not told:
        reason = f"no {settings.least_stars} stars with a reference have a known {name}"
        return not_made(CHECK, title, reason)
    # Estimators compared with each other only stand in for a reference.
    known = [row for row in told if row["residuals"] in REFERENCES] or told
    verdicts = [judge(row["change"], row["error"], row["limit"], significance) for row in known]
    order = {False: 0, None: 1, True: 2}
    passed, row = min(zip(verdicts, known, strict=True), key=lambda pair: order[pair[0]])
    text = (
        f"the residuals of {row['n']:,} {row['residuals']} change by "
        f"{signed(row['change'], row['error'])} from {number(row['low'], '.3g')} to "
        f"{number(row['high'], '.3g')} {unit}{of}"
    ).rstrip()
    return Result(
        CHECK, title, passed, verdict(passed, text), row["change"], row["limit"], "dex", table(told)
    )


def _trend(stars: pl.DataFrame, against: pl.Expr, least: int) -> dict[str, Any] | None:
    """Give the slope of residuals, and what it makes across the stars; None for too few."""
    known = stars.select("residual", x=against).drop_nulls()
    known = known.filter(pl.col("residual").is_finite() & pl.col("x").is_finite())
    if known.height < least:
        return None
    x, residual = known["x"].to_numpy(), known["residual"].to_numpy()
    line = plane(x[:, np.newaxis], residual)
    if line is None:
        return None
    low, high = (float(np.percentile(x, share)) for share in (LOW, HIGH))
    slope, error = float(line.slopes[0]), float(line.errors[0])
    return {
        "n": known.height,
        "slope": slope,
        "slope_error": error,
        "low": low,
        "high": high,
        "change": slope * (high - low),
        "error": error * (high - low),
    }


def _of_calibrators(judged: pl.DataFrame) -> pl.DataFrame:
    return judged.with_columns(residual=pl.col("feh") - pl.col("feh_true"))


def _of_clusters(evidence: Evidence, how: ClustersCheck) -> pl.DataFrame:
    feh = expected_feh(how)
    known = pl.col("system").replace_strict(feh, default=None, return_dtype=pl.Float64)
    found = members(evidence.rows.drop_nulls("feh"), clusters(), how)
    return found.with_columns(residual=pl.col("feh") - known).drop_nulls("residual")


def _of_estimators(evidence: Evidence, limit: float) -> list[tuple[str, pl.DataFrame, float]]:
    """Give the differences of the first two estimators."""
    if len(evidence.estimators) < 2:
        return []
    first, second = evidence.estimators[:2]
    values = evidence.predictions.select("source_id", "estimator", "feh").drop_nulls()
    both = differences(values, first, second).select("source_id", residual="difference")
    stars = evidence.rows.join(both, on="source_id", how="inner", validate="1:1")
    return [(f"stars ({first} less {second})", stars.sort("source_id"), limit)]
