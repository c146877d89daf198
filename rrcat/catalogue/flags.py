"""The rules behind the bits of ``flags``; what each bit means stands in the schema.

A bit is a warning where the value may be further off than its error says, and information where it
says only how the value came about. Which rule found what in simulated stars, and so which bits are
warnings, is in docs/flags.md.
"""

import math
from collections.abc import Mapping

import polars as pl
from pydantic import BaseModel, ConfigDict, Field

from rrcat.fourier.pulsation_type import AMPLITUDE_RATIO
from rrcat.schema import Table

WIDE_GAP = 0.25  # cycles
UNCERTAIN_PHI31 = 0.5  # rad
MANY_OUTLIERS = 0.1
POOR_SCATTER = 0.15  # of the peak-to-peak amplitude
POOR_CHI2 = 3.0
# Of the peak-to-peak amplitude, errors taken off. Simulated stars with one steady mode stay below
# 0.07; two modes make 0.14 and more, strong modulation as much.
EXCESS_SCATTER = 0.10
# Periods (d) between which nearly all stars of a type lie in the OGLE-IV collection of RR Lyrae
# stars (Soszynski et al. 2014, Acta Astron. 64, 177).
USUAL_PERIODS = {"RRab": (0.30, 1.00), "RRc": (0.20, 0.50)}
# Middle (rad, cosine) of the branch of φ31 that relations are written for: 5.88 and 6.6 in the sine
# series (Dekany, Grebel & Pojmanski 2021, ApJ 920, 33). Where the branch ends, φ31 jumps by 2π and
# the value with it; the typical error of a faint star is as wide as NEAR_EDGE.
BRANCH = {"RRab": 5.88 + math.pi, "RRc": 6.6 + math.pi}
NEAR_EDGE = 0.5  # rad
# Of RRab and of RRc in the Large Magellanic Cloud 99 in 100 have a larger a1 in G, mag
# (Muraveva et al. 2025, MNRAS 536, 2749); that of RRab falls between these periods (d).
LEAST_A1_RRAB, LEAST_A1_RRAB_LONG, LEAST_A1_RRC = 0.15, 0.10, 0.12
FALLS_FROM, FALLS_TO = 0.55, 0.65
# The amplitude in RP is about 0.7 of that in G; the light of a neighbour, redder than an RR Lyrae
# star as nearly all stars are, takes more from it.
LEAST_RP_OVER_G = 0.65
SURE = 3.0  # standard errors
# Limits of single stars. Flux excess: Gaia Collaboration, Babusiaux et al. 2018, A&A 616, A10. RUWE
# and image parameters: Fabricius et al. 2021, A&A 649, A5.
FLUX_EXCESS, FLUX_EXCESS_BY_COLOUR = 1.3, 0.06
RUWE, HARMONIC_AMPLITUDE, MULTI_PEAK = 1.4, 0.1, 10  # multi_peak in per cent


class FlagSettings(BaseModel):
    """``[flags]``: where warnings begin."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    few_epochs: int = Field(
        20,
        ge=0,
        description="Stars with fewer observations in the fit have the flag `few_epochs`. Free "
        "period and three harmonics are eight numbers.",
    )
    hull_distance: float = Field(
        1.0,
        gt=0,
        description="Stars with a larger `hull_distance` have the flag `outside_hull`. 1 is the "
        "distance of the outermost calibrator.",
    )
    disagreement: float = Field(
        3.0,
        gt=0,
        description="Stars have the flag `estimators_disagree` where the values of the estimators "
        "spread over more than this many times their root mean square error.",
    )


USUAL = FlagSettings()


def flags(table: Table, settings: FlagSettings) -> pl.Expr:
    """Give the ``flags`` column as an expression over the columns of a row and its evidence.

    Those are stars, features, predictions, distances, and what :mod:`rrcat.catalogue.evidence`
    adds. What is unknown (null) sets no bit.
    """
    rules = rules_with(settings)
    bits = [
        rules[bit.name].fill_null(False).cast(pl.Int32) * bit.value for bit in table["flags"].bits
    ]
    return pl.sum_horizontal(bits).cast(pl.Int32).alias("flags")


def rules_with(settings: FlagSettings) -> Mapping[str, pl.Expr]:
    """Give the rule of each bit by its name."""
    searched = pl.col("period_source") == "search"
    untyped = pl.col("inferred_type").is_not_null()
    return {
        "period_fixed": pl.col("period_fixed"),
        "period_at_bound": pl.col("period_at_bound"),
        "order_limited": pl.col("order_limited"),
        "phase_gap": pl.col("largest_gap") > WIDE_GAP,
        "extrapolated": pl.col("extrapolated"),
        "phi31_uncertain": pl.col("phi31_error") > UNCERTAIN_PHI31,
        "blazhko": pl.col("blazhko"),
        "period_unusual": _of_type(
            {kind: ~pl.col("period").is_between(*limits) for kind, limits in USUAL_PERIODS.items()}
        ),
        "many_outliers": pl.col("n_rejected") + pl.col("n_clipped")
        > MANY_OUTLIERS * pl.col("n_observations"),
        "period_searched": searched,
        "period_in_doubt": searched & pl.col("period_in_doubt"),
        "type_inferred": untyped,
        "type_in_doubt": untyped & pl.col("inferred_type_in_doubt"),
        "poor_fit": (pl.col("residual_scatter") > POOR_SCATTER * pl.col("peak_to_peak"))
        & (pl.col("reduced_chi2") > POOR_CHI2),
        "outside_hull": pl.col("hull_distance") > settings.hull_distance,
        "few_epochs": pl.col("n_epochs") < settings.few_epochs,
        "phi31_near_edge": _of_type({kind: _near_edge(middle) for kind, middle in BRANCH.items()}),
        "period_alias": searched & pl.col("period_doubts").str.contains("alias|double_period"),
        "excess_scatter": _excess_scatter() > EXCESS_SCATTER * pl.col("peak_to_peak"),
        "double_mode": pl.col("pulsation_type") == "RRd",
        "blend_suspected": _blended(),
        "small_amplitude": _of_type(
            {kind: _a1_in_g() < least for kind, least in _least_a1().items()}
        ),
        "estimators_disagree": pl.col("feh_spread")
        > settings.disagreement * pl.col("feh_spread_error"),
        "magnitude_extrapolated": pl.col("beyond_magnitudes"),
        "distance_extrapolated": pl.col("distance_extrapolated"),
    }


def _of_type(rules: Mapping[str, pl.Expr]) -> pl.Expr:
    return pl.any_horizontal((pl.col("pulsation_type") == kind) & rules[kind] for kind in rules)


def _near_edge(middle: float) -> pl.Expr:
    turn = 2 * math.pi
    from_middle = (pl.col("phi31") - middle + math.pi).mod(turn) - math.pi
    return from_middle.abs() > math.pi - NEAR_EDGE


def _excess_scatter() -> pl.Expr:
    """Give the part of the residual scatter [mag] that the errors do not account for."""
    expected = 1.0 / pl.col("reduced_chi2")
    return pl.col("residual_scatter") * (1.0 - expected).clip(lower_bound=0.0).sqrt()


def _a1_in_g() -> pl.Expr:
    ratio = pl.col("band").replace_strict(AMPLITUDE_RATIO, default=1.0, return_dtype=pl.Float64)
    return pl.col("a1") * (AMPLITUDE_RATIO["G"] / ratio)


def _least_a1() -> dict[str, pl.Expr]:
    fallen = ((pl.col("period") - FALLS_FROM) / (FALLS_TO - FALLS_FROM)).clip(0.0, 1.0)
    fall = LEAST_A1_RRAB - LEAST_A1_RRAB_LONG
    return {"RRab": LEAST_A1_RRAB - fall * fallen, "RRc": pl.lit(LEAST_A1_RRC)}


def _blended() -> pl.Expr:
    colour = pl.col("phot_bp_mean_mag") - pl.col("phot_rp_mean_mag")
    most = FLUX_EXCESS + FLUX_EXCESS_BY_COLOUR * colour**2
    of_g = LEAST_RP_OVER_G * pl.col("a1")
    rp_error = (pl.col("a1_rp_error") ** 2 + (LEAST_RP_OVER_G * pl.col("a1_error")) ** 2).sqrt()
    return pl.any_horizontal(
        pl.col("phot_bp_rp_excess_factor") > most,
        pl.col("ipd_frac_multi_peak") > MULTI_PEAK,
        (pl.col("ruwe") > RUWE) & (pl.col("ipd_gof_harmonic_amplitude") > HARMONIC_AMPLITUDE),
        (pl.col("band") == "G") & (pl.col("a1_rp") + SURE * rp_error < of_g),
    )
