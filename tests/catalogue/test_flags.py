"""Flags warn, and only when they know."""

import polars as pl
import pytest

from rrcat.catalogue.flags import RULES, flags
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
}


def flagged(**cells: object) -> int:
    row = pl.DataFrame({name: [value] for name, value in (QUIET | cells).items()})
    row = row.with_columns(
        pl.col(name).cast(load("features").polars_schema.get(name, pl.Boolean))
        for name, value in QUIET.items()
        if isinstance(value, bool) or name.startswith("inferred")
    )
    return int(row.select(flags(TABLE)).item())


def test_every_bit_of_the_schema_has_a_rule() -> None:
    assert list(RULES) == list(BITS)


def test_a_star_without_fault_has_no_flag() -> None:
    assert flagged() == 0


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
        ({"period": 0.55, "pulsation_type": "RRc"}, {"period_unusual"}),
        ({"period": 0.32, "pulsation_type": "RRc"}, set()),
        ({"period": 0.0725}, {"period_unusual"}),
        ({"n_clipped": 4}, {"many_outliers"}),
        ({"residual_scatter": 0.13, "reduced_chi2": 20.0}, {"poor_fit"}),
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
    ],
)
def test_each_fault_sets_its_bit(cells: dict[str, object], names: set[str]) -> None:
    assert flagged(**cells) == sum(BITS[name] for name in names)


@pytest.mark.parametrize("name", list(QUIET))
def test_what_is_unknown_sets_no_bit(name: str) -> None:
    assert flagged(**{name: None}) == 0
