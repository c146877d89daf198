"""The truth of simulated stars found again through the whole chain, on a small survey.

With few calibrators errors are not known to better than a tenth or two; how well they are with many
is told in docs/closed_loop.md, and measured by benchmarks/closed_loop.py.
"""

import polars as pl
import pytest

from rrcat.run.build import build_catalogue
from rrcat.run.workspace import Request
from rrcat.schema import load
from rrcat.simulate.closed_loop import compare, flag_table, moduli, recovered, trend, warned
from rrcat.simulate.recipe import recipe_text

BITS = tuple(load("rrl_metallicity")["flags"].bits)
N, LIMIT = 500, 16.5  # of bright stars many have spectra
QUICK = 'params = { band = "G", n_trials = 1, max_rounds = 60, n_boosters = 1 }'


@pytest.fixture(scope="module")
def stars(tmp_path_factory):
    """The stars that were not learned from, beside their truth."""
    folder = tmp_path_factory.mktemp("loop")
    text = recipe_text(("fourier-xgboost", "literature-relations"), N, 1, "curved")
    text = text.replace('truth = "curved"', f'truth = "curved"\nmagnitude_limit = {LIMIT}')
    slow = next(line for line in text.splitlines() if "n_boosters" in line)
    recipe = folder / "recipe.toml"
    recipe.write_text(text.replace(slow, QUICK), "utf-8")
    build_catalogue(Request(recipe, folder / "out", workers=1))
    catalogue, truth, calibrators = (
        pl.read_parquet(folder / "out" / f"{name}.parquet")
        for name in ("catalogue", "simulated/truth", "calibrators")
    )
    found = compare(catalogue, truth, calibrators["source_id"], BITS)
    assert found.height > 0.9 * N
    return found.filter(~pl.col("learned"))


def test_errors_are_about_as_large_as_they_say(stars):
    told = recovered(stars.filter(~pl.col("warned"))).row(0, named=True)
    assert told["n"] > 150
    assert abs(told["bias"]) < 0.1
    assert 0.1 < told["scatter"] < 0.35
    assert told["coverage_68"] == pytest.approx(0.70, abs=0.12)
    assert told["coverage_95"] > 0.90


def test_bias_does_not_change_with_magnitude(stars):
    found = trend(stars.filter(~pl.col("warned")))
    assert abs(found.slope) < 0.02 + 3 * found.error


def test_few_stars_have_a_warning_and_most_that_are_wrong_do(stars):
    assert stars["warned"].mean() < 0.30
    (wrong,) = warned(stars).filter(what="told").to_dicts()
    assert wrong["n"] > 4
    assert wrong["caught"] > 2 * stars["warned"].mean()


def test_what_the_archive_says_of_modulation_is_true(stars):
    (row,) = flag_table(stars, BITS).filter(flag="blazhko").to_dicts()
    assert row["precision"] == 1.0


def test_moduli_are_those_of_the_stars(stars):
    told = moduli(stars.filter(~pl.col("warned"))).row(0, named=True)
    assert abs(told["bias"]) < 0.05
    assert told["pull"] == pytest.approx(1.0, abs=0.25)
