"""The stars of folded Gaia light curves with a reference metallicity: each is asked for."""

import json
from pathlib import Path

import polars as pl

from rrcat.cli.main import main

RECIPE = Path(__file__).parents[2] / "catalogues" / "ogle-gaia-g" / "recipe.toml"


def test_every_star_with_period_and_reference_is_evaluated(data_dir: Path, tmp_path: Path) -> None:
    data, output = data_dir / "gaia_dr2_g_folded", tmp_path / "out"
    relations = ["--estimator", "literature-relations"]
    args = ["evaluate", str(RECIPE), "--data", str(data), "--output", str(output), *relations]
    assert main(args) == 0
    told = json.loads((output / "evaluation.json").read_text())
    metrics = told["estimators"]["literature-relations"]["all"]
    assert metrics["n_asked"] == 2246
    assert metrics["n"] >= 0.99 * 2246
    assert metrics["rmse"] < 0.32
    sample = pl.read_csv(output / "sample.csv", infer_schema_length=None)
    assert sample.height == 12392 - 1  # two Gaia sources were matched to one OGLE star
    assert sample.filter(~pl.col("taken"))["reason"].null_count() == 0
