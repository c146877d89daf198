"""Which stars and features a selection works on, and what is set aside."""

import numpy as np
import polars as pl
import pytest

from rrcat.evaluation.candidates import LITERATURE, SHAPE, candidates
from rrcat.schema import load

NAMES = ("period", "a1", "phi31", "phi41", "skewness")


@pytest.fixture
def calibrators():
    return pl.DataFrame(
        {
            "source_id": range(100, 140),
            "feh": np.linspace(-2.5, -0.5, 40),
            "pulsation_type": ["RRab"] * 30 + ["RRc"] * 10,
        }
    )


@pytest.fixture
def features(calibrators):
    n = calibrators.height
    return calibrators.select(
        "source_id",
        band=pl.lit("G"),
        fit_status=pl.Series(["too_few_epochs"] + ["ok"] * (n - 1)),
        period=pl.Series(np.linspace(0.4, 0.8, n)),
        a1=pl.Series([None, 0.2] + [0.1, 0.3] * (n // 2 - 1), dtype=pl.Float64),
        phi31=pl.Series([None, None] + [2.0, 3.0] * (n // 2 - 1), dtype=pl.Float64),
        phi41=pl.Series([None] * 5 + [1.0, 1.2] * 17 + [1.0], dtype=pl.Float64),
        skewness=pl.lit(0.5),
    )


def rrab(calibrators, features, names=NAMES):
    return candidates(calibrators, features, kind="RRab", band="G", names=names)


def test_features_to_choose_from_are_shapes_in_the_table():
    columns = {column.name: column for column in load("features").column}
    assert set(LITERATURE) <= set(SHAPE) <= set(columns)
    assert all(columns[name].dtype == "float64" for name in SHAPE)
    assert not [name for name in SHAPE if "mag" in name or "error" in name]


def test_a_feature_that_many_stars_lack_is_set_aside_rather_than_the_stars(calibrators, features):
    among = rrab(calibrators, features)
    assert among.set_aside == {
        "phi41": "missing for 4 of 29 stars",
        "skewness": "the same for every star",
    }
    assert among.names == ("period", "a1", "phi31")


def test_a_star_that_lacks_a_candidate_is_asked_for_and_not_learned_from(calibrators, features):
    among = rrab(calibrators, features)
    assert among.asked["source_id"].to_list() == list(range(100, 130))
    assert among.stars["source_id"].to_list() == list(range(102, 130))
    assert among.values.shape == (28, 3)
    assert among.feh.tolist() == calibrators["feh"][2:30].to_list()


def test_only_rows_of_the_band_with_a_fit_count(calibrators, features):
    other = features.with_columns(band=pl.lit("I"), a1=9.0)
    among = rrab(calibrators, pl.concat([other, features]))
    assert among.stars["a1"].max() == 0.3
    assert among.stars.height == 28


def test_types_are_apart_and_few_stars_are_told(calibrators, features):
    among = candidates(calibrators, features, kind="RRc", band="G", names=NAMES)
    assert among.stars["source_id"].to_list() == list(range(130, 140))
    assert among.missing == "fewer than 12 stars have every feature"
    assert rrab(calibrators, features).missing is None


def test_nothing_known_in_the_band_is_told(calibrators, features):
    among = candidates(calibrators, features, kind="RRab", band="V", names=NAMES)
    assert among.missing == "fewer than 12 stars have every feature"
    assert among.asked.height == 30


def test_one_feature_is_nothing_to_choose_from(calibrators, features):
    among = rrab(calibrators, features, names=("period", "skewness", "phi41"))
    assert among.missing == "fewer than two features are known of enough stars"


def test_stars_and_candidates_can_be_taken_away(calibrators, features):
    among = rrab(calibrators, features)
    fewer = among.without(pl.Series([100, 103, 129]))
    assert fewer.stars.height == 26
    assert fewer.asked.height == 30
    assert among.only(("phi31", "a2", "period")).names == ("period", "phi31")
    assert among.only(("phi31",)).values.shape == (28, 1)
