"""What is told of a feature selection: scores, gains, shares, tables."""

import json

import numpy as np
import polars as pl
import pytest

from rrcat.evaluation.candidates import Candidates
from rrcat.evaluation.nested import RELATION
from rrcat.evaluation.selection import Choice
from rrcat.evaluation.selection_report import (
    SCORE_COLUMNS,
    feature_table,
    score_table,
    selection_report,
)

NAMES = ("period", "a1", "phi31")
# [dex], of two repeats of four folds, by number of features
SCATTER = {1: 0.4, 2: 0.1, 3: 0.101}


@pytest.fixture
def among():
    stars = pl.DataFrame({"source_id": range(40), "feh": np.linspace(-2.5, -0.5, 40)})
    values = pl.DataFrame({name: np.linspace(0, 1, 40) for name in NAMES})
    known = pl.concat([stars, values], how="horizontal")
    return Candidates("RRab", NAMES, {"phi41": "missing for 4 of 41 stars"}, stars, known)


def trials(among, model=RELATION, method="forward", failing=None):
    sets = {1: "phi31", 2: "phi31 period", 3: "phi31 period a1"}
    random = np.random.default_rng(0)
    noise = random.normal(0, 1, 40)
    parts = []
    for repeat in range(2):
        for number, scatter in SCATTER.items():
            fold = pl.col("source_id") % 4
            # In the first fold of all the third feature is chosen too.
            third = (fold == 0) if repeat == 0 else (fold < 0)
            parts.append(
                among.stars.select(
                    "source_id",
                    model=pl.lit(model),
                    method=pl.lit(method),
                    pulsation_type=pl.lit("RRab"),
                    n_features=pl.lit(number),
                    features=pl.lit(sets[number]),
                    chosen=third if number == 3 else ~third & (number == 2),
                    feh_true="feh",
                    feh=pl.col("feh") + pl.Series(scatter * noise),
                    feh_error=pl.lit(None, pl.Float64),
                    failure=pl.lit("too few stars" if number == failing else None, pl.String),
                    repeat=pl.lit(repeat),
                    fold=fold,
                ).with_columns(feh=pl.when(pl.lit(number != failing)).then("feh"))
            )
    return pl.concat(parts)


@pytest.fixture
def drawn():
    sets = (("phi31", "period"), ("phi31",), ("phi31", "period"), ("phi31", "period", "a1"))
    rows = [("forward", number, name) for number, names in enumerate(sets) for name in names]
    return pl.DataFrame(rows, schema=["method", "resample", "feature"], orient="row")


@pytest.fixture
def choice():
    errors = np.array([[0.16] * 40, [0.01] * 40, [0.011] * 40])
    return Choice((2, 0, 1), errors, 2)


@pytest.fixture
def told(among, drawn, choice):
    chosen = {(RELATION, "forward"): (among, choice)}
    return selection_report(among, trials(among), drawn, chosen, seed=0)


def test_scores_follow_the_number_of_features(told):
    forward = told["models"][RELATION]["forward"]
    assert forward["order"] == ["phi31", "period", "a1"]
    assert forward["number"] == 2
    scores = forward["scores"]
    assert [score["features"] for score in scores] == [
        ["phi31"],
        ["phi31", "period"],
        ["phi31", "period", "a1"],
    ]
    assert [score["n"] for score in scores] == [40, 40, 40]
    assert scores[0]["rmse"] == pytest.approx(4 * scores[1]["rmse"], rel=1e-4)
    assert scores[1]["rmse_seen"] == 0.1
    json.dumps(told, allow_nan=False)


def test_a_gain_is_the_fall_of_the_rmse_with_its_error(told):
    first, second, third = told["models"][RELATION]["forward"]["scores"]
    assert first["gain"] is None
    assert second["gain"] == pytest.approx(first["rmse"] - second["rmse"], abs=1e-6)
    assert 0 < second["gain_error"] < 0.3 * second["gain"]
    assert third["gain"] < 0
    # Both are wrong about the same stars in the same way, so the small loss is sure.
    assert third["gain_error"] < 0.5 * abs(third["gain"])


def test_the_score_of_what_was_chosen_counts_every_star_once(told):
    chosen = told["models"][RELATION]["forward"]["chosen_in_folds"]
    assert (chosen["n_asked"], chosen["n"]) == (40, 40)
    scores = told["models"][RELATION]["forward"]["scores"]
    assert scores[1]["rmse"] < chosen["rmse"] < scores[2]["rmse"]


def test_shares_say_how_often_a_feature_is_chosen(told):
    shares = told["models"][RELATION]["forward"]["features"]
    assert shares == [
        {"feature": "phi31", "in_folds": 1.0, "in_resamples": 1.0},
        {"feature": "period", "in_folds": 1.0, "in_resamples": 0.75},
        {"feature": "a1", "in_folds": 0.125, "in_resamples": 0.25},
    ]
    assert told["models"][RELATION]["forward"]["supported"] == ["phi31", "period"]


def test_an_estimator_stands_beside_with_what_it_could_not_learn(among, drawn, choice):
    rows = pl.concat([trials(among), trials(among, model="plane", failing=3)])
    chosen = {(RELATION, "forward"): (among, choice), ("plane", "forward"): (among, choice)}
    plane = selection_report(among, rows, drawn, chosen, seed=0)["models"]["plane"]["forward"]
    assert [score["n"] for score in plane["scores"]] == [40, 40, 0]
    assert plane["scores"][2]["rmse"] is None
    assert plane["scores"][2]["gain"] is None
    assert plane["failures"] == [{"n_features": 3, "failure": "too few stars", "folds": 8}]


def test_tables_hold_one_row_for_each_number_and_each_feature(told):
    scores = score_table({"RRab": told})
    assert scores.columns == ["pulsation_type", "model", "method", *SCORE_COLUMNS, "chosen"]
    assert scores["features"].to_list() == ["phi31", "phi31 period", "phi31 period a1"]
    assert scores["chosen"].to_list() == [False, True, False]
    features = feature_table({"RRab": told})
    assert features["feature"].to_list() == ["phi31", "period", "a1"]
    assert features["chosen"].to_list() == [True, True, False]
    assert features["in_resamples"].to_list() == [1.0, 0.75, 0.25]
