"""The estimator against spectroscopy: what its README and the documentation say of it."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from rrcat_stan.estimator import BayesRelation
from scipy import stats

from rrcat.estimator import StarBatch
from rrcat.run.folds import loaded

CATALOGUES = Path(__file__).parents[3] / "catalogues"


@pytest.fixture(scope="module")
def gaia(data_dir):
    """The 71 RRab with Gaia's parameters, as the recipe gaia-dr3-crestani21 has them."""
    table = pl.read_csv(data_dir / "gaia_dr3_crestani21" / "rrab.csv")
    names = {"pf": "period", "phi31_g": "phi31", "phi21_g": "phi21"}
    features = table.select(
        "source_id",
        *(pl.col(old).alias(new) for old, new in names.items()),
        *(pl.col(f"{old}_error").alias(f"{new}_error") for old, new in names.items()),
        band=pl.lit("G"),
        fit_status=pl.lit("ok"),
    )
    stars = features.select("source_id", "period", pulsation_type=pl.lit("RRab"))
    calibrators = table.select(
        "source_id", feh="FeH", feh_error=pl.lit(0.1), feh_scale=pl.lit("C21")
    )
    return StarBatch(stars, features=features), calibrators


@pytest.fixture(scope="module")
def relation(gaia, cmdstan):
    return BayesRelation().fit(*gaia).relations["RRab"]


def rmse(stars):
    return float(((stars["left_out_feh"] - stars["feh"]) ** 2).mean() ** 0.5)


def test_gaia_stars_left_out_are_foretold(relation):
    stars = relation.calibrators
    assert stars.height == 71
    assert rmse(stars) <= 0.295
    sure = stars.filter(pl.col("phi31_error") < 0.3)
    assert sure.height == 59
    assert rmse(sure) <= 0.28
    assert stars["pareto_k"].max() < 0.7


def test_gaia_intervals_cover_what_they_say(relation):
    probability = relation.calibrators["left_out_probability"].to_numpy()
    for share in (0.68, 0.95):
        within = int((np.abs(probability - 0.5) < share / 2.0).sum())
        assert abs(within - 71 * share) <= 2.0 * stats.binom.std(71, share), share


def test_gaia_slopes_agree_with_the_published_ones(relation):
    told = relation.account["parameters"]
    for name, published in (("period", -5.55), ("phi31", 0.94)):
        assert abs(told[name]["mean"] - published) <= 2.0 * told[name]["sd"], name


def evaluated(recipe, data, output, estimator="bayes-relation"):
    command = ["-m", "rrcat", "evaluate", str(CATALOGUES / recipe / "recipe.toml")]
    command += ["--estimator", estimator, "--data", str(data), "--output", str(output)]
    subprocess.run([sys.executable, *command], check=True, capture_output=True)
    return json.loads((output / "evaluation.json").read_bytes())


@pytest.mark.slow
def test_gaia_stars_left_out_one_by_one_are_foretold(cmdstan, data_dir, tmp_path):
    told = evaluated("gaia-dr3-crestani21", data_dir / "gaia_dr3_crestani21", tmp_path / "out")
    of_all = told["estimators"]["bayes-relation"]["all"]
    assert of_all["n"] == of_all["n_asked"] == 71
    assert of_all["rmse"] <= 0.295
    for share in (68, 95):
        spread = 2.0 * stats.binom.std(71, share / 100) / 71
        assert abs(of_all[f"coverage_{share}"] - share / 100) <= spread


@pytest.mark.slow
def test_asas_stars_left_out_are_foretold_from_their_light_curves(cmdstan, data_dir, tmp_path):
    told = evaluated("asas-i-bayes", data_dir / "asas_i", tmp_path / "out")
    metrics = told["estimators"]["bayes-relation"] | told["groups"]["bayes-relation"]
    assert metrics["RRab"]["n"] == metrics["RRab"]["n_asked"] == 54
    assert metrics["RRab"]["rmse"] <= 0.222
    assert metrics["RRab"]["mae"] <= 0.17
    assert metrics["RRc"]["n"] == metrics["RRc"]["n_asked"] == 19
    assert metrics["RRc"]["rmse"] <= 0.37
    assert metrics["RRc"]["mae"] <= 0.28
    assert metrics["RRc-without-Blazhko"]["n"] == 13
    assert metrics["RRc-without-Blazhko"]["rmse"] <= 0.29


@pytest.fixture(scope="module")
def asas(data_dir, tmp_path_factory):
    """Calibrators of the recipe asas-i-bayes, and their features."""
    output = tmp_path_factory.mktemp("asas") / "out"
    evaluated("asas-i-bayes", data_dir / "asas_i", output, estimator="literature-relations")
    return loaded(output)


# Predictors and companions to choose from, the folds, and the largest RMSE and MAE [dex].
CHOICES = {
    "RRab": (
        [
            ("period phi31", "phi21"),
            ("period phi31 a2", "phi21"),
            ("period phi31 a2 a3", "phi21"),
            ("period phi31 a2 a3 phi21", ""),
        ],
        10,
        (0.222, 0.17),
    ),
    "RRc": (
        [
            ("period", ""),
            ("period phi31", "phi21"),
            ("period phi21", "phi31"),
            ("period phi31 a2", "phi21"),
            ("period phi21 a2", "phi31"),
        ],
        19,
        (0.37, 0.28),
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", CHOICES)
def test_asas_stars_are_foretold_by_relations_that_were_chosen_without_them(cmdstan, asas, kind):
    calibrators, batch = asas
    choices, folds, (most_rmse, most_mae) = CHOICES[kind]
    stars = calibrators.filter(pl.col("pulsation_type") == kind).sort("source_id")
    fold = np.random.default_rng(0).permutation(stars.height) % folds
    answers = []
    for number in range(folds):
        others = stars.filter(fold != number)
        relations = [
            BayesRelation(
                {"predictors": {kind: some.split()}, "companions": {kind: more.split()}}
            ).fit(batch.only(others["source_id"]), others)
            for some, more in choices
        ]
        best = max(relations, key=lambda model: elpd(model.relations[kind]))
        answers.append(best.predict(batch.only(stars.filter(fold == number)["source_id"])))
    both = pl.concat(answers).join(stars, on="source_id", suffix="_true")
    residual = (both["feh"] - both["feh_true"]).to_numpy()
    assert residual.size == stars.height
    assert np.sqrt(np.mean(residual**2)) <= most_rmse
    assert np.abs(residual).mean() <= most_mae
    if kind == "RRc":
        steady = residual[~both["blazhko"].to_numpy()]
        assert steady.size == 13
        assert np.sqrt(np.mean(steady**2)) <= 0.29


def elpd(relation):
    return relation.account["left_out"]["elpd"]
