"""The real archives, with the oddities they are known for."""

import math
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from astropy import units as u
from astropy.io import fits
from astropy.io.votable import from_table, writeto
from astropy.table import Table
from polars.testing import assert_frame_equal

from rrcat.archive import FilesArchive, Ingest, read_files
from rrcat.archive.readers import read
from rrcat.errors import ArchiveError

TYPES = {"RRab": "RRab", "RRab-BL": "RRab", "RRc": "RRc", "RRc-BL": "RRc"}
ASAS: dict[str, Any] = {
    "kind": "files",
    "survey": "ASAS",
    "time": {"scale": "UTC", "reference_position": "HELIOCENTER", "origin_jd": 2450000.0},
    "stars": {
        "file": "spectroscopy.csv",
        "where": "ID_ASAS IS NOT NULL",
        "conflicts": "first",
        "columns": {
            "archive_id": "ID_ASAS",
            "ra": "ra",
            "dec": "dec",
            "period": "period",
            "pulsation_type": {"column": "type", "values": TYPES},
            "blazhko": {"column": "type", "contains": "-BL"},
        },
    },
    "light_curves": {
        "file": "light_curves.parquet",
        "columns": {
            "archive_id": "asas_id",
            "time": "time",
            "mag": "mag",
            "mag_error": "mag_error",
            "band": {"value": "I"},
        },
    },
    "features": {
        "file": "spectroscopy.csv",
        "where": "ID_ASAS IS NOT NULL AND A1 IS NOT NULL",
        "phase_convention": "sine",
        "columns": {
            "archive_id": "ID_ASAS",
            "band": {"value": "I"},
            "period": "period",
            "a1": "A1",
            "a2": "A2",
            "phi31": "phi31",
            "phi31_error": "phi31_e",
        },
    },
}


@pytest.fixture(scope="module")
def asas(data_dir: Path) -> Ingest:
    return read_files(FilesArchive.model_validate(ASAS), data_dir / "asas_i")


def test_every_asas_star_comes_out(asas, data_dir):
    given = pl.read_parquet(data_dir / "asas_i" / "light_curves.parquet")
    assert set(asas.stars["archive_id"]) == set(given["asas_id"])
    assert asas.stars.height == asas.stars["source_id"].n_unique() == 2187
    assert asas.light_curves.height == 456_791
    stars = asas.account["stars"]
    assert (stars["rows"], stars["left_out_by_where"], stars["in_file"]) == (649, 246, 82)
    assert stars["light_curves_without_star"]["count"] == 2105
    assert stars["without_light_curves"]["count"] == 0


def test_asas_rows_of_one_star_collapse(asas):
    stars = asas.account["stars"]
    assert 403 - stars["identical_rows"] - stars["merged_rows"] == 82
    assert {each["column"] for each in stars["conflicts"]["first"]} <= {"ra", "dec"}
    assert stars["conflicts"]["count"] == 34


def test_asas_positions_differ_between_papers(data_dir):
    strict = ASAS | {"stars": ASAS["stars"] | {"conflicts": "refuse"}}
    with pytest.raises(ArchiveError, match="rows of one star differ: ra is") as caught:
        read_files(FilesArchive.model_validate(strict), data_dir / "asas_i")
    assert caught.value.where["star"] == "203815-0253.5"


def test_asas_repeats_epochs(asas):
    repeated = asas.account["light_curves"]["repeated_epochs"]
    assert repeated["count"] == 4107
    assert repeated["stars"] == 344
    assert repeated["different_magnitudes"] == 2758


def test_asas_phases_become_those_of_the_cosine_series(asas, data_dir):
    table = pl.read_csv(data_dir / "asas_i" / "spectroscopy.csv")
    sine = table.filter(pl.col("ID_ASAS") == "203815-0253.5")["phi31"][0]
    star = asas.stars.filter(pl.col("archive_id") == "203815-0253.5")["source_id"][0]
    cosine = asas.features.filter(pl.col("source_id") == star)["phi31"][0]
    assert cosine == pytest.approx((sine + math.pi) % (2 * math.pi))
    assert asas.features["fit_status"].unique().to_list() == ["ok"]


def test_asas_without_the_filter_is_refused_with_it_as_the_fix(data_dir):
    stars = {name: value for name, value in ASAS["stars"].items() if name != "where"}
    with pytest.raises(ArchiveError, match="246 of 649 rows have no archive_id") as caught:
        read_files(FilesArchive.model_validate(ASAS | {"stars": stars}), data_dir / "asas_i")
    assert '"ID_ASAS" IS NOT NULL' in caught.value.hint


def test_folded_gaia_light_curves_keep_their_phase(data_dir):
    columns = {"source_id": "source_id", "phase": "phase", "mag": "mag", "band": {"value": "G"}}
    known = {"source_id": "source_id", "archive_id": "ogle_id", "period": "period"}
    config = FilesArchive.model_validate(
        {
            "kind": "files",
            "stars": {"file": "stars.csv", "columns": known},
            "light_curves": {"file": "light_curves.parquet", "columns": columns},
        }
    )
    got = read_files(config, data_dir / "gaia_dr2_g_folded")
    assert got.stars.height == 12_392
    assert got.light_curves["phase"].is_between(0, 1).all()
    assert got.light_curves["time"].null_count() == got.light_curves.height == 313_888
    assert got.stars["period"].count() == 4799
    assert got.stars.filter(pl.col("period") < 0.2)["source_id"].to_list() == [4129198089716117888]


def test_parameters_of_the_lmc_come_through_unchanged(data_dir):
    columns = {"source_id": "source_id", "band": {"value": "G"}, "period": "Period"}
    columns |= {"a1": "A1", "a2": "A2", "a2_error": "A2_error", "phi31": "Phi31"}
    config = FilesArchive.model_validate(
        {
            "kind": "files",
            "stars": {
                "file": "stars.parquet",
                "columns": {"source_id": "source_id", "ra": "RA", "pulsation_type": "Type"},
            },
            "features": {"file": "stars.parquet", "columns": columns},
        }
    )
    got = read_files(config, data_dir / "muraveva25_lmc")
    given = pl.read_parquet(data_dir / "muraveva25_lmc" / "stars.parquet").sort("source_id")
    assert got.features.height == 9589
    for ours, theirs in [("period", "Period"), ("a2", "A2"), ("phi31", "Phi31")]:
        assert got.features[ours].to_list() == given[theirs].to_list()
    assert got.stars["pulsation_type"].value_counts().sort("count")["count"].to_list() == [
        606,
        8983,
    ]


def test_gaia_dr3_light_curves_and_parameters_come_together(data_dir):
    config = FilesArchive.model_validate(
        {
            "kind": "files",
            "stars": {
                "file": "rrab.csv",
                "columns": {
                    "source_id": "source_id",
                    "period": "pf",
                    "pulsation_type": {"value": "RRab"},
                },
            },
            "light_curves": {
                "file": "light_curves.csv",
                "columns": {
                    "source_id": "source_id",
                    "time": "time",
                    "mag": "mag",
                    "flux": "flux",
                    "flux_error": "flux_error",
                    "band": {"value": "G"},
                },
            },
            "features": {
                "file": "rrab.csv",
                "columns": {
                    "source_id": "source_id",
                    "band": {"value": "G"},
                    "period": "pf",
                    "a1": "A1",
                    "phi31": "phi31_g",
                    "phi31_error": "phi31_g_error",
                },
            },
        }
    )
    got = read_files(config, data_dir / "gaia_dr3_crestani21")
    assert (got.stars.height, got.light_curves.height, got.features.height) == (71, 525, 71)
    assert got.account["stars"]["without_light_curves"]["count"] == 61
    assert got.light_curves["time"].min() == pytest.approx(
        pl.read_csv(data_dir / "gaia_dr3_crestani21" / "light_curves.csv")["time"].min()
    )


@pytest.mark.parametrize(
    ("name", "observations", "timeless", "rejected"),
    [
        ("dr2_long_5813181197970338560.xml", 251, 0, 2),
        ("dr3_long_4057091150787104896.xml", 121, 5, 5),
    ],
)
def test_esa_tables_in_long_form_are_light_curves(data_dir, name, observations, timeless, rejected):
    flags = ["rejected_by_photometry", "rejected_by_variability"]
    names = ["source_id", "band", "time", "mag", "flux", "flux_error"]
    columns = {each: each for each in names} | {"rejected": {"any": flags}}
    config = FilesArchive.model_validate(
        {
            "kind": "files",
            "stars": {"file": name, "columns": {"source_id": "source_id"}},
            "light_curves": {"file": name, "columns": columns},
        }
    )
    folder = data_dir / "esa_epoch_photometry"
    got = read_files(config, folder)
    assert got.stars.height == 1
    assert got.light_curves.height == observations
    assert got.light_curves["band"].unique().sort().to_list() == ["BP", "G", "RP"]
    account = got.account["light_curves"]
    assert account["without_time"]["count"] == timeless
    raw = read(folder / name).frame
    placed = raw.filter(pl.col("time").is_not_null())
    either = placed.select(pl.any_horizontal(flags).sum()).item()
    assert account["rejected"] == got.light_curves["rejected"].sum() == either == rejected


def write_as(form: str, frame: pl.DataFrame, units: dict[str, u.UnitBase], path: Path) -> None:
    """Write a frame without nulls in a format, with its units where the format has them."""
    if form in ("csv", "parquet"):
        getattr(frame, f"write_{form}")(path)
        return
    table = Table({name: frame[name].to_numpy() for name in frame.columns if name != "asas_id"})
    if "asas_id" in frame.columns:
        table["asas_id"] = frame["asas_id"].to_numpy().astype(str)
    for name, unit in units.items():
        table[name].unit = unit
    if form == "votable":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            writeto(from_table(table), str(path), tabledata_format="binary2")
    elif form == "fits":
        fits.BinTableHDU(table).writeto(path)
    else:
        table.write(path, format="ascii.ecsv")


@pytest.mark.parametrize("form", ["csv", "parquet", "ecsv", "fits", "votable"])
def test_every_format_gives_the_same_archive(asas, data_dir, tmp_path, form):
    light_curves = pl.read_parquet(data_dir / "asas_i" / "light_curves.parquet")
    some = light_curves.filter(pl.col("asas_id").is_in(["203815-0253.5", "000036+2639.8"]))
    # In seconds where the format can say so, to see that it is heard.
    says_units = form in ("ecsv", "fits", "votable")
    seconds = some.with_columns(pl.col("time") * 86400) if says_units else some
    write_as(form, seconds, {"time": u.s, "mag": u.mag}, tmp_path / f"light_curves.{form}")
    names = {"archive_id": "asas_id", "mag": "mag", "time": "time", "band": {"value": "I"}}
    config = FilesArchive.model_validate(
        {name: ASAS[name] for name in ("kind", "survey", "time")}
        | {
            "stars": {
                "file": f"light_curves.{form}",
                "columns": {"archive_id": "asas_id"},
            },
            "light_curves": {"file": f"light_curves.{form}", "columns": names},
        }
    )
    got = read_files(config, tmp_path)
    ids = asas.stars.filter(pl.col("archive_id").is_in(some["asas_id"].unique().implode()))
    expected = asas.light_curves.filter(pl.col("source_id").is_in(ids["source_id"].implode()))
    assert got.stars["source_id"].to_list() == ids["source_id"].to_list()
    # Observations at one epoch stand in the order of their magnitudes in both.
    assert got.light_curves["mag"].to_list() == expected["mag"].to_list()
    assert_frame_equal(got.light_curves.select("time"), expected.select("time"), abs_tol=1e-9)


def test_asas_identifiers_are_spread_over_the_range(asas):
    ids = asas.stars["source_id"].to_numpy()
    assert np.histogram(ids, bins=4, range=(0, 2.0**63))[0].min() > 450


def test_a_time_system_that_the_esa_table_contradicts_is_refused(data_dir):
    name = "dr3_long_4057091150787104896.xml"
    columns = {each: each for each in ["source_id", "band", "time", "mag"]}
    config = FilesArchive.model_validate(
        {
            "kind": "files",
            "time": {"scale": "TDB", "origin_jd": 2400000.5},
            "stars": {"file": name, "columns": {"source_id": "source_id"}},
            "light_curves": {"file": name, "columns": columns},
        }
    )
    with pytest.raises(ArchiveError) as caught:
        read_files(config, data_dir / "esa_epoch_photometry")
    assert caught.value.message == (
        "the file states another time system than the recipe: scale TCB and not TDB, "
        "origin_jd 2455197.5 and not 2400000.5"
    )


def test_the_wide_esa_form_is_read_band_by_band(data_dir):
    name = "dr3_wide_first5rows.vot"
    star = {"source_id": {"value": 1457486023639239296}}
    columns = {"time": "bp_obs_time", "mag": "bp_mag", "band": {"value": "BP"}}
    columns |= {"rejected": "variability_flag_bp_reject"}
    config = FilesArchive.model_validate(
        {
            "kind": "files",
            "bad_stars": "keep",
            "stars": {"file": name, "columns": star},
            "light_curves": {"file": name, "columns": star | columns},
        }
    )
    got = read_files(config, data_dir / "esa_epoch_photometry")
    assert got.stars["source_id"].to_list() == [1457486023639239296]
    assert got.light_curves.height == 5
