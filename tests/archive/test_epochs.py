import math
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rrcat.archive.config import TimeSystem
from rrcat.archive.epochs import to_rows
from rrcat.archive.light_curve_forms import Form
from rrcat.archive.mapping import ROW
from rrcat.archive.readers import RawTable, StatedTime
from rrcat.errors import ArchiveError

LONG = {
    "kind": "long",
    "columns": {"source_id": "id", "band": "band", "time": "time", "mag": "mag"},
}
BANDS = {
    "G": {"time": "g_time", "mag": "g_mag"},
    "BP": {"time": "bp_time", "mag": "bp_mag", "rejected": {"any": ["noisy", "bp_bad"]}},
}
WIDE = {"kind": "wide", "columns": {"source_id": "id"}, "bands": BANDS}
ARRAYS = WIDE | {"kind": "arrays"}

ONE_BAND = {
    "kind": "arrays",
    "columns": {"source_id": "id"},
    "bands": {"G": {"time": "time", "mag": "mag"}},
}


def rows(frame: dict[str, Any] | pl.DataFrame, *forms: dict[str, Any], **stated: Any):
    raw = RawTable(pl.DataFrame(frame), **stated)
    models = [Form.model_validate(form) for form in forms]
    return to_rows(raw, models, TimeSystem(), Path("answer"))


def with_columns(form: dict[str, Any], **columns: Any) -> dict[str, Any]:
    return form | {"columns": form["columns"] | columns}


def test_a_wide_table_gives_a_row_in_every_band_for_each_transit():
    found = rows(
        {
            "id": [7, 7],
            "g_time": [2.0, 1.0],
            "g_mag": [15.0, 15.1],
            "bp_time": [1.5, math.nan],
            "bp_mag": [15.5, math.nan],
            "noisy": [False, True],
            "bp_bad": [False, False],
        },
        WIDE,
    )
    assert found["band"].to_list() == ["BP", "BP", "G", "G"]
    assert found["time"].fill_nan(None).to_list() == [1.5, None, 1.0, 2.0]
    assert found["mag"].fill_nan(None).to_list() == [15.5, None, 15.1, 15.0]
    assert found["rejected"].to_list() == [False, True, None, None]
    assert found[ROW].to_list() == [1, 2, 3, 4]


def test_an_observation_is_rejected_where_any_of_the_flags_that_the_form_names_is_true():
    table = {
        "id": [7] * 4,
        "band": ["G"] * 4,
        "time": [1.0, 2.0, 3.0, 4.0],
        "mag": [15.0] * 4,
        "noisy": [False, True, None, None],
        "variable": [False, False, True, False],
    }
    both = with_columns(LONG, rejected={"any": ["noisy", "variable"]})
    assert rows(table, both)["rejected"].to_list() == [False, True, True, None]
    one = with_columns(LONG, rejected="noisy")
    assert rows(table, one)["rejected"].to_list() == [False, True, None, None]


@pytest.mark.parametrize(
    "flags",
    [
        [True, False, None],
        [1, 0, None],
        ["true", "false", "?"],
        ["T", "F", "?"],
        ["True", "False", None],
        ["1", "0", "null"],
    ],
)
def test_flags_are_read_in_every_spelling(flags):
    table = {"id": [7] * 3, "band": ["G"] * 3, "time": [1.0, 2.0, 3.0], "mag": [15.0] * 3}
    form = with_columns(LONG, rejected="bad") | {"null_values": ["null"]}
    assert rows(table | {"bad": flags}, form)["rejected"].to_list() == [True, False, None]


def test_words_that_are_no_flags_are_refused():
    table = {"id": [7], "band": ["G"], "time": [1.0], "mag": [15.0], "bad": ["perhaps"]}
    with pytest.raises(ArchiveError, match="say what is true and what is false"):
        rows(table, with_columns(LONG, rejected="bad"))


def test_words_that_the_form_translates_are_left_to_it():
    table = {"id": [7] * 2, "band": ["G"] * 2, "time": [1.0, 2.0], "mag": [15.0] * 2}
    form = with_columns(LONG, rejected={"column": "bad", "values": {"T": False, "F": True}})
    assert rows(table | {"bad": ["T", "F"]}, form)["rejected"].to_list() == [False, True]


def test_arrays_give_a_row_for_each_element_and_repeat_what_is_no_array():
    found = rows(
        {
            "id": [8, 7],
            "g_time": [[2.0, 1.0], [5.0]],
            "g_mag": [[15.2, 15.1], [15.5]],
            "bp_time": [[3.0], [6.0]],
            "bp_mag": [[16.3], [16.6]],
            "noisy": [True, False],
            "bp_bad": [[False], [False]],
        },
        ARRAYS,
    )
    assert found.select("source_id", "time", "mag", "rejected", "band").rows() == [
        (7, 6.0, 16.6, False, "BP"),
        (7, 5.0, 15.5, None, "G"),
        (8, 3.0, 16.3, True, "BP"),
        (8, 1.0, 15.1, None, "G"),
        (8, 2.0, 15.2, None, "G"),
    ]


@pytest.mark.parametrize("missing", [None, []], ids=["a null cell", "an empty array"])
def test_an_array_that_is_missing_stands_for_nulls(missing):
    found = rows(
        {
            "id": [7, 8, 9],
            "time": [[1.0, 2.0], missing, [3.0]],
            "mag": [[15.0, 15.1], missing, missing],
        },
        ONE_BAND,
    )
    assert found["source_id"].to_list() == [7, 7, 9]
    assert found["mag"].to_list() == [15.0, 15.1, None]


def test_elements_that_are_null_stay_null():
    found = rows({"id": [7], "time": [[1.0, None]], "mag": [[None, 15.0]]}, ONE_BAND)
    assert found["time"].to_list() == [None, 1.0]
    assert found["mag"].to_list() == [15.0, None]


def test_arrays_of_one_band_that_differ_in_length_are_refused_with_the_star():
    table = {"id": [7, 8], "time": [[1.0], [1.0, 2.0]], "mag": [[15.0], [15.0]]}
    with pytest.raises(ArchiveError, match=r"differ in length: mag 1, time 2 .*star: 8"):
        rows(table, ONE_BAND)


def test_arrays_of_equal_length_in_every_row_may_be_a_matrix():
    matrix = pl.DataFrame(
        {"id": [7, 8], "time": np.array([[1.0, 2.0], [3.0, 4.0]]), "mag": [[15.0, 15.1]] * 2}
    )
    assert isinstance(matrix.schema["time"], pl.Array)
    assert rows(matrix, ONE_BAND)["time"].to_list() == [1.0, 2.0, 3.0, 4.0]


def test_arrays_may_be_written_as_text():
    table = {
        "id": ["7", "8", "9"],
        "time": ["[1.5, 2.5,3.5]", "[]", None],
        "mag": ["[15.0,NaN,null]", "[]", None],
        "bad": ["[true,false,null]", "[]", None],
    }
    form = ONE_BAND | {"columns": {"source_id": "id", "rejected": {"any": ["bad"]}}}
    found = rows(table, form)
    assert found["source_id"].to_list() == [7, 7, 7]
    assert found["time"].to_list() == [1.5, 2.5, 3.5]
    assert found["mag"].fill_nan(-1.0).to_list() == [15.0, -1.0, None]
    assert found["rejected"].to_list() == [True, False, None]


def test_text_in_an_array_that_is_no_number_is_refused():
    with pytest.raises(ArchiveError, match="'bright'"):
        rows({"id": ["7"], "time": ["[1.5]"], "mag": ["[bright]"]}, ONE_BAND)


@given(
    st.lists(
        st.lists(st.floats(allow_nan=False, allow_infinity=False, width=64), max_size=4),
        min_size=1,
        max_size=5,
    )
)
@settings(deadline=None)
def test_arrays_written_as_text_give_the_same_numbers(times):
    star = list(range(len(times)))
    mags = [[float(n) for n in range(len(cells))] for cells in times]
    as_lists = rows(
        pl.DataFrame(
            {"id": star, "time": times, "mag": mags},
            schema={"id": pl.Int64, "time": pl.List(pl.Float64), "mag": pl.List(pl.Float64)},
        ),
        ONE_BAND,
    )
    as_text = rows(
        pl.DataFrame(
            {"id": [str(n) for n in star], "time": [*map(str, times)], "mag": [*map(str, mags)]}
        ),
        ONE_BAND,
    )
    assert as_text.equals(as_lists)


def test_a_table_is_read_in_the_first_form_that_it_has():
    other = with_columns(LONG, mag="magnitude")
    table = {"id": [7], "band": ["G"], "time": [1.0], "mag": [15.0]}
    assert rows(table, other, LONG)["mag"].to_list() == [15.0]
    assert rows(table | {"magnitude": [16.0]}, other, LONG)["mag"].to_list() == [16.0]


def test_arrays_and_transits_of_the_same_names_are_told_apart():
    transits = {"id": [7, 7], "time": [1.0, 2.0], "mag": [15.0, 15.1]}
    stars = {"id": [7], "time": [[1.0, 2.0]], "mag": [[15.0, 15.1]]}
    forms = (ONE_BAND, ONE_BAND | {"kind": "wide"})
    assert rows(transits, *forms).equals(rows(stars, *forms))
    assert rows(stars, *reversed(forms)).equals(rows(stars, *forms))


def test_a_table_in_none_of_the_forms_is_refused_with_what_is_missing():
    with pytest.raises(ArchiveError, match=r"(?s)no column 'mag'.*its columns are id, band, time"):
        rows({"id": [7], "band": ["G"], "time": [1.0]}, LONG, ARRAYS)
    with pytest.raises(ArchiveError, match="arrays and numbers are mixed up"):
        rows({"id": [7], "time": [1.0], "mag": [15.0]}, ONE_BAND)


def test_a_table_without_rows_gives_none():
    for form in (LONG, ONE_BAND, WIDE):
        columns = Form.model_validate(form).asked
        for dtype in (pl.Null, pl.String):
            assert rows(pl.DataFrame(schema=dict.fromkeys(columns, dtype)), form).is_empty()


def test_the_error_of_a_magnitude_follows_from_that_of_the_flux():
    table = {
        "id": [7] * 6,
        "band": ["G"] * 6,
        "time": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
        "mag": [15.0] * 6,
        "flux": [1000.0, 0.0, -5.0, math.nan, math.inf, None],
        "flux_error": [10.0] * 6,
    }
    found = rows(table, with_columns(LONG, flux="flux", flux_error="flux_error"))
    assert found["mag_error"][0] == pytest.approx(1.0857362 * 0.01, rel=1e-7)
    assert found["mag_error"][1:].to_list() == [None] * 5


def test_an_error_that_the_archive_gives_is_kept():
    table = {"id": [7], "band": ["G"], "time": [1.0], "mag": [15.0], "flux": [1000.0]}
    table |= {"flux_error": [10.0], "e_mag": [0.5]}
    form = with_columns(LONG, flux="flux", flux_error="flux_error", mag_error="e_mag")
    assert rows(table, form)["mag_error"].to_list() == [0.5]


@given(st.floats(1e-3, 1e9), st.floats(1e-6, 0.1))
@settings(deadline=None)
def test_the_error_is_the_slope_of_the_magnitude(flux, relative):
    table = {"id": [7], "band": ["G"], "time": [1.0], "mag": [15.0]}
    table |= {"flux": [flux], "flux_error": [flux * relative]}
    found = rows(table, with_columns(LONG, flux="flux", flux_error="flux_error"))
    step = 1e-6
    slope = -2.5 * (math.log10(1 + step) - math.log10(1 - step)) / (2 * step)
    assert found["mag_error"][0] == pytest.approx(-slope * relative, rel=1e-6)


def test_units_are_those_of_the_table():
    table = {"id": [7], "time": [[1705 * 86_400 * 10**9 + 43_200 * 10**9]], "mag": [[15.0]]}
    in_ns = rows(table, ONE_BAND, units={"time": "ns"})
    assert in_ns["time"].to_list() == [pytest.approx(1705.5, rel=1e-15)]
    in_mmag = rows(
        {"id": [7], "time": [[1.0]], "mag": [[15000.0]]}, ONE_BAND, units={"mag": "mmag"}
    )
    assert in_mmag["mag"].to_list() == [pytest.approx(15.0)]


def test_a_unit_that_is_no_time_is_refused():
    with pytest.raises(ArchiveError, match="'m', and time is in 'd'"):
        rows({"id": [7], "time": [[1.0]], "mag": [[15.0]]}, ONE_BAND, units={"time": "m"})


def test_another_time_system_than_that_of_the_profile_is_refused():
    table = {"id": [7], "band": ["G"], "time": [1.0], "mag": [15.0]}
    utc = StatedTime("UTC", "BARYCENTER", 2455197.5)
    with pytest.raises(ArchiveError, match="scale UTC and not TCB"):
        rows(table, LONG, times={"time": utc})


def test_rows_are_sorted_by_star_band_and_time():
    table = {
        "id": [9, 8, 8, 8],
        "band": ["G", "RP", "G", "G"],
        "time": [1.0, 5.0, 7.0, 6.0],
        "mag": [1.0, 2.0, 3.0, 4.0],
    }
    assert rows(table, LONG)["mag"].to_list() == [4.0, 3.0, 2.0, 1.0]


def test_stars_may_be_named_by_text():
    named = {"kind": "long", "columns": LONG["columns"] | {"archive_id": "id"}}
    del named["columns"]["source_id"]
    table = {"id": ["B", "A"], "band": ["G", "G"], "time": [1.0, 2.0], "mag": [15.0, 16.0]}
    assert rows(table, named)["archive_id"].to_list() == ["A", "B"]
