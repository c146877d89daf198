import polars as pl
import pytest

from rrcat.archive import FilesArchive, Selection, read_files
from rrcat.archive.identity import source_id
from rrcat.errors import ArchiveError, FrameError
from rrcat.schema import check, load


def test_frames_conform(ingested):
    got = ingested()
    check(got.stars, load("stars"))
    check(got.light_curves, load("light_curves"))
    assert got.features is None


def test_times_become_days_since_2010_and_keep_their_scale(ingested):
    time = {"scale": "UTC", "reference_position": "HELIOCENTER", "origin_jd": 2450000.0}
    gaia, asas = ingested(), ingested(time=time)
    shift = asas.light_curves["time"] - gaia.light_curves["time"]
    assert shift.to_list() == pytest.approx([-5197.5] * 36, abs=1e-9)


def test_gaia_times_with_the_origin_of_julian_dates_are_refused(refused):
    message = refused(time={"origin_jd": 0.0})
    assert "times around 1720.35 in the file, from the origin 0.0" in message


def test_stars_of_light_curves_alone_are_stars(ingested, stars):
    got = ingested(stars=stars.head(2))
    assert got.stars["source_id"].to_list() == [11, 12, 13]
    assert got.stars.filter(pl.col("source_id") == 13)["period"].to_list() == [None]
    account = got.account["stars"]
    assert account["light_curves_without_star"] == {"count": 1, "first": [{"source_id": 13}]}
    assert account["without_light_curves"]["count"] == 0
    assert (account["in_file"], account["count"]) == (2, 3)


def test_a_star_whose_rows_where_leaves_out_does_not_come_back_by_its_light_curve(ingested, stars):
    got = ingested(stars=stars.head(2), star_table={"where": "period > 0.55"})
    # 13 is not in the star file, so that `where` says nothing of it
    assert got.stars["source_id"].to_list() == [12, 13]
    assert set(got.light_curves["source_id"]) == {12, 13}
    assert got.account["stars"]["left_out_by_where"] == 1
    assert got.account["stars"]["stars_left_out_by_where"] == {
        "count": 1,
        "first": [{"source_id": 11}],
    }
    assert got.account["light_curves"]["rows"] == 36
    assert got.account["light_curves"]["rows_of_stars_left_out"] == 12


def test_a_star_with_one_row_that_where_takes_stays(ingested, stars):
    twice = pl.concat([stars, stars.head(1).with_columns(period=pl.lit(0.7))])
    got = ingested(stars=twice, star_table={"where": "period < 0.65"})
    assert got.stars["source_id"].to_list() == [11, 12, 13]
    assert got.account["stars"]["stars_left_out_by_where"]["count"] == 0


def test_a_row_without_readable_identifier_can_be_left_out(ingested, stars):
    footer = stars.with_columns(pl.col("source_id").cast(pl.String)).vstack(
        pl.DataFrame({"source_id": ["sum of"], "period": [1.41], "type": ["RRab"]})
    )
    got = ingested(stars=footer, star_table={"where": "period < 1"})
    assert got.stars["source_id"].to_list() == [11, 12, 13]


def test_a_star_left_out_by_name_stays_out(ingested, stars, curves):
    def named(frame):
        return frame.select(pl.exclude("source_id"), name="V" + pl.col("source_id").cast(pl.String))

    got = ingested(
        survey="S",
        stars=named(stars),
        light_curves=named(curves),
        star_table={
            "columns": {"archive_id": "name", "period": "period", "pulsation_type": "type"},
            "where": "type = 'RRab'",
        },
        curve_table={
            "columns": {"archive_id": "name", "time": "time", "mag": "mag", "band": {"value": "G"}}
        },
    )
    assert sorted(got.stars["archive_id"]) == ["V11", "V12"]
    assert set(got.light_curves["source_id"]) == set(got.stars["source_id"])


def test_stars_without_light_curve_stay(ingested, curves):
    got = ingested(light_curves=curves.filter(pl.col("source_id") != 12))
    assert got.stars["source_id"].to_list() == [11, 12, 13]
    assert got.account["stars"]["without_light_curves"] == {
        "count": 1,
        "first": [{"source_id": 12}],
    }


def test_nothing_odd_in_a_light_curve_is_dropped(ingested, curves):
    odd = pl.concat([curves, curves.head(2), curves.head(3).with_columns(pl.col("mag") + 1)])
    odd = odd.with_columns(
        mag=pl.when(pl.int_range(pl.len()) == 20).then(float("nan")).otherwise("mag"),
        e=pl.when(pl.int_range(pl.len()) == 21).then(float("inf")).otherwise(0.1),
    )
    columns = {"source_id": "source_id", "time": "time", "mag": "mag", "band": {"value": "G"}}
    got = ingested(light_curves=odd, curve_table={"columns": columns | {"mag_error": "e"}})
    assert got.light_curves.height == 41
    account = got.account["light_curves"]
    assert account["identical_rows"] == 2
    assert account["repeated_epochs"]["count"] == 3
    assert account["repeated_epochs"]["different_magnitudes"] == 3
    assert account["nan"] == {"mag": 1}
    assert account["infinite"] == {"mag_error": 1}
    assert account["without_magnitude"] == 1
    assert got.light_curves["mag_error"].null_count() == 1


def test_points_without_time_are_counted_since_no_frame_can_hold_them(ingested, curves):
    timeless = curves.with_columns(
        time=pl.when(pl.int_range(pl.len()) == 20).then(float("nan")).otherwise("time")
    )
    got = ingested(light_curves=timeless)
    assert got.light_curves.height == 35
    assert got.account["light_curves"]["without_time"] == {
        "count": 1,
        "first": [{"source_id": 12, "band": "G"}],
    }


def test_a_star_whose_points_have_no_time_is_not_lost(ingested, curves, stars):
    timeless = curves.with_columns(
        time=pl.when(pl.col("source_id") == 12).then(None).otherwise("time")
    )
    got = ingested(light_curves=timeless, stars=stars.filter(pl.col("source_id") != 12))
    assert got.stars["source_id"].to_list() == [11, 12, 13]


def test_identical_rows_of_a_star_collapse(ingested, stars):
    got = ingested(stars=pl.concat([stars, stars]))
    assert got.stars.height == 3
    assert got.account["stars"]["identical_rows"] == 3


def two_periods(stars: pl.DataFrame) -> pl.DataFrame:
    return pl.concat([stars, stars.head(1).with_columns(period=pl.lit(0.51))])


def test_rows_of_a_star_that_differ_are_refused(refused, stars):
    message = refused(stars=two_periods(stars))
    assert "rows of one star differ: period is 0.5, 0.51; so do 0 others" in message
    assert "stars.csv, star: 11, column: period" in message
    assert "conflicts = 'first' or 'null' in [archive.stars]" in message


@pytest.mark.parametrize(("policy", "period"), [("first", 0.5), ("null", None)])
def test_rows_of_a_star_that_differ_may_be_settled(ingested, stars, policy, period):
    got = ingested(stars=two_periods(stars), star_table={"conflicts": policy})
    assert got.stars["period"][0] == period
    assert got.account["stars"]["conflicts"]["first"] == [
        {"star": "11", "column": "period", "values": "0.5, 0.51"}
    ]


def test_what_the_table_cannot_hold_is_refused(archive, tmp_path, stars):
    config = archive(stars=stars.with_columns(type=pl.Series(["RRab", "RRx", "RRc"])))
    with pytest.raises(FrameError, match="pulsation_type: is none of RRab, RRc") as caught:
        read_files(config, tmp_path)
    assert "source_id 12" in str(caught.value)
    assert "hint: mend the rows in stars.csv" in str(caught.value)


def test_names_alone_make_identifiers(ingested, stars, curves):
    columns = {"time": "time", "mag": "mag", "band": {"value": "G"}, "archive_id": "name"}
    name = pl.col("source_id").cast(pl.String).alias("name")
    got = ingested(
        survey="S",
        stars=stars.with_columns(name).head(2),
        star_table={"columns": {"archive_id": "name", "period": "period"}},
        light_curves=curves.with_columns(name),
        curve_table={"columns": columns},
    )
    by_name = dict(got.stars.select("archive_id", "source_id").iter_rows())
    assert by_name == {name: source_id("S", name) for name in ("11", "12", "13")}
    assert got.account["stars"]["light_curves_without_star"]["first"] == [{"archive_id": "13"}]
    assert set(got.light_curves["source_id"]) == set(got.stars["source_id"])


FEATURES = pl.DataFrame({"source_id": [11, 14], "P": [0.5, 0.6], "A1": [0.3, 0.2]})
MAPPED = {"source_id": "source_id", "period": "P", "a1": "A1", "band": {"value": "G"}}


def test_features_may_stand_in_for_light_curves(tmp_path):
    FEATURES.write_parquet(tmp_path / "f.parquet")
    config = FilesArchive.model_validate(
        {
            "kind": "files",
            "stars": {"file": "f.parquet", "columns": {"source_id": "source_id"}},
            "features": {"file": "f.parquet", "columns": MAPPED},
        }
    )
    got = read_files(config, tmp_path)
    assert got.light_curves is None
    assert got.features["fit_status"].to_list() == ["ok", "ok"]
    assert got.features["covariance"].null_count() == 2
    assert [each["name"] for each in got.inputs] == ["f.parquet"]


def test_stars_and_features_are_counted_both_ways(ingested):
    got = ingested(features=FEATURES, feature_table={"columns": MAPPED})
    assert got.stars["source_id"].to_list() == [11, 12, 13, 14]
    account = got.account["stars"]
    assert account["features_without_star"] == {"count": 1, "first": [{"source_id": 14}]}
    assert account["without_features"]["count"] == 2


def test_an_impossible_period_among_features_is_refused(refused):
    message = refused(
        features=FEATURES.with_columns(P=pl.Series([0.5, 0.0])), feature_table={"columns": MAPPED}
    )
    assert "features.parquet, row: 2, star: 14, column: P" in message


def test_a_selection_takes_its_rows_everywhere(archive, tmp_path):
    config = archive(features=FEATURES, feature_table={"columns": MAPPED})
    got = read_files(config, tmp_path, Selection(where="period > 0.55"))
    assert got.stars["source_id"].to_list() == [12]
    assert got.light_curves["source_id"].unique().to_list() == [12]
    assert got.features.height == 0
    assert got.account["stars"]["count"] == 4
    assert got.account["stars"]["selected"] == 1


def test_a_missing_file_is_refused(archive, tmp_path):
    config = archive()
    (tmp_path / "light_curves.parquet").unlink()
    with pytest.raises(ArchiveError, match="there is no such file"):
        read_files(config, tmp_path)


def test_a_truncated_file_is_refused(archive, tmp_path):
    config = archive()
    path = tmp_path / "light_curves.parquet"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ArchiveError, match="cannot read the file") as caught:
        read_files(config, tmp_path)
    assert "damaged" in caught.value.hint


def test_the_name_of_an_input_is_never_absolute(archive, tmp_path):
    config = archive(star_table={"file": str(tmp_path / "stars.csv")})
    assert [each["name"] for each in read_files(config, tmp_path).inputs] == [
        "light_curves.parquet",
        "stars.csv",
    ]
