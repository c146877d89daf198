"""Rows that share an identifier are one star; a name joins nothing."""

import polars as pl

from rrcat.calibration.stars import physical_stars


def numbered(ours: list[str | None], gaia: list[str | None]) -> list[int]:
    rows = pl.DataFrame({"ours": ours, "gaia": gaia}, schema_overrides={"ours": pl.String})
    return physical_stars(rows, ["ours", "gaia"]).to_list()


def test_either_identifier_joins() -> None:
    assert numbered(["a", "a", None], ["1", None, "1"]) == [0, 0, 0]


def test_a_row_joins_two_stars_that_were_apart() -> None:
    assert numbered(["a", "b", "a"], ["1", "2", "2"]) == [0, 0, 0]


def test_rows_without_identifier_stay_apart() -> None:
    assert numbered([None, None], [None, None]) == [0, 1]


def test_equal_words_in_different_columns_join_nothing() -> None:
    assert numbered(["1", None], [None, "1"]) == [0, 1]
