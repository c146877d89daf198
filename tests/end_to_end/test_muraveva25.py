"""A catalogue from the archive's own features: a published relation carried over exactly."""

from pathlib import Path

import polars as pl
import pytest

from rrcat.cli.main import main

RECIPE = Path(__file__).parents[2] / "catalogues" / "muraveva25-lmc" / "recipe.toml"


@pytest.fixture(scope="module")
def joined(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    data, output = data_dir / "muraveva25_lmc", tmp_path_factory.mktemp("lmc") / "candidate"
    assert main(["build", str(RECIPE), "--data", str(data), "--output", str(output)]) == 0
    catalogue = pl.read_parquet(output / "catalogue.parquet")
    return catalogue.join(pl.read_parquet(data / "stars.parquet"), on="source_id")


def test_all_published_metallicities_are_reproduced(joined: pl.DataFrame) -> None:
    assert joined.height == 9589
    assert joined["feh"].null_count() == 0
    assert (joined["feh"] - joined["[Fe/H]"]).abs().max() <= 1e-5  # type: ignore[operator]


def test_errors_are_of_the_published_size(joined: pl.DataFrame) -> None:
    ratio = joined["feh_error"] / joined["[Fe/H]_error"]
    assert 0.7 < ratio.median() < 1.4  # type: ignore[operator]


def test_without_magnitudes_there_are_no_distances(
    data_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = tmp_path / "recipe.toml"
    section = '\n[distance]\nrelation = "muraveva18"\nextinction = []\n'
    recipe.write_text(RECIPE.read_text() + section)
    data, output = data_dir / "muraveva25_lmc", tmp_path / "candidate"
    assert main(["build", str(recipe), "--data", str(data), "--output", str(output)]) == 1
    assert "has an intensity-averaged magnitude in G" in capsys.readouterr().err
