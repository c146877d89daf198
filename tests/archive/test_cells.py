import re

import polars as pl
import pytest
from astropy.table import Table

from rrcat.archive import FilesArchive, read_files
from rrcat.errors import ArchiveError


def columns(**more: object) -> dict:
    return {"columns": {"source_id": "source_id"} | more}


def test_a_unit_in_the_recipe_is_converted(ingested, stars):
    in_minutes = stars.with_columns(pl.col("period") * 1440)
    given = columns(period={"column": "period", "unit": "min"})
    periods = ingested(stars=in_minutes, star_table=given).stars["period"]
    assert periods.to_list() == pytest.approx([0.5, 0.6, 0.31], rel=1e-15)


@pytest.mark.parametrize("unit", ["Hz", "mag", "minutes"])
def test_a_unit_that_is_not_one_of_time_is_refused_with_both_named(refused, unit):
    given = columns(period={"column": "period", "unit": unit})
    message = refused(star_table=given)
    assert f"'{unit}'" in message
    assert "column: period" in message
    assert re.search("period is in '?d", message)


def ecsv_with(tmp_path, stated, **recipe_unit):
    table = Table({"id": [1], "P": [12.0]})
    table["P"].unit = stated
    table.write(tmp_path / "stars.ecsv")
    pl.DataFrame({"id": [1] * 9, "t": range(9), "m": [15.0] * 9}).write_csv(tmp_path / "c.csv")
    config = FilesArchive.model_validate(
        {
            "kind": "files",
            "stars": {
                "file": "stars.ecsv",
                "columns": {"source_id": "id", "period": {"column": "P"} | recipe_unit},
            },
            "light_curves": {
                "file": "c.csv",
                "columns": {"source_id": "id", "time": "t", "mag": "m", "band": {"value": "G"}},
            },
        }
    )
    return read_files(config, tmp_path).stars["period"][0]


def test_a_unit_in_the_file_is_converted(tmp_path):
    assert ecsv_with(tmp_path, "h") == 0.5


def test_a_unit_said_twice_alike_is_no_contradiction(tmp_path):
    assert ecsv_with(tmp_path, "h", unit="h") == 0.5


def test_a_unit_that_the_recipe_contradicts_is_refused(tmp_path):
    with pytest.raises(ArchiveError, match="'h' by the file and in 'min' by the recipe"):
        ecsv_with(tmp_path, "h", unit="min")


def test_a_unit_in_the_file_that_cannot_be_ours_is_refused(tmp_path):
    with pytest.raises(ArchiveError, match="'P' is in 'mag', and period is in 'd'"):
        ecsv_with(tmp_path, "mag")


def test_words_are_translated_and_known_ones_kept(ingested, stars):
    coded = stars.with_columns(type=pl.Series(["ab-BL", "ab", None]))
    kind = {"column": "type", "values": {"ab": "RRab", "ab-BL": "RRab"}}
    blazhko = {"column": "type", "contains": "-BL"}
    got = ingested(
        stars=coded, star_table=columns(pulsation_type=kind, blazhko=blazhko, variable_type="type")
    ).stars
    assert got["pulsation_type"].to_list() == ["RRab", "RRab", None]
    assert got["blazhko"].to_list() == [True, False, None]
    assert got["variable_type"].to_list() == ["ab-BL", "ab", None]


def test_numbers_are_translated_too(ingested, stars):
    coded = stars.with_columns(type=pl.Series([0, 0, 1]))
    kind = {"column": "type", "values": {"0": "RRab", "1": "RRc"}}
    got = ingested(stars=coded, star_table=columns(pulsation_type=kind)).stars
    assert got["pulsation_type"].to_list() == ["RRab", "RRab", "RRc"]


def test_a_word_that_is_not_listed_is_refused(refused):
    message = refused(
        star_table=columns(pulsation_type={"column": "type", "values": {"RRc": "RRc"}})
    )
    assert "does not list: 'RRab' (2 rows)" in message
    assert "stars.csv, column: type, row: 1" in message
    assert "add them to `values`" in message


def test_null_values_of_one_column_leave_the_others(ingested, stars):
    zero = stars.with_columns(period=pl.Series([0.0, 0.6, 0.31]), ra=pl.Series([0.0, 1.0, 2.0]))
    given = columns(period={"column": "period", "null_values": ["0"]}, ra="ra")
    got = ingested(stars=zero, star_table=given).stars
    assert got["period"].to_list() == [None, 0.6, 0.31]
    assert got["ra"].to_list() == [0.0, 1.0, 2.0]


def test_flags_are_joined_with_or(ingested, curves):
    flagged = curves.with_columns(one=pl.col("time") > 1735, two=pl.col("time") < 1702)
    from_both = {"columns": {"source_id": "source_id", "time": "time", "mag": "mag"}}
    from_both["columns"] |= {"band": {"value": "G"}, "rejected": {"any": ["one", "two"]}}
    got = ingested(light_curves=flagged, curve_table=from_both).light_curves
    assert got["rejected"].sum() == 3 * 3


NAMED = {"archive_id": "name", "period": "period"}

NAMED_CURVES = {"archive_id": "name", "time": "time", "mag": "mag", "band": "band"}


@pytest.mark.parametrize(
    ("name", "band", "message"),
    [
        ("A\nB", "G", "1 of 3 cells of archive_id hold control characters"),
        ("A\x00", "G", r"FITS cannot store: 'A\x00'"),
        ("", "G", "1 of 3 cells of archive_id are empty"),
        ("A", "", "36 of 36 cells of band are empty"),
        ("A", "G\t", "36 of 36 cells of band hold control characters"),
    ],
)
def test_names_that_a_release_cannot_store_are_refused(refused, stars, curves, name, band, message):
    stars = stars.with_columns(name=pl.Series([name, "B", "C"]))
    curves = curves.with_columns(name=pl.lit("B"), band=pl.lit(band))
    told = refused(
        stars=stars,
        light_curves=curves,
        survey="S",
        star_table={"columns": NAMED},
        curve_table={"columns": NAMED_CURVES},
    )
    assert message in told


def test_a_band_of_the_recipe_may_not_be_empty(refused):
    columns = {"source_id": "source_id", "time": "time", "mag": "mag", "band": {"value": ""}}
    assert "cells of band are empty" in refused(curve_table={"columns": columns})


def test_identifiers_as_text_are_read(ingested, curves):
    as_text = curves.with_columns(pl.col("source_id").cast(pl.String))
    assert ingested(light_curves=as_text).light_curves["source_id"].dtype == pl.Int64


@pytest.mark.parametrize("in_csv", [True, False])
def test_identifiers_as_floats_are_refused(refused, stars, curves, in_csv):
    def spoil(frame):
        return frame.with_columns(pl.col("source_id").cast(pl.Float64))

    spoilt = {"stars": spoil(stars)} if in_csv else {"light_curves": spoil(curves)}
    message = refused(**spoilt)
    assert "holds Float64 and cannot become source_id" in message
    assert "64-bit ones do not survive as floating-point numbers" in message


def test_names_as_floats_are_refused(refused, stars, curves):
    by_name = {"archive_id": "name", "time": "time", "mag": "mag", "band": {"value": "G"}}
    message = refused(
        survey="S",
        stars=stars.rename({"source_id": "name"}),
        star_table={"columns": {"archive_id": "name"}},
        light_curves=curves.select(
            name=pl.col("source_id").cast(pl.Float64), time="time", mag="mag"
        ),
        curve_table={"columns": by_name},
    )
    assert "'name' holds Float64 and cannot become archive_id" in message


def test_an_identifier_beyond_64_bits_is_refused(refused, stars):
    beyond = stars.with_columns(source_id=pl.Series(["11", "12", str(2**63)]))
    message = refused(stars=beyond)
    assert (
        f"1 of 3 cells of column 'source_id' cannot become source_id, which is int64: {2**63}"
        in message
    )
    assert "row: 3" in message


def test_a_cell_that_is_no_number_is_refused(refused, stars):
    message = refused(stars=stars.with_columns(period=pl.Series(["0.5", "0.6:", "0.31"])))
    assert (
        "1 of 3 cells of column 'period' cannot become period, which is float64: '0.6:'" in message
    )
    assert "stars.csv, column: period, row: 2" in message
    assert "null_values" in message


def test_a_number_with_decimals_is_no_count(refused, tmp_path):
    features = pl.DataFrame({"source_id": [11, 12], "n": [3.0, 3.5]})
    mapped = {"source_id": "source_id", "band": {"value": "G"}, "n_harmonics": "n"}
    message = refused(features=features, feature_table={"columns": mapped})
    assert "1 of 2 cells of column 'n' cannot become n_harmonics, which is int16: 3.5" in message


def test_text_is_not_true_or_false_by_itself(refused, stars, ingested):
    said = stars.with_columns(b=pl.Series(["Y", "N", "Y"]))
    assert "values = { 'Y' = true, 'N' = false }" in refused(
        stars=said, star_table=columns(blazhko="b")
    )
    given = {"column": "b", "values": {"Y": True, "N": False}}
    got = ingested(stars=said, star_table=columns(blazhko=given)).stars
    assert got["blazhko"].to_list() == [True, False, True]


def test_zero_and_one_are_false_and_true(ingested, stars, refused):
    counted = stars.with_columns(b=pl.Series([1, 0, 2]))
    assert "holds Int64 and cannot become blazhko" in refused(
        stars=counted, star_table=columns(blazhko="b")
    )
    got = ingested(stars=counted.with_columns(pl.col("b") % 2), star_table=columns(blazhko="b"))
    assert got.stars["blazhko"].to_list() == [True, False, False]


def test_the_first_column_that_is_known_counts(ingested, stars):
    two = stars.with_columns(
        pf=pl.Series([0.5, None, float("nan")]), p1_o=pl.Series([9.0, 0.3, 0.4])
    )
    given = columns(period={"first": ["pf", "p1_o"]})
    assert ingested(stars=two, star_table=given).stars["period"].to_list() == [0.5, 0.3, 0.4]


def test_one_element_of_an_array_is_taken_where_the_array_has_it(curves, archive, tmp_path):
    arrays = pl.DataFrame(
        {"source_id": [11, 12, 13], "ampl": [[0.3, 0.1], [0.2], None], "p": [0.5, 0.6, 0.3]}
    )
    given = {
        "columns": {
            "source_id": "source_id",
            "band": {"value": "G"},
            "period": "p",
            "a1": {"column": "ampl", "element": 1},
            "a2": {"column": "ampl", "element": 2},
        }
    }
    config = archive(features=arrays, feature_table=given)
    features = read_files(config, tmp_path).features
    assert features["a1"].to_list() == [0.3, 0.2, None]
    assert features["a2"].to_list() == [0.1, None, None]


def test_an_element_of_what_is_no_array_is_refused(refused):
    assert "no arrays" in refused(star_table=columns(period={"column": "period", "element": 1}))


def test_fluxes_become_magnitudes_by_their_zero_point(ingested, curves):
    fluxes = curves.with_columns(mag=pl.when(pl.col("mag") == 15.0).then(-1.0).otherwise(1e4))
    given = {"columns": {"source_id": "source_id", "time": "time", "band": {"value": "G"}}}
    given["columns"]["mag"] = {"column": "mag", "zero_point": 25.0}
    got = ingested(light_curves=fluxes, curve_table=given)
    assert got.light_curves["mag"].null_count() == 1
    assert got.light_curves["mag"].drop_nulls().unique().to_list() == [pytest.approx(15.0)]
    assert got.account["light_curves"]["nan"]["mag"] == 1
