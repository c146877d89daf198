"""Every star of the file is in the sample or in the table with the reason why not."""

import itertools
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from rrcat.archive.identity import identifiers, source_id
from rrcat.calibration.config import CalibrationSection
from rrcat.calibration.sample import Sample, read_sample, stars_named
from rrcat.errors import RecipeError
from rrcat.schema import check, load

COLUMNS = {
    "archive_id": "id",
    "other_id": "gaia",
    "name": "name",
    "feh": "feh",
    "feh_error": "e_feh",
    "shift": "shift",
    "source": "paper",
    "pulsation_type": "type",
    "blazhko": {"column": "bl", "values": {"Y": True, "N": False}},
    "period": "period",
}
GOOD = {
    "id": "s1",
    "gaia": "1001",
    "name": "RR Lyr",
    "feh": "-1.5",
    "e_feh": "0.1",
    "shift": "0",
    "paper": "Doe 2020",
    "type": "RRab",
    "bl": "N",
    "period": "0.56",
}


def sample(folder: Path, *rows: dict[str, str], **config: Any) -> Sample:
    cells = [[{**GOOD, **row}[name] for name in GOOD] for row in rows]
    lines = [",".join(line) for line in [list(GOOD), *cells]]
    (folder / "spectra.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    section = CalibrationSection(
        **{"file": "spectra.csv", "scale": "C21", "columns": COLUMNS, **config}
    )
    served = pl.Series([source_id("survey", f"s{number}") for number in range(1, 6)])
    return read_sample(section, folder, survey="survey", with_light_curve=served, scale="C21")


def reasons(made: Sample) -> dict[str, str | None]:
    return dict(made.stars.select("archive_id", "reason").iter_rows())


def test_the_sample_conforms_and_has_one_row_a_star(tmp_path: Path) -> None:
    made = sample(tmp_path, {}, {"feh": "-1.7", "paper": "Roe 2021"}, {"id": "s2", "gaia": "1002"})
    check(made.calibrators, load("calibrators"))
    star = made.calibrators.row(
        by_predicate=pl.col("source_id") == source_id("survey", "s1"), named=True
    )
    assert star["feh"] == pytest.approx(-1.6)
    assert star["n_spectra"] == 2
    assert star["sources"] == "Doe 2020; Roe 2021"
    assert made.calibrators.height == 2


def test_the_shift_is_added(tmp_path: Path) -> None:
    made = sample(tmp_path, {"shift": "-0.259"})
    assert made.calibrators["feh"][0] == pytest.approx(-1.759)


def test_a_star_under_two_names_is_one_and_two_stars_of_one_name_are_two(tmp_path: Path) -> None:
    made = sample(
        tmp_path,
        {"name": "ASAS-1"},
        {"name": "ASAS-J1", "id": ""},  # joined by its Gaia id alone
        {"id": "s2", "gaia": "1002", "name": "BN Aqr"},
        {"id": "s3", "gaia": "1003", "name": "BN Aqr"},
    )
    assert made.calibrators.height == 3
    assert "ASAS-1; ASAS-J1" in made.stars["name"].to_list()


def test_an_empty_identifier_joins_nothing(tmp_path: Path) -> None:
    pl.DataFrame([{**GOOD, "gaia": ""}, {**GOOD, "id": "s2", "gaia": ""}]).write_csv(
        tmp_path / "quoted.csv"
    )
    made = sample(tmp_path, {}, file="quoted.csv")
    assert made.calibrators.height == 2


def test_of_two_light_curves_of_one_star_one_is_taken(tmp_path: Path) -> None:
    made = sample(tmp_path, {}, {"id": "s2"})
    assert made.calibrators.height == 1
    assert made.stars.height == 1
    assert made.calibrators["source_id"][0] in {source_id("survey", id) for id in ("s1", "s2")}


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ({"feh": ""}, "no [Fe/H]"),
        ({"feh": "NaN"}, "no [Fe/H]"),
        ({"feh": "99"}, "[Fe/H] out of range"),
        ({"feh": "-9.99"}, "[Fe/H] out of range"),
        ({"e_feh": ""}, "no error"),
        ({"e_feh": "NaN"}, "no error"),
        ({"e_feh": "0"}, "no error"),
        ({"shift": ""}, "no shift to the scale"),
        ({"id": "s9"}, "no light curve"),
        ({"feh": "99", "id": "s9"}, "[Fe/H] out of range; no light curve"),
    ],
)
def test_a_star_that_cannot_be_used_is_listed_with_the_reason(
    tmp_path: Path, bad: dict[str, str], reason: str
) -> None:
    bad = {"id": "s2", "gaia": "1002", **bad}
    made = sample(tmp_path, {}, bad)
    assert reasons(made) == {"s1": None, bad["id"]: reason}
    assert made.calibrators.height == 1


def test_a_star_with_two_periods_or_types_is_left_out(tmp_path: Path) -> None:
    made = sample(
        tmp_path,
        {},
        {"id": "s2", "gaia": "1002"},
        {"id": "s2", "gaia": "1002", "period": "0.359"},
        {"id": "s3", "gaia": "1003"},
        {"id": "s3", "gaia": "1003", "type": "RRc"},
        {"id": "s4", "gaia": "1004", "period": "0.56"},
        {"id": "s4", "gaia": "1004", "period": "0.56001"},
    )
    assert reasons(made) == {
        "s1": None,
        "s2": "two periods",
        "s3": "two pulsation types",
        "s4": None,
    }


def test_where_leaves_out_measurements_and_says_so(tmp_path: Path) -> None:
    made = sample(
        tmp_path,
        {"feh": "-2.9", "paper": "Bad 1900"},
        {},
        {"id": "s2", "gaia": "1002", "paper": "Bad 1900"},
        where="paper <> 'Bad 1900'",
    )
    assert reasons(made) == {"s1": None, "s2": "left out by where"}
    assert made.calibrators["feh"].to_list() == [-1.5]
    assert made.stars["n_left_out"].to_list() == [1, 1]


def test_blazhko_stays_beside_the_type(tmp_path: Path) -> None:
    made = sample(tmp_path, {"bl": "Y"}, {"bl": "N"}, {"id": "s2", "gaia": "1002"})
    told = dict(made.stars.select("archive_id", "blazhko").iter_rows())
    assert told == {"s1": True, "s2": False}
    assert set(made.calibrators["pulsation_type"]) == {"RRab"}


def test_without_any_calibrator_the_error_counts_the_reasons(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="2 no error"):
        sample(tmp_path, {"e_feh": ""}, {"id": "s2", "gaia": "1002", "e_feh": ""})


def test_the_order_of_the_rows_does_not_matter(tmp_path: Path) -> None:
    rows: list[dict[str, str]] = [
        {},
        {"feh": "-1.3", "id": "", "e_feh": "0.3"},
        {"feh": "-1.7", "gaia": ""},
        {"id": "s2", "gaia": "1002", "feh": "-0.5"},
    ]
    samples = [sample(tmp_path, *order) for order in itertools.permutations(rows)]
    assert all(one.calibrators.equals(samples[0].calibrators) for one in samples)
    assert all(one.stars.equals(samples[0].stars) for one in samples)


def test_measurements_are_converted_to_the_scale_of_the_catalogue(tmp_path: Path) -> None:
    pl.DataFrame([GOOD]).write_csv(tmp_path / "spectra.csv")
    section = CalibrationSection(file="spectra.csv", scale="ZW84", columns=COLUMNS)
    made = read_sample(
        section,
        tmp_path,
        survey="survey",
        with_light_curve=pl.Series([source_id("survey", "s1")]),
        scale="C09",
    )
    assert made.calibrators["feh"][0] == pytest.approx(-1.5 * 1.105 + 0.160)
    assert made.calibrators["feh_error"][0] == pytest.approx(0.1 * 1.105)
    assert made.calibrators["feh_scale"][0] == "C09"


def test_a_file_names_every_light_curve_of_its_stars(tmp_path: Path) -> None:
    rows = [GOOD, {**GOOD, "id": "s2"}, {**GOOD, "id": "s3", "gaia": "1003", "paper": "Bad 1900"}]
    pl.DataFrame(rows).write_csv(tmp_path / "spectra.csv")
    section = CalibrationSection(
        file="spectra.csv", scale="C21", columns=COLUMNS, where="paper <> 'Bad 1900'"
    )
    named = stars_named(section, tmp_path, survey="survey")
    assert set(named) == {source_id("survey", "s1"), source_id("survey", "s2")}


def test_the_spectra_of_asas_give_73_stars(data_dir: Path) -> None:
    types = {"RRab": "RRab", "RRab-BL": "RRab", "RRc": "RRc", "RRc-BL": "RRc"}
    types |= dict.fromkeys(("CWa", "CWb", "EB", "HADS?"), "other")
    section = CalibrationSection(
        file="spectroscopy.csv",
        where="keep IS NULL OR keep <> 0",
        scale="C21",
        columns={
            "archive_id": "ID_ASAS",
            "other_id": "gaia_dr2_source_id",
            "feh": "feh",
            "feh_error": "e_feh",
            "shift": "shift",
            "period": "period",
            "pulsation_type": {"column": "type", "values": types},
            "blazhko": {"column": "type", "contains": "-BL"},
        },
    )
    folder = data_dir / "asas_i"
    ids = pl.scan_parquet(folder / "light_curves.parquet").select("asas_id").unique().collect()
    served = identifiers("ASAS", ids["asas_id"].cast(pl.String))["source_id"]
    made = read_sample(section, folder, survey="ASAS", with_light_curve=served, scale="C21")
    counts = made.calibrators.group_by("pulsation_type", "blazhko").len().rows()
    assert {(kind, blazhko): n for kind, blazhko, n in counts} == {
        ("RRab", False): 40,
        ("RRab", True): 14,
        ("RRc", False): 13,
        ("RRc", True): 6,
    }
    assert made.stars["reason"].null_count() == 73
