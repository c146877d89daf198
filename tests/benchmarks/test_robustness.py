"""What `benchmarks/robustness.py` and `learning_curve.py` change of stars is what they say."""

import importlib
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from rrcat.catalogue.recipe import read_recipe
from rrcat.estimator.batch import StarBatch
from rrcat.fourier import fit_light_curves
from rrcat.testing import synthetic_batch

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
RECIPE = BENCHMARKS.parent / "catalogues" / "ogle-gaia-g" / "networks.toml"
BOTH = ["source_id", "phase", "mag"]


@pytest.fixture(scope="module")
def benchmarks():
    sys.path.insert(0, str(BENCHMARKS))
    try:
        yield {name: importlib.import_module(name) for name in ("robustness", "_study")}
    finally:
        sys.path.remove(str(BENCHMARKS))
        for name in ("robustness", "_study"):
            sys.modules.pop(name, None)


@pytest.fixture(scope="module")
def robustness(benchmarks):
    return benchmarks["robustness"]


@pytest.fixture(scope="module")
def stars():
    batch, _ = synthetic_batch(30, seed=3, bands=["G"])
    return StarBatch(batch.stars.filter(pulsation_type="RRab"), features=batch.features)


@pytest.fixture(scope="module")
def folded(robustness, stars):
    features = stars.features.join(stars.stars, on="source_id", how="semi")
    times = robustness.observed(features, seed=1)
    return robustness.folded(times, stars.stars)


def test_fewer_epochs_are_among_more(robustness, folded):
    few, more = (robustness.thinned(folded, number, seed=0) for number in (12, 20))
    assert set(few.group_by("source_id").len()["len"]) == {12}
    assert set(more.group_by("source_id").len()["len"]) == {20}
    assert few.join(more, on=BOTH, how="anti").is_empty()


def test_a_star_with_too_few_epochs_is_not_thinned(robustness, folded):
    star = folded["source_id"][0]
    short = folded.filter((pl.col("source_id") != star) | (pl.col("phase") < 0.2))
    assert star not in robustness.thinned(short, 20, seed=0)["source_id"]


def test_what_is_thinned_does_not_depend_on_the_other_stars(robustness, folded):
    star = folded["source_id"][-1]
    alone = robustness.thinned(folded.filter(source_id=star), 12, seed=0)
    assert alone.equals(robustness.thinned(folded, 12, seed=0).filter(source_id=star))


def test_a_simulated_light_curve_is_that_which_was_fitted(robustness, stars):
    features = stars.features.join(stars.stars, on="source_id", how="semi")
    times = robustness.observed(features.with_columns(n_observations=200), seed=1)
    again = fit_light_curves(times, stars.stars, ["G"]).filter(fit_status="ok")
    both = features.join(again, on="source_id", suffix="_again")
    assert both.height == stars.stars.height
    assert (both["a1"] - both["a1_again"]).abs().max() < 0.01
    apart = np.angle(np.exp(1j * (both["phi31"] - both["phi31_again"]).to_numpy()))
    assert np.median(np.abs(apart)) < 0.1


def test_a_right_period_folds_back_what_a_wrong_one_smears(robustness, stars):
    features = stars.features.join(stars.stars, on="source_id", how="semi")
    times, recipe = robustness.observed(features, seed=1), read_recipe(RECIPE)
    scatter = {}
    for shift in (0.0, 1e-3):
        wrong = robustness.mistaken(stars.stars, shift)
        for name, light_curves in (("held", robustness.folded(times, wrong)), ("fitted", times)):
            found = robustness.fitted(light_curves, wrong, recipe).features
            scatter[name, shift] = found["residual_scatter"].median()
    assert scatter["held", 1e-3] > 3 * scatter["held", 0.0]
    assert scatter["fitted", 0.0] < 1.5 * scatter["held", 0.0]


def test_periods_are_too_long_and_too_short_in_turns(robustness, stars):
    wrong = robustness.mistaken(stars.stars, 1e-4)["period"] / stars.stars["period"] - 1
    assert np.allclose(wrong.abs(), 1e-4, rtol=1e-6)
    assert abs(wrong.sign().sum()) <= 1


def test_fewer_stars_are_among_more(benchmarks):
    calibrators = pl.DataFrame({"source_id": range(100)})
    some = [
        set(benchmarks["_study"].some_of(calibrators, n, seed=5)["source_id"]) for n in (20, 50)
    ]
    assert len(some[0]) == 20
    assert some[0] < some[1]
