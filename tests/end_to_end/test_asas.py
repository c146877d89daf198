"""The first real catalogue: every ASAS star has a row with a value or a reason."""

import json
from pathlib import Path

import polars as pl
import pytest

from rrcat.cli.main import main

RECIPE = Path(__file__).parents[2] / "catalogues" / "asas-i" / "recipe.toml"
RELATIONS = ("--estimator", "literature-relations")


def build(recipe: Path, data_dir: Path, output: Path, *more: str) -> pl.DataFrame:
    args = ["build", str(recipe), "--data", str(data_dir / "asas_i"), "--output", str(output)]
    assert main([*args, *more]) == 0
    return pl.read_parquet(output / "catalogue.parquet")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the recipe of the catalogue without its search of periods."""
    path = tmp_path_factory.mktemp("recipe") / "recipe.toml"
    off = "[period_search]\nenabled = false\n\n[[estimator]]"
    path.write_text(RECIPE.read_text().replace("[[estimator]]", off, 1))
    return path


@pytest.fixture(scope="module")
def candidate(published: Path, data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("asas") / "candidate"
    build(published, data_dir, output, *RELATIONS)
    return output


@pytest.fixture(scope="module")
def catalogue(candidate: Path) -> pl.DataFrame:
    return pl.read_parquet(candidate / "catalogue.parquet")


def has_value_or_reason(catalogue: pl.DataFrame) -> bool:
    has_value = catalogue["feh"].is_not_null()
    return bool(
        (has_value == (catalogue["feh_status"] == "ok")).all()
        and (has_value == catalogue["feh_error"].is_not_null()).all()
    )


def test_every_star_has_a_row_with_a_value_or_a_reason(catalogue: pl.DataFrame) -> None:
    assert catalogue.height == 2187
    assert catalogue["archive_id"].n_unique() == 2187
    assert has_value_or_reason(catalogue)


def test_stars_with_period_and_type_have_a_metallicity(
    catalogue: pl.DataFrame, data_dir: Path
) -> None:
    table = pl.read_csv(data_dir / "asas_i" / "spectroscopy.csv", infer_schema_length=None)
    able = table.filter(
        pl.col("period").is_not_null(),
        pl.col("type").str.starts_with("RR"),
        pl.col("ID_ASAS").is_not_null(),
    )
    served = catalogue.filter(pl.col("archive_id").is_in(able["ID_ASAS"].unique().to_list()))
    assert served.height == 73
    # One RRc has a third harmonic so weak that nothing is known of its phase.
    assert served["feh_status"].value_counts(sort=True).rows() == [
        ("ok", 72),
        ("uncertain_features", 1),
    ]


def test_the_others_say_why_not_yet(catalogue: pl.DataFrame) -> None:
    reasons = catalogue.filter(pl.col("feh").is_null())["feh_status"].value_counts()
    assert dict(reasons.iter_rows())["no_period"] == 2114


@pytest.mark.slow
def test_with_the_period_search_nearly_every_star_has_a_value_or_a_warning(
    data_dir: Path, tmp_path: Path
) -> None:
    catalogue = build(RECIPE, data_dir, tmp_path / "candidate")
    assert catalogue.height == 2187
    assert has_value_or_reason(catalogue)
    assert (catalogue["feh_status"] == "ok").mean() > 0.8  # type: ignore[operator]
    told = catalogue["feh"].is_not_null() | catalogue["feh_status"].is_in(
        ["unsupported_pulsation_type", "uncertain_features"]
    )
    assert told.mean() >= 0.95  # type: ignore[operator]


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
    candidate: Path, published: Path, data_dir: Path
) -> None:
    before = {path: path.read_bytes() for path in candidate.glob("*.parquet")}
    build(published, data_dir, candidate, *RELATIONS)
    assert {path: path.read_bytes() for path in candidate.glob("*.parquet")} == before
