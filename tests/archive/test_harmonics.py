import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rrcat.archive.harmonics import as_cosine, only_used_orders, with_status
from rrcat.harmonic import evaluate, phase_differences

angles = st.floats(-20, 20)


@settings(deadline=None)
@given(st.lists(angles, min_size=4, max_size=4))
def test_a_sine_series_becomes_the_same_light_curve(phases):
    amplitudes = np.array([0.4, 0.2, 0.1, 0.05])
    time = np.linspace(0, 1, 50)
    order = np.arange(1, 5)
    sine = np.sin(2 * np.pi * order * time[:, None] + np.array(phases)) @ amplitudes
    given_phases = {f"phi{k}1": [phases[k - 1] - k * phases[0]] for k in (2, 3, 4)}
    table = as_cosine(pl.DataFrame({"phi1": [phases[0]]} | given_phases), "sine")
    phi1 = table["phi1"][0]
    cosine_phases = [phi1] + [table[f"phi{k}1"][0] + k * phi1 for k in (2, 3, 4)]
    assert evaluate(time, 1.0, 0.0, 0.0, amplitudes, cosine_phases) == pytest.approx(
        sine, abs=1e-12
    )
    assert all(0 <= table[name][0] < 2 * math.pi for name in table.columns)


@settings(deadline=None)
@given(st.lists(st.none() | angles, min_size=1))
def test_cosine_phases_are_wrapped_and_unknown_ones_stay(phases):
    table = as_cosine(pl.DataFrame({"phi31": phases}, schema={"phi31": pl.Float64}), "cosine")
    for before, after in zip(phases, table["phi31"], strict=True):
        if before is None:
            assert after is None
        else:
            assert 0 <= after < 2 * math.pi
            assert math.remainder(after - before, 2 * math.pi) == pytest.approx(0, abs=1e-12)


def test_errors_of_phases_are_no_phases():
    table = as_cosine(pl.DataFrame({"phi31_error": [7.0]}), "sine")
    assert table["phi31_error"].to_list() == [7.0]


def test_phase_differences_of_the_two_series_agree():
    table = as_cosine(pl.DataFrame({"phi21": [0.0], "phi31": [0.0]}), "sine")
    quarter = -np.pi / 2
    expected = phase_differences(np.array([quarter, quarter, quarter]))
    assert [table["phi21"][0], table["phi31"][0]] == pytest.approx(expected[1:].tolist())


GAIA = pl.DataFrame(
    {
        "source_id": [1, 2],
        "n_harmonics": [2, 3],
        "a2": [0.1, 0.1],
        "a3": [None, 0.05],
        "a3_error": [None, 0.01],
        "r31": [0.0, 0.2],
        "phi21": [3.0, 4.0],
        "phi31": [0.0, 2.0],
        "phi31_error": [0.0, 0.1],
    }
)


def test_what_is_beyond_the_order_is_null():
    table, account = only_used_orders(GAIA)
    for name in ("a3", "r31", "phi31", "phi31_error"):
        assert table[name][0] is None
        assert table[name][1] == GAIA[name][1]
    assert table["phi21"].to_list() == [3.0, 4.0]
    assert account["placeholders"] == {"r31": 1, "phi31": 1, "phi31_error": 1}


def test_a_zero_phase_without_amplitude_is_no_phase():
    table, account = only_used_orders(GAIA.drop("n_harmonics"))
    assert table["phi31"].to_list() == [None, 2.0]
    assert account["placeholders"] == {"phi31": 1}


def test_a_zero_phase_with_amplitude_is_one():
    table, _ = only_used_orders(GAIA.with_columns(a3=pl.lit(0.1)).drop("n_harmonics"))
    assert table["phi31"].to_list() == [0.0, 2.0]


def test_an_order_above_the_highest_becomes_it_and_is_counted():
    table, account = only_used_orders(GAIA.with_columns(n_harmonics=pl.Series([12, 3])))
    assert table["n_harmonics"].to_list() == [8, 3]
    assert account["orders_above_highest"] == {
        "count": 1,
        "first": [{"source_id": 1, "n_harmonics": 12}],
        "given_as": 8,
    }


def test_the_status_says_what_is_missing():
    features = pl.DataFrame(
        {
            "period": [0.5, 0.5, None, 0.5],
            "a1": [0.3, None, 0.3, None],
            "phi31": [2.0, 2.0, 2.0, None],
        }
    )
    status = with_status(features)["fit_status"].to_list()
    assert status == ["ok", "ok", "no_period", "fit_failed"]


def test_a_status_of_the_archive_stands():
    features = pl.DataFrame({"fit_status": ["too_few_epochs"], "a1": [0.3]})
    assert with_status(features)["fit_status"].to_list() == ["too_few_epochs"]
