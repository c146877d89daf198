"""Predictions are brought to another scale as a whole: value, error and percentiles."""

import polars as pl
import pytest

from rrcat.errors import RrcatError
from rrcat.estimator.rescale import to_scale
from rrcat.schema import conform, load

ON_ZW = conform(
    pl.DataFrame(
        {
            "source_id": [1, 2, 3],
            "estimator": "a",
            "feh": [-1.5, None, -2.0],
            "feh_error": [0.2, None, 0.1],
            "feh_p16": [-1.7, None, -2.1],
            "feh_p84": [-1.3, None, -1.9],
            "feh_plug_in": [-1.6, None, None],
            "status": ["ok", "no_period", "ok"],
        }
    ),
    load("predictions"),
)


def test_a_conversion_of_scales_moves_value_error_and_percentiles() -> None:
    on_c09 = to_scale(ON_ZW, "ZW84", "C09")
    for name in ("feh", "feh_p16", "feh_p84", "feh_plug_in"):
        expected = (ON_ZW[name] * 1.105 + 0.160).to_list()
        assert on_c09[name].to_list() == pytest.approx(expected)
    assert on_c09["feh_error"].to_list() == pytest.approx([0.221, None, 0.1105])
    assert on_c09["status"].to_list() == ["ok", "no_period", "ok"]


def test_a_scale_without_conversion_is_refused() -> None:
    with pytest.raises(RrcatError, match="Z99"):
        to_scale(ON_ZW, "Z99", "C21")
