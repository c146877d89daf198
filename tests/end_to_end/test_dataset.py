"""Training sets of real folded light curves, and of a simulated archive."""

import json
from pathlib import Path

import numpy as np
import polars as pl

from rrcat.cli.main import main
from rrcat.estimator import batches, read_dataset

RECIPE = Path(__file__).parents[2] / "catalogues" / "ogle-gaia-g" / "recipe.toml"

SIMULATED = """
[catalogue]
name = "made-up"
title = "Simulated stars"
scale = "C21"

[archive]
kind = "simulated"
stars = 300
seed = 1

[calibration]
file = "spectra.parquet"
scale = "C21"
columns = { source_id = "source_id", feh = "feh", feh_error = "feh_error" }

[[estimator]]
id = "literature-relations"
"""


def test_every_star_with_period_and_reference_is_in_the_training_set(
    data_dir: Path, tmp_path: Path
) -> None:
    data, output = data_dir / "gaia_dr2_g_folded", tmp_path / "set"
    args = ["dataset", str(RECIPE), "--data", str(data), "--output", str(output)]
    assert main(args) == 0
    made = read_dataset(output)
    assert made.facts["rows"] == dict.fromkeys(("sequences", "features", "labels", "folds"), 2246)
    assert made.facts["splits"] == {"test": 224, "train": 1797, "validation": 225}
    rows = pl.concat(batches(output, 500, split="train", features=["a1", "phi31"]))
    assert rows.height == 1797
    assert rows["mag_error"].null_count() == rows.height  # the archive gives none
    phase = rows["phase"].explode()
    assert 0.0 <= phase.min() <= phase.max() < 1.0
    # What follows the first harmonic is faint at phase 0 and bright half a cycle later.
    mag = rows["mag"].explode().to_numpy()
    assert np.corrcoef(mag, np.cos(2 * np.pi * phase.to_numpy()))[0, 1] > 0.7


def test_a_simulated_archive_gives_sequences_with_errors(tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(SIMULATED)
    output = tmp_path / "set"
    assert main(["dataset", str(recipe), "--output", str(output), "--workers", "1"]) == 0
    made = read_dataset(output)
    sequences = made.scan("sequences").collect()
    assert sequences["band"].n_unique() > 1
    assert sequences["mag_error"].null_count() == 0
    facts = json.loads((output / "dataset.json").read_text())
    assert facts["statuses"]["ok"] > 30
