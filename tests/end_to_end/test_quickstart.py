"""The recipe and the commands of the quickstart, followed to the letter on simulated stars."""

import re
from pathlib import Path

import polars as pl
import pytest

from rrcat.archive.config import GAIA_ORIGIN_JD
from rrcat.cli.main import main
from rrcat.simulate import simulate

QUICKSTART = Path(__file__).resolve().parents[2] / "docs" / "quickstart.md"


def block(language: str, containing: str) -> str:
    """Give the one code block of the page that holds some words."""
    blocks = re.findall(rf"```{language}\n(.*?)```", QUICKSTART.read_text("utf-8"), re.DOTALL)
    (found,) = [text for text in blocks if containing in text]
    return found


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with a recipe and data as the page describes them."""
    survey = simulate(30, seed=1)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my-stars").mkdir()
    (tmp_path / "my-stars" / "recipe.toml").write_text(block("toml", "my-stars"), "utf-8")
    (tmp_path / "data").mkdir()
    known = survey["stars"].filter(pl.col("pulsation_type").is_in(["RRab", "RRc"]))
    known.select(
        "source_id", P="period", type=pl.col("pulsation_type").str.strip_prefix("RR")
    ).write_csv("data/stars.csv")
    survey["light_curves"].select(
        "source_id", "mag", bjd=pl.col("time") + GAIA_ORIGIN_JD, e_mag="mag_error"
    ).write_parquet("data/photometry.parquet")
    return tmp_path


def test_commands_of_the_quickstart_give_a_verified_release(here):
    for line in block("sh", "rrcat verify").splitlines():
        command = line.replace("/where/the/files/are", "data").split()
        assert command[0] == "rrcat"
        assert main(command[1:]) == 0
    stars = pl.read_parquet("my-stars/my-stars-1.0.0/my-stars.parquet")
    assert stars.height == 30
    assert stars.filter(feh_status="ok").height > 20
    assert stars.filter(feh_status="ok")["feh"].null_count() == 0
