"""Frames are made to conform, and what does not is named by column, rule, count and rows."""

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from rrcat.errors import FrameError
from rrcat.schema import Column, Table, check, conform, load, names, violations


def cells(
    column: Column, number: int, rng: np.random.Generator, lengths: dict[str, list[int]]
) -> pl.Series:
    """Draw cells that the column allows; lists are as long as ``lengths`` says."""
    values: list[Any]
    low, high = column.range or (-100, 100)
    if column.values is not None:
        values = rng.choice(column.values, number).tolist()
    elif column.name in lengths:
        values = list(lengths[column.name])
    elif column.is_list:
        sizes = lengths[column.length] if column.length else rng.integers(0, 5, number)
        values = [rng.uniform(low, high, size).tolist() for size in sizes]
    elif column.is_integer:
        values = rng.integers(low, high, number, endpoint=True).tolist()
    elif column.dtype == "bool":
        values = rng.choice([True, False], number).tolist()
    elif column.dtype == "string":
        values = rng.choice(["a", "b", "Å"], number).tolist()
    elif isinstance(column.polars, pl.Array):
        values = rng.uniform(-1, 1, (number, column.polars.size)).tolist()
    else:
        values = rng.uniform(low, high, number).tolist()
    if column.nullable:
        values = [
            None if none else v for v, none in zip(values, rng.random(number) < 0.3, strict=True)
        ]
    return pl.Series(column.name, values, dtype=column.polars)


@st.composite
def frames(draw, table: Table) -> pl.DataFrame:
    """Draw a frame that means what the table asks, in any column order, with columns left out."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    number = draw(st.integers(0, 8))
    named = {column.length for column in table.column if column.length}
    lengths = {name: rng.integers(1, 5, number).tolist() for name in sorted(named)}
    frame = pl.DataFrame([cells(column, number, rng, lengths) for column in table.column])
    for group in table.any_of:
        frame = frame.with_columns(pl.col(group[0]).fill_null(0))
    kept = [
        c.name for c in table.column if c.required or c.name in table.sort or rng.random() < 0.8
    ]
    kept = sorted({*kept, *(group[0] for group in table.any_of)}, key=lambda _: rng.random())
    if table.key:
        frame = frame.unique(table.key)
    return frame.sort(table.sort).select(kept) if table.sort else frame.select(kept)


@pytest.mark.parametrize("name", names())
@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_a_frame_that_means_what_the_table_asks_conforms(name, data):
    table = load(name)
    frame = data.draw(frames(table))
    conforming = conform(frame, table)
    check(conforming, table)
    assert conforming.columns == table.names
    assert_frame_equal(conform(conforming, table), conforming)
    assert_frame_equal(conforming.select(frame.columns), frame)


STARS = conform(
    pl.DataFrame({"source_id": [1, 2, 3], "ra": [10.0, 20.0, 30.0], "period": [0.5, None, 0.6]}),
    load("stars"),
)


def broken(
    frame: pl.DataFrame = STARS, table: str = "stars", **changes: pl.Series | pl.Expr
) -> list[str]:
    return [str(each) for each in violations(frame.with_columns(**changes), load(table))]


def test_nothing_is_wrong_with_a_good_frame():
    assert broken() == []


def test_a_number_out_of_range_is_named_with_limits_unit_and_rows():
    assert broken(ra=pl.Series([10.0, 400.0, -1.0])) == [
        "ra: is outside 0 to 360 deg in 2 rows "
        "(row 1, source_id 2, ra 400.0; row 2, source_id 3, ra -1.0)"
    ]


def test_only_the_first_rows_are_named():
    many = conform(pl.DataFrame({"source_id": range(9), "ra": [400.0] * 9}), load("stars"))
    (told,) = broken(frame=many)
    assert "in 9 rows" in told
    assert told.count("row ") == 5
    assert told.endswith(", ...)")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_nan_and_infinity_are_broken_rules(value):
    told = broken(ra=pl.Series([10.0, value, 30.0]))
    assert told[0].startswith("ra: is NaN or infinite (missing values are null) in 1 row")


def test_a_word_that_is_not_allowed_is_named():
    told = broken(pulsation_type=pl.Series(["RRab", None, "RRx"]))
    assert told == [
        "pulsation_type: is none of RRab, RRc, RRd, other in 1 row "
        "(row 2, source_id 3, pulsation_type RRx)"
    ]


def test_a_null_where_none_may_be_is_named():
    (told,) = broken(source_id=pl.Series([None, 2, 3], dtype=pl.Int64))
    assert told == "source_id: is null in 1 row (row 0, source_id None)"


def test_a_key_twice_is_named():
    (told,) = broken(source_id=pl.Series([1, 2, 2]))
    assert told == "source_id: key is not unique in 2 rows (row 1, source_id 2; row 2, source_id 2)"


def test_rows_in_disorder_are_named():
    assert broken(source_id=pl.Series([1, 3, 2])) == ["source_id: rows are not sorted by it"]


def test_a_wrong_type_is_named():
    assert broken(source_id=pl.Series([1.0, 2.0, 3.0])) == [
        "source_id: has type Float64 instead of Int64"
    ]


def test_missing_and_unknown_columns_are_named():
    frame = STARS.drop("source_id").with_columns(feh=pl.lit(-1.5))
    assert broken(frame=frame) == [
        "feh: is no column of the table",
        "source_id: required column is missing",
    ]


def test_one_of_time_and_phase_is_needed():
    curves = pl.DataFrame({"source_id": [1], "band": ["G"], "mag": [15.0]})
    table = load("light_curves")
    assert broken(table="light_curves", frame=curves) == [
        "time or phase: one of the columns is needed"
    ]
    (told,) = broken(table="light_curves", frame=conform(curves, table))
    assert told.startswith("time or phase: all are null in 1 row")


def test_the_error_tells_all_rules_the_file_and_where_they_stand():
    bad = STARS.with_columns(ra=pl.lit(400.0), dec=pl.lit(100.0))
    with pytest.raises(FrameError) as caught:
        check(bad, load("stars"), file="stars.csv")
    told = str(caught.value)
    assert told.startswith(f"stars {load('stars').version}: 2 broken rules\n  ra: is outside")
    assert "dec: is outside -90 to 90 deg in 3 rows" in told
    assert "[file: stars.csv]" in told
    assert "hint: `rrcat schema show stars`" in told


def test_nan_becomes_null():
    frame = pl.DataFrame({"source_id": [1, 2], "ra": [float("nan"), 1.0]})
    assert conform(frame, load("stars"))["ra"].to_list() == [None, 1.0]


def test_narrower_types_are_widened():
    frame = pl.DataFrame({"source_id": [1], "ra": [10]}, schema_overrides={"source_id": pl.Int32})
    conforming = conform(frame, load("stars"))
    assert (conforming["source_id"].dtype, conforming["ra"].dtype) == (pl.Int64, pl.Float64)


@pytest.mark.parametrize("dtype", [pl.Float64, pl.String])
def test_a_cast_that_may_change_a_value_is_left_to_the_check(dtype):
    frame = pl.DataFrame({"source_id": [1]}).cast(dtype)
    assert conform(frame, load("stars"))["source_id"].dtype == dtype


def test_an_integer_that_does_not_fit_is_left_to_the_check():
    frame = pl.DataFrame({"source_id": [2**63]}, schema={"source_id": pl.UInt64})
    told = [str(each) for each in violations(conform(frame, load("stars")), load("stars"))]
    assert told == ["source_id: has type UInt64 instead of Int64"]


def curve(**changes: object) -> pl.DataFrame:
    row = {
        "source_id": 1,
        "band": "G",
        "period": 0.5,
        "n_points": 3,
        "mean_mag": 15.0,
        "phase": [0.1, 0.4, 0.9],
        "mag": [0.1, 0.0, -0.1],
        "mag_error": None,
    }
    return conform(pl.DataFrame([row | changes]), load("sequences"))


def test_a_list_of_any_length_conforms_and_may_be_missing_as_a_whole():
    frame = curve()
    assert broken(frame=frame, table="sequences") == []
    assert frame.schema["phase"] == pl.List(pl.Float32)
    assert frame["mag_error"].to_list() == [None]


@pytest.mark.parametrize("element", [None, float("nan"), float("inf")])
def test_an_element_of_a_list_that_is_no_number_is_named(element):
    (told,) = broken(frame=curve(mag=[0.1, element, 0.0]), table="sequences")
    assert told == ("mag: has null, NaN or infinite elements in 1 row (row 0, source_id 1, band G)")


def test_an_element_of_a_list_out_of_range_is_named():
    (told,) = broken(frame=curve(phase=[0.1, 0.4, 1.5]), table="sequences")
    assert told.startswith("phase: has elements outside 0 to 1 in 1 row")


def test_a_list_of_another_length_than_its_column_says_is_named():
    told = broken(frame=curve(phase=[0.1, 0.4]), table="sequences")
    assert told == ["phase: is not as long as n_points says in 1 row (row 0, source_id 1, band G)"]


def test_a_list_of_another_kind_is_a_wrong_type():
    told = broken(frame=curve(mag=["a", "b", "c"]), table="sequences")
    assert told == ["mag: has type List(String) instead of List(Float32)"]
