"""Plots are drawn where there is something to draw, the same every time."""

import numpy as np
import polars as pl

from rrcat.evaluation.metrics import metrics
from rrcat.evaluation.plots import plots


def drawn(n, blazhko=None, name=None):
    random = np.random.default_rng(1)
    true = random.uniform(-2.5, -0.5, n)
    predictions = pl.DataFrame(
        {
            "repeat": 0,
            "source_id": range(n),
            "feh_true": true,
            "feh": true + random.normal(0, 0.2, n),
            "feh_error": 0.2,
        }
    )
    stars = pl.DataFrame(
        {"source_id": range(n), "archive_id": None, "name": name, "blazhko": blazhko},
        schema={
            "source_id": pl.Int64,
            "archive_id": pl.String,
            "name": pl.String,
            "blazhko": pl.Boolean,
        },
    )
    told = metrics(predictions, seed=0)
    return plots(predictions, stars, told, title="estimator, RRab", scale="C21")


def test_three_plots_are_drawn_the_same_every_time():
    first = drawn(30, blazhko=True, name="RR_Lyr; V1")
    assert sorted(first) == ["predicted", "residuals-predicted", "residuals-true"]
    assert first == drawn(30, blazhko=True, name="RR_Lyr; V1")
    assert all(content.startswith(b"<?xml") for content in first.values())


def test_many_stars_are_drawn_as_a_picture():
    assert b"<image" in drawn(1500)["predicted"]
    assert b"<image" not in drawn(30)["predicted"]


def test_one_star_is_enough():
    assert len(drawn(1)) == 3


def test_without_a_value_nothing_is_drawn():
    nothing = pl.DataFrame(
        {"repeat": [0], "source_id": [1], "feh_true": [-1.0], "feh": [None], "feh_error": [None]},
        schema_overrides={"feh": pl.Float64, "feh_error": pl.Float64},
    )
    stars = pl.DataFrame({"source_id": [1], "archive_id": "a", "name": "a", "blazhko": False})
    assert plots(nothing, stars, metrics(nothing, seed=0), title="", scale="C21") == {}
