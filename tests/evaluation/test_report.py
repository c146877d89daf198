"""What is told of an evaluation: types, Blazhko stars, bins, outliers, comparisons."""

import json

import numpy as np
import polars as pl
import pytest

from rrcat.evaluation.report import report


def rows(estimator, scatter, n=60, seed=0, shrink=0.0):
    random = np.random.default_rng(seed)
    true = np.random.default_rng(9).uniform(-2.5, -0.5, n)
    given = true + shrink * (true.mean() - true) + random.normal(0, scatter, n)
    return pl.DataFrame(
        {
            "source_id": range(n),
            "pulsation_type": ["RRab"] * (n - 20) + ["RRc"] * 20,
            "estimator": estimator,
            "repeat": 0,
            "fold": 0,
            "feh_true": true,
            "feh": given,
            "feh_error": scatter,
            "status": "ok",
        }
    )


STARS = pl.DataFrame(
    {
        "source_id": range(60),
        "archive_id": [f"star {number}" for number in range(60)],
        "name": None,
        "blazhko": [True] * 10 + [False] * 50,
        "n_spectra": 2,
    }
)


def test_each_type_has_its_metrics():
    told = report(rows("a", 0.2), STARS, seed=0)
    assert list(told["estimators"]["a"]) == ["all", "RRab", "RRc"]
    assert [told["estimators"]["a"][name]["n_asked"] for name in ("all", "RRab", "RRc")] == [
        60,
        40,
        20,
    ]
    json.dumps(told, allow_nan=False)


def test_stars_with_and_without_blazhko_are_told_apart():
    told = report(rows("a", 0.2), STARS, seed=0)["groups"]["a"]
    assert {name: group["n_asked"] for name, group in told.items()} == {
        "all-Blazhko": 10,
        "all-without-Blazhko": 50,
        "RRab-Blazhko": 10,
        "RRab-without-Blazhko": 30,
    }


def test_a_group_without_stars_is_not_told():
    modulated = STARS.with_columns(blazhko=True)
    told = report(rows("a", 0.2), modulated, seed=0)["groups"]["a"]
    assert set(told) == {"all-Blazhko", "RRab-Blazhko", "RRc-Blazhko"}


def test_stars_without_value_are_counted_by_reason():
    some = rows("a", 0.2).with_columns(
        feh=pl.when(pl.col("source_id") > 4).then("feh"),
        status=pl.when(pl.col("source_id") > 4).then("status").otherwise(pl.lit("no_period")),
    )
    assert report(some, STARS, seed=0)["reasons"]["a"] == {"no_period": 5}


def test_shrinkage_shows_in_the_bins_of_true_metallicity():
    bins = report(rows("a", 0.05, shrink=0.4), STARS, seed=0)["bias"]["a"]["all"]["true"]
    assert [one["low"] for one in bins] == [-2.5, -2.0, -1.5, -1.0]
    assert bins[0]["bias"] > 0.2
    assert bins[-1]["bias"] < -0.2
    assert sum(one["n"] for one in bins) == 60


def test_outliers_are_named_with_the_largest_first():
    one_wild = rows("a", 0.1).with_columns(
        feh=pl.when(pl.col("source_id") == 17).then(pl.col("feh_true") - 3).otherwise("feh")
    )
    told = report(one_wild, STARS, seed=0)["outliers"]["a"]
    assert told[0]["archive_id"] == "star 17"
    assert told[0]["residual"] == pytest.approx(-3)
    assert {row["pulsation_type"] for row in told} == {"RRab", "RRc"}


def test_the_better_estimator_wins_the_comparison():
    both = pl.concat([rows("a", 0.1, seed=1), rows("b", 0.4, seed=2)])
    comparison = report(both, STARS, seed=0)["comparisons"][0]
    assert (comparison["a"], comparison["b"], comparison["group"]) == ("a", "b", "all")
    assert comparison["rmse_difference"] == pytest.approx(-0.3, abs=0.08)
    assert comparison["low_95"] < comparison["rmse_difference"] < comparison["high_95"] < 0
    assert comparison["share_a_better"] == 1.0


def test_an_estimator_equals_itself_without_doubt():
    both = pl.concat([rows("a", 0.2), rows("b", 0.2)])
    comparison = report(both, STARS, seed=0)["comparisons"][0]
    assert comparison["rmse_difference"] == 0
    assert comparison["rmse_difference_error"] == 0


def test_estimators_are_compared_on_the_stars_that_both_have():
    fewer = rows("b", 0.2, seed=3).with_columns(feh=pl.when(pl.col("source_id") >= 12).then("feh"))
    comparisons = report(pl.concat([rows("a", 0.2), fewer]), STARS, seed=0)["comparisons"]
    assert {one["group"]: one["n"] for one in comparisons} == {"all": 48, "RRab": 28, "RRc": 20}
