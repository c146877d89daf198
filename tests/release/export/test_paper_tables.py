from dataclasses import replace

import polars as pl
import pytest

from rrcat.release import report_calibrators
from rrcat.release.export.paper_material import material
from rrcat.release.export.paper_tables import SAMPLE, tables
from rrcat.release.opened import open_release

CLUSTER = {
    "system": "NGC 5139 & more",
    "n": 12,
    "known": -1.6,
    "median": -1.64,
    "difference": -0.0412,
    "error": 0.0321,
    "note": "",
}


@pytest.fixture(scope="module")
def bare(released):
    return material(open_release(released))


def by_label(found):
    return {one.label: one for one in tables(found)}


def test_every_row_has_a_cell_for_every_column(bare):
    for table in tables(bare):
        assert len(table.heads) == len(table.kinds)
        assert {len(row) for row in table.rows} == {len(table.heads)}


def test_every_column_is_explained(bare):
    rows = by_label(bare)["columns"].rows
    assert [row[1] for row in rows] == [name.replace("_", "\\_") for name in bare.table.names]
    assert {row[1]: row[2] for row in rows}["period"] == "d"
    assert rows[0][3].startswith("Source identifier")


def test_the_sample_is_the_first_rows_as_they_are(bare):
    table = by_label(bare)["sample"]
    heads = [name.replace("\\_", "_") for name, _ in table.heads]
    first = bare.frame.head(SAMPLE)
    assert heads[:3] == ["source_id", "ra", "dec"]
    assert [row[0] for row in table.rows] == [str(one) for one in first["source_id"]]
    nulls = [cell == r"\nodata" for cell in (row[heads.index("feh")] for row in table.rows)]
    assert nulls == first["feh"].is_null().to_list()
    assert "300 rows" in table.comments


def test_numbers_of_the_sample_are_rounded_to_their_errors(bare):
    errors = pl.lit(0.0421).alias("feh_error")
    release = bare.release
    frame = release.frame.with_columns(errors, feh=pl.lit(-1.23456))
    found = by_label(material(replace(release, frame=frame)))["sample"]
    place = [name for name, _ in found.heads].index("feh")
    assert found.rows[0][place : place + 2] == (r"\ensuremath{-1.235}", "0.042")


def test_flags_are_those_of_the_schema_with_their_counts(bare):
    rows = by_label(bare)["flags"].rows
    bits = bare.table["flags"].bits
    assert [row[0] for row in rows] == [str(bit.value) for bit in bits]
    n = ((bare.frame["flags"] & bits[0].value) != 0).sum()
    assert rows[0][3] == str(n)


def test_calibrators_and_clusters_have_tables_where_there_are_any(bare):
    assert not {"calibrators", "clusters"} & set(by_label(bare))
    row = {"estimator": "a_b", "type": "RRab", "n": 54, "n_asked": 54, "mae": None}
    row |= {"mae_error": None, "rmse": 0.22814, "rmse_error": 0.0263, "bias": -0.01}
    row |= {"slope": None, "coverage_68": 0.7, "coverage_95": 0.9, "interval_95": 0.96}
    check = {"check": "clusters", "name": "x", "passed": True, "detail": "", "unit": "dex"}
    found = by_label(
        replace(
            bare,
            tested=report_calibrators.Tested("a_b", 54, [row], [], []),
            checks=({**check, "rows": [CLUSTER]},),
        )
    )
    assert found["calibrators"].rows == [
        (
            *(r"a\_b", "RRab", "54", r"0.228 $\pm$ 0.026", r"\nodata", r"\ensuremath{-0.010}"),
            *(r"\nodata", "70", "96"),
        )
    ]
    assert found["clusters"].rows == [
        (
            *(r"NGC 5139 \& more", "12", r"\ensuremath{-1.60}", r"\ensuremath{-1.64}"),
            *(r"\ensuremath{-0.041} $\pm$ 0.032", ""),
        )
    ]


def test_a_row_that_begins_with_a_bracket_is_no_option(bare):
    told = ({"name": "[Fe/H] falls", "passed": None, "detail": "50 % of #1"},)
    (row,) = by_label(replace(bare, checks=told))["validation"].rows
    assert row[0] == "{}[Fe/H] falls"
    assert row[1:] == ("open", r"\nodata", r"\nodata", "", r"50 \% of \#1")


def test_a_part_has_the_tables_of_what_it_has(released):
    part = material(open_release(released).subset(columns=["period"]))
    assert set(by_label(part)) == {"columns", "sample", "validation"}
    assert len(by_label(part)["columns"].rows) == 4
