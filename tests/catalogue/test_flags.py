"""Flags warn, and only when they know."""

import polars as pl
import pytest

from rrcat.catalogue.flags import USUAL, FlagSettings, flags, rules_with
from rrcat.schema import load

TABLE = load("rrl_metallicity")
BITS = {bit.name: bit.value for bit in TABLE["flags"].bits}
QUIET = {
    "period_fixed": False,
    "period_at_bound": False,
    "order_limited": False,
    "largest_gap": 0.05,
    "extrapolated": False,
    "phi31_error": 0.05,
    "blazhko": False,
    "pulsation_type": "RRab",
    "period": 0.55,
    "n_observations": 50,
    "n_rejected": 2,
    "n_clipped": 3,
    "period_source": "archive",
    "period_in_doubt": False,
    "inferred_type": None,
    "inferred_type_in_doubt": None,
    "peak_to_peak": 0.8,
    "residual_scatter": 0.01,
    "reduced_chi2": 1.0,
    "hull_distance": 0.5,
    "n_epochs": 45,
    "phi31": 2.2,
    "period_doubts": None,
    "band": "G",
    "a1": 0.25,
    "a1_error": 0.002,
    "a1_rp": 0.18,
    "a1_rp_error": 0.005,
    "phot_bp_mean_mag": 15.3,
    "phot_rp_mean_mag": 14.7,
    "phot_bp_rp_excess_factor": 1.25,
    "ipd_frac_multi_peak": 0.0,
    "ipd_gof_harmonic_amplitude": 0.02,
    "ruwe": 1.0,
    "feh_spread": 0.2,
    "feh_spread_error": 0.2,
    "beyond_magnitudes": False,
    "distance_extrapolated": False,
}
TYPES = {
    **{name: pl.Boolean for name, value in QUIET.items() if isinstance(value, bool)},
    **{name: pl.Float64 for name, value in QUIET.items() if isinstance(value, float)},
    **{name: pl.Int32 for name in QUIET if name.startswith("n_")},
    "pulsation_type": pl.String,
    "band": pl.String,
    "period_source": pl.String,
    "period_doubts": pl.String,
    "inferred_type": pl.String,
    "inferred_type_in_doubt": pl.Boolean,
}


def flagged(settings: FlagSettings = USUAL, **cells: object) -> set[str]:
    row = pl.DataFrame([QUIET | cells], schema=TYPES)
    value = int(row.select(flags(TABLE, settings)).item())
    names = {name for name, bit in BITS.items() if value & bit}
    assert value == sum(BITS[name] for name in names)
    return names


def test_every_bit_of_the_schema_has_a_rule() -> None:
    assert list(rules_with(USUAL)) == list(BITS)


def test_a_star_without_fault_has_no_flag() -> None:
    assert flagged() == set()


OVERTONE = {"pulsation_type": "RRc", "a1": 0.22, "a1_rp": 0.16}


@pytest.mark.parametrize(
    ("cells", "names"),
    [
        ({"period_fixed": True}, {"period_fixed"}),
        ({"period_at_bound": True}, {"period_at_bound"}),
        ({"order_limited": True}, {"order_limited"}),
        ({"largest_gap": 0.26}, {"phase_gap"}),
        ({"largest_gap": 0.25}, set()),
        ({"extrapolated": True}, {"extrapolated"}),
        ({"phi31_error": 0.51}, {"phi31_uncertain"}),
        ({"blazhko": True}, {"blazhko"}),
        ({"period": 1.2}, {"period_unusual"}),
        (OVERTONE | {"period": 0.55}, {"period_unusual"}),
        (OVERTONE | {"period": 0.32}, set()),
        ({"period": 0.0725}, {"period_unusual"}),
        ({"n_clipped": 4}, {"many_outliers"}),
        ({"residual_scatter": 0.13, "reduced_chi2": 20.0}, {"poor_fit", "excess_scatter"}),
        ({"residual_scatter": 0.13, "reduced_chi2": 1.1}, set()),
        ({"residual_scatter": 0.02, "reduced_chi2": 20.0}, set()),
        ({"period_source": "search"}, {"period_searched"}),
        (
            {"period_source": "search", "period_in_doubt": True},
            {"period_searched", "period_in_doubt"},
        ),
        ({"period_source": None, "period_in_doubt": True}, set()),
        ({"inferred_type": "RRc"}, {"type_inferred"}),
        (
            {"inferred_type": "RRc", "inferred_type_in_doubt": True},
            {"type_inferred", "type_in_doubt"},
        ),
        ({"inferred_type": None, "inferred_type_in_doubt": True}, set()),
        ({"blazhko": True, "period_fixed": True}, {"period_fixed", "blazhko"}),
        ({"hull_distance": 1.01}, {"outside_hull"}),
        ({"hull_distance": 1.0}, set()),
        ({"n_epochs": 19}, {"few_epochs"}),
        ({"n_epochs": 20}, set()),
        ({"phi31": 5.5}, {"phi31_near_edge"}),  # the branch of RRab ends at 5.88
        ({"phi31": 6.2}, {"phi31_near_edge"}),
        ({"phi31": 5.3}, set()),
        ({"phi31": 0.2}, set()),
        (OVERTONE | {"phi31": 0.2, "period": 0.32}, {"phi31_near_edge"}),
        (OVERTONE | {"phi31": 5.5, "period": 0.32}, set()),
        *(
            (
                {"period_source": "search", "period_in_doubt": True, "period_doubts": doubts},
                {"period_searched", "period_in_doubt", *alias},
            )
            for doubts, alias in (
                ("alias", ["period_alias"]),
                ("few_epochs,double_period", ["period_alias"]),
                ("few_epochs,other_period", []),
            )
        ),
        ({"period_doubts": "alias"}, set()),
        ({"residual_scatter": 0.09, "reduced_chi2": 20.0}, {"excess_scatter"}),
        ({"residual_scatter": 0.09, "reduced_chi2": 1.2}, set()),
        ({"residual_scatter": 0.07, "reduced_chi2": 20.0}, set()),
        ({"residual_scatter": 0.09, "reduced_chi2": 0.5}, set()),
        ({"pulsation_type": "RRd"}, {"double_mode"}),
        ({"phot_bp_rp_excess_factor": 1.33}, {"blend_suspected"}),
        ({"phot_bp_rp_excess_factor": 1.33, "phot_bp_mean_mag": 15.8}, set()),
        ({"ipd_frac_multi_peak": 12.0}, {"blend_suspected"}),
        ({"ruwe": 2.0, "ipd_gof_harmonic_amplitude": 0.2}, {"blend_suspected"}),
        ({"ruwe": 2.0}, set()),
        ({"ipd_gof_harmonic_amplitude": 0.2}, set()),
        ({"a1_rp": 0.13}, {"blend_suspected"}),
        ({"a1_rp": 0.13, "a1_rp_error": 0.02}, set()),
        ({"a1_rp": 0.13, "band": "V"}, set()),
        ({"a1": 0.14, "a1_rp": 0.1}, {"small_amplitude"}),
        ({"a1": 0.14, "a1_rp": 0.1, "period": 0.7}, set()),
        ({"a1": 0.09, "a1_rp": 0.07, "period": 0.7}, {"small_amplitude"}),
        ({"a1": 0.14, "a1_rp": None, "band": "I"}, set()),  # amplitudes are smaller in I
        (OVERTONE | {"a1": 0.14, "a1_rp": 0.1, "period": 0.32}, set()),
        (OVERTONE | {"a1": 0.11, "a1_rp": 0.08, "period": 0.32}, {"small_amplitude"}),
        ({"feh_spread": 0.61}, {"estimators_disagree"}),
        ({"feh_spread": 0.59}, set()),
        ({"beyond_magnitudes": True}, {"magnitude_extrapolated"}),
        ({"distance_extrapolated": True}, {"distance_extrapolated"}),
    ],
)
def test_each_fault_sets_its_bit(cells: dict[str, object], names: set[str]) -> None:
    assert flagged(**cells) == names


@pytest.mark.parametrize("name", list(QUIET))
def test_what_is_unknown_sets_no_bit(name: str) -> None:
    assert flagged(**{name: None}) == set()


@pytest.mark.parametrize(
    ("setting", "cells", "name"),
    [
        ({"few_epochs": 50}, {}, "few_epochs"),
        ({"hull_distance": 0.4}, {}, "outside_hull"),
        ({"disagreement": 0.5}, {}, "estimators_disagree"),
    ],
)
def test_the_recipe_says_where_these_warnings_begin(setting, cells, name):
    assert flagged(FlagSettings(**setting), **cells) == {name}


def test_bits_that_were_released_keep_their_values():
    first = ["period_fixed", "period_at_bound", "order_limited", "phase_gap", "extrapolated"]
    first += ["phi31_uncertain", "blazhko", "period_unusual", "many_outliers", "period_searched"]
    first += ["period_in_doubt", "type_inferred", "type_in_doubt", "poor_fit"]
    assert [BITS[name] for name in first] == [2**n for n in range(14)]


def test_all_bits_fit_into_the_column():
    assert max(BITS.values()) <= 2**30
    assert len(set(BITS.values())) == len(BITS)
