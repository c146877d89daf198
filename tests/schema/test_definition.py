import polars as pl
import pytest
from pydantic import ValidationError

from rrcat.schema import Column, Table, load, names

GOOD = {"name": "period", "dtype": "float64", "ucd": "time.period", "description": "The period."}
INTEGER = {"name": "flags", "dtype": "int32", "ucd": "meta.code", "description": "Some flags."}
TABLE = {"name": "t", "version": "1.0.0", "description": "A table of stars.", "column": [GOOD]}


def bit(value: int) -> dict:
    return {"value": value, "name": "odd", "description": "something odd"}


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (GOOD | {"units": "d"}, "units"),
        (GOOD | {"unit": "days"}, "'days'"),
        (GOOD | {"unit": "'dex'"}, "'dex'"),
        (GOOD | {"unit": {"votable": "d"}}, "exactly votable and fits"),
        (GOOD | {"ucd": "time.perod"}, "time.perod"),
        (GOOD | {"dtype": "float"}, "'float' is none of int16"),
        (GOOD | {"dtype": "float32[0]"}, "is none of"),
        (GOOD | {"name": "Period"}, "pattern"),
        (GOOD | {"description": "short"}, "at least 10"),
        (GOOD | {"null": 0}, "`null` is for integers"),
        (GOOD | {"values": ["a"]}, "`values` is for strings"),
        (GOOD | {"bits": [bit(1)]}, "`bits` is for integers"),
        (GOOD | {"dtype": "string", "range": [0, 1]}, "`range` is for numbers"),
        (GOOD | {"dtype": "float32[3]", "range": [0, 1]}, "`range` is for numbers and lists"),
        (GOOD | {"length": "n"}, "`length` is for lists"),
        (GOOD | {"each": "estimator"}, "ends in _{estimator} where `each` says so"),
        (GOOD | {"name": "feh_{estimator}"}, "ends in _{estimator} where `each` says so"),
        (GOOD | {"name": "feh_{band}", "each": "band"}, "pattern"),
        (GOOD | {"name": "f" * 64}, "at most 63"),
        (GOOD | {"estimator": "a-b"}, "does not end with that of `estimator`"),
        (GOOD | {"dtype": "int32[*]"}, "is none of"),
        (GOOD | {"since": "1.0"}, "MAJOR.MINOR.PATCH"),
        (INTEGER, "needs `null`"),
        (INTEGER | {"nullable": False, "bits": [bit(3)]}, "no power of two"),
        (INTEGER | {"nullable": False, "bits": [bit(0)]}, "greater than 0"),
    ],
)
def test_a_column_that_makes_no_sense_is_fatal(column, message):
    with pytest.raises(ValidationError, match=message):
        Column.model_validate(column)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (TABLE | {"keys": ["period"]}, "keys"),
        (TABLE | {"version": "1"}, "MAJOR.MINOR.PATCH"),
        (TABLE | {"version": "01.0.0"}, "MAJOR.MINOR.PATCH"),
        (TABLE | {"key": ["perod"]}, "unknown columns: perod"),
        (TABLE | {"sort": ["perod"]}, "unknown columns: perod"),
        (TABLE | {"any_of": [["perod"]]}, "unknown columns: perod"),
        (TABLE | {"column": [GOOD, GOOD]}, "defined twice: period"),
        (
            TABLE | {"column": [GOOD | {"dtype": "float64[*]", "length": "n"}]},
            "the length of period is no integer column",
        ),
    ],
)
def test_a_table_that_makes_no_sense_is_fatal(table, message):
    with pytest.raises(ValidationError, match=message):
        Table.model_validate(table)


def test_types_are_those_of_polars():
    column = Column.model_validate(GOOD | {"dtype": "float32[3]"})
    assert column.polars == pl.Array(pl.Float32, 3)
    column = Column.model_validate(GOOD | {"dtype": "float64[*]"})
    assert column.polars == pl.List(pl.Float64)
    assert Column.model_validate(GOOD).polars == pl.Float64()


def test_a_unit_may_differ_by_format():
    both = Column.model_validate(GOOD | {"unit": {"votable": "d", "fits": "day"}})
    assert (both.unit_in("votable"), both.unit_in("fits")) == ("d", "day")
    one = Column.model_validate(GOOD | {"unit": "d"})
    assert (one.unit_in("votable"), one.unit_in("fits")) == ("d", "d")


def test_bits_are_told_where_a_format_cannot_list_them():
    column = Column.model_validate(INTEGER | {"nullable": False, "bits": [bit(1), bit(2)]})
    assert column.full_description == (
        "Some flags. Bits: 1 odd: something odd; 2 odd: something odd"
    )


def test_bits_that_only_inform_are_told_as_such_and_are_no_warnings():
    told = bit(2) | {"kind": "information"}
    column = Column.model_validate(INTEGER | {"nullable": False, "bits": [bit(1), told, bit(4)]})
    assert "; 2 odd (information): something odd; " in column.full_description
    assert column.warnings == 5


def test_a_column_is_found_by_name():
    table = Table.model_validate(TABLE)
    assert table["period"].ucd == "time.period"
    with pytest.raises(KeyError):
        table["perod"]


@pytest.mark.parametrize("name", names())
def test_an_empty_frame_has_every_column_of_the_table(name):
    table = load(name)
    assert dict(table.empty().schema) == table.polars_schema
