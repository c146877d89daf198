"""The rules behind the bits of ``flags``; what each bit means stands in the schema."""

import polars as pl

from rrcat.schema import Table

WIDE_GAP = 0.25  # cycles
UNCERTAIN_PHI31 = 0.5  # rad
MANY_OUTLIERS = 0.1
POOR_SCATTER = 0.15  # of the peak-to-peak amplitude
POOR_CHI2 = 3.0
# Periods (d) between which nearly all stars of a type lie in the OGLE-IV collection of RR Lyrae
# stars (Soszynski et al. 2014, Acta Astron. 64, 177).
USUAL_PERIODS = {"RRab": (0.30, 1.00), "RRc": (0.20, 0.50)}


def _unusual_period() -> pl.Expr:
    outside = [
        (pl.col("pulsation_type") == kind) & ~pl.col("period").is_between(*limits)
        for kind, limits in USUAL_PERIODS.items()
    ]
    return pl.any_horizontal(outside)


RULES: dict[str, pl.Expr] = {
    "period_fixed": pl.col("period_fixed"),
    "period_at_bound": pl.col("period_at_bound"),
    "order_limited": pl.col("order_limited"),
    "phase_gap": pl.col("largest_gap") > WIDE_GAP,
    "extrapolated": pl.col("extrapolated"),
    "phi31_uncertain": pl.col("phi31_error") > UNCERTAIN_PHI31,
    "blazhko": pl.col("blazhko"),
    "period_unusual": _unusual_period(),
    "many_outliers": pl.col("n_rejected") + pl.col("n_clipped")
    > MANY_OUTLIERS * pl.col("n_observations"),
    "period_searched": pl.col("period_source") == "search",
    "period_in_doubt": (pl.col("period_source") == "search") & pl.col("period_in_doubt"),
    "type_inferred": pl.col("inferred_type").is_not_null(),
    "type_in_doubt": pl.col("inferred_type").is_not_null() & pl.col("inferred_type_in_doubt"),
    "poor_fit": (pl.col("residual_scatter") > POOR_SCATTER * pl.col("peak_to_peak"))
    & (pl.col("reduced_chi2") > POOR_CHI2),
}


def flags(table: Table) -> pl.Expr:
    """Give the ``flags`` column of a table as an expression over stars, features and predictions.

    What is unknown (null) sets no bit.
    """
    bits = [
        RULES[bit.name].fill_null(False).cast(pl.Int32) * bit.value for bit in table["flags"].bits
    ]
    return pl.sum_horizontal(bits).cast(pl.Int32).alias("flags")
