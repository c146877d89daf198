"""The first real catalogue: every ASAS star has a row with a value or a reason."""

import json
from pathlib import Path

import polars as pl
import pytest

from rrcat.cli.main import main

RECIPE = Path(__file__).parents[2] / "catalogues" / "asas-i" / "recipe.toml"


@pytest.fixture(scope="module")
def candidate(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("asas") / "candidate"
    args = ["build", str(RECIPE), "--data", str(data_dir / "asas_i"), "--output", str(output)]
    assert main(args) == 0
    return output


@pytest.fixture(scope="module")
def catalogue(candidate: Path) -> pl.DataFrame:
    return pl.read_parquet(candidate / "catalogue.parquet")


def test_every_star_has_a_row_with_a_value_or_a_reason(catalogue: pl.DataFrame) -> None:
    assert catalogue.height == 2187
    assert catalogue["archive_id"].n_unique() == 2187
    has_value = catalogue["feh"].is_not_null()
    assert (has_value == (catalogue["feh_status"] == "ok")).all()
    assert (catalogue["feh_error"].is_not_null() == has_value).all()


def test_stars_with_period_and_type_have_a_metallicity(
    catalogue: pl.DataFrame, data_dir: Path
) -> None:
    table = pl.read_csv(data_dir / "asas_i" / "spectroscopy.csv", infer_schema_length=None)
    able = table.filter(
        pl.col("period").is_not_null() & pl.col("type").str.starts_with("RR")
    ).filter(pl.col("ID_ASAS").is_not_null())
    ids = set(able["ID_ASAS"])
    served = set(catalogue.filter(pl.col("feh").is_not_null())["archive_id"])
    assert served == ids
    assert len(ids) == 73


def test_the_others_say_why_not_yet(catalogue: pl.DataFrame) -> None:
    reasons = catalogue.filter(pl.col("feh").is_null())["feh_status"].value_counts()
    assert dict(reasons.iter_rows()) == {"no_period": 2114}


def test_metallicities_agree_with_spectroscopy(catalogue: pl.DataFrame, data_dir: Path) -> None:
    """Dekany et al. (2021) state a mean absolute error of 0.16 dex for RRab, 0.18 for RRc."""
    spectra = (
        pl.read_csv(data_dir / "asas_i" / "spectroscopy.csv", infer_schema_length=None)
        .filter(pl.col("keep").is_null() | (pl.col("keep") != 0))
        .group_by("ID_ASAS")
        .agg(true=(pl.col("feh") + pl.col("shift")).mean())
    )
    both = catalogue.filter(pl.col("feh").is_not_null(), flags_without_blazhko()).join(
        spectra, left_on="archive_id", right_on="ID_ASAS"
    )
    error = both.group_by("pulsation_type").agg(
        pl.len(), mae=(pl.col("feh") - pl.col("true")).abs().mean()
    )
    measured = {row["pulsation_type"]: row for row in error.iter_rows(named=True)}
    assert measured["RRab"]["mae"] < 0.25
    assert measured["RRc"]["mae"] < 0.35


def flags_without_blazhko() -> pl.Expr:
    return (pl.col("flags") & 64) == 0


def test_the_account_tells_what_the_archive_gave(candidate: Path) -> None:
    account = json.loads((candidate / "account.json").read_text())
    assert "2187" in json.dumps(account)


def test_a_second_run_has_nothing_left_to_do_and_changes_nothing(
    candidate: Path, data_dir: Path
) -> None:
    before = {path: path.read_bytes() for path in candidate.glob("*.parquet")}
    args = ["build", str(RECIPE), "--data", str(data_dir / "asas_i"), "--output", str(candidate)]
    assert main(args) == 0
    assert {path: path.read_bytes() for path in candidate.glob("*.parquet")} == before
