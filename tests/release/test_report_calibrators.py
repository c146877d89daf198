import re

import numpy as np
import polars as pl
import pytest

from rrcat.release import report_calibrators
from rrcat.release.report_calibrators import tested as tell

N = 90


@pytest.fixture(scope="module")
def catalogue():
    rng = np.random.default_rng(0)
    return pl.DataFrame(
        {
            "source_id": np.arange(N),
            "int_average_mag": rng.uniform(14, 18, N),
            "n_epochs": rng.integers(15, 80, N),
            "phi31_error": rng.uniform(0.02, 0.5, N),
        }
    )


@pytest.fixture(scope="module")
def out_of_fold():
    """Two estimators of errors 0.2 and 0.3 dex, in two repeats; the second is sure of itself."""
    rng = np.random.default_rng(1)
    true = rng.normal(-1.5, 0.5, N)
    rows = [
        pl.DataFrame(
            {
                "source_id": np.arange(N),
                "pulsation_type": np.where(np.arange(N) < 60, "RRab", "RRc"),
                "estimator": name,
                "repeat": repeat,
                "fold": 0,
                "feh_true": true,
                "feh": true + rng.normal(0, size, N),
                "feh_error": 0.2,
            }
        )
        for name, size in (("alpha", 0.3), ("combination", 0.2))
        for repeat in (0, 1)
    ]
    return pl.concat(rows)


@pytest.fixture
def undrawn(monkeypatch):
    """Keep what would be drawn."""
    seen = []
    monkeypatch.setattr(report_calibrators, "calibrator_figures", lambda *them: seen.append(them))
    return seen


def test_combination_stands_first(catalogue, out_of_fold, undrawn):
    told = tell(catalogue, out_of_fold)
    assert told.recommended == "combination"
    kinds = [(row["estimator"], row["type"]) for row in told.metrics]
    assert kinds[:3] == [("combination", kind) for kind in ("all", "RRab", "RRc")]
    assert told.n_stars == N


def test_errors_that_are_too_small_are_seen(catalogue, out_of_fold, undrawn):
    told = {(row["estimator"], row["type"]): row for row in tell(catalogue, out_of_fold).metrics}
    assert told["combination", "all"]["coverage_68"] == pytest.approx(0.68, abs=0.1)
    assert told["alpha", "all"]["coverage_68"] < 0.6


def test_a_star_is_one_point_however_often_it_was_predicted(catalogue, out_of_fold, undrawn):
    tell(catalogue, out_of_fold)
    ((points, levels, n),) = undrawn
    assert points["source_id"].is_unique().all()
    assert n == points.height == N
    assert list(levels) == ["combination", "alpha"]


def test_thirds_are_told_of_what_is_recommended(catalogue, out_of_fold, undrawn):
    thirds = tell(catalogue, out_of_fold).thirds
    assert [third["place"] for third in thirds] == ["lowest", "middle", "highest"] * 2
    assert [third["n"] for third in thirds] == [N // 3] * 6


def test_shares_are_those_of_the_intervals_that_the_catalogue_tells(
    catalogue, out_of_fold, undrawn
):
    half = {f"feh_{end}": pl.col("feh") + sign * 0.1 for end, sign in (("p16", -1), ("p84", 1))}
    all_ = {"feh_p025": pl.col("feh") - 9, "feh_p975": pl.col("feh") + 9}
    told = tell(catalogue, out_of_fold.with_columns(**half, **all_))
    assert told.metrics[0]["interval_68"] == pytest.approx(0.383, abs=0.1)
    assert [third["interval_95"] for third in told.thirds] == [1.0] * 6
    assert tell(catalogue, out_of_fold).metrics[0]["interval_68"] is None


def test_where_nothing_was_tested_nothing_is_told(catalogue, out_of_fold):
    assert tell(catalogue, None) is None
    assert tell(catalogue, out_of_fold.clear()) is None


def test_figures_are_drawn_of_it(catalogue, out_of_fold):
    told = tell(catalogue, out_of_fold)
    assert len(told.figures) == 6
    assert all(re.search(r"\d", figure.alt) for figure in told.figures)
