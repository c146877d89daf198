"""What is learned makes a better value than any member, or leaves it to the best one."""

import numpy as np
import polars as pl
import pytest

from rrcat.catalogue.combination import Combination, recommend, undiluted
from rrcat.catalogue.combination_config import CombinationSection
from rrcat.catalogue.combination_learning import learn
from rrcat.catalogue.recommended import stars_of_type
from rrcat.schema import conform, load


def survey(n, seed, errors, *, alike=0.5, kind="RRab", missing=0.0, slope=1.0, told=1.0):
    """Give predictions of members with some errors, of which a share is common, and their stars."""
    random = np.random.default_rng(seed)
    true = random.normal(-1.5, 0.5, n)
    common = random.normal(size=n)
    stars = pl.DataFrame(
        {
            "source_id": np.arange(n) + 1,
            "pulsation_type": kind,
            "feh_true": true,
            "log_n_epochs": random.normal(3.5, 0.3, n),
            "log_phi31_error": random.normal(-2, 0.5, n),
            "mag": random.normal(16, 1, n),
        }
    )
    rows = []
    for number, error in enumerate(errors):
        noise = np.sqrt(alike) * common + np.sqrt(1 - alike) * random.normal(size=n)
        given = random.random(n) >= missing
        value = -1.5 + slope * (true + 1.5) + error * noise
        rows.append(
            pl.DataFrame(
                {
                    "source_id": stars["source_id"],
                    "estimator": f"m{number}",
                    "feh": np.where(given, value, np.nan),
                    "feh_error": np.where(given, told * error, np.nan),
                    "status": np.where(given, "ok", "fit_failed"),
                }
            )
        )
    return conform(pl.concat(rows), load("predictions")), stars


def learned(predictions, stars, **section):
    ids = predictions["estimator"].unique().sort().to_list()
    return learn(
        predictions, stars, ids, CombinationSection(**section), scale="C21", label_error={}
    )


def scored(of_type, predictions, stars):
    """Give the recommendation for stars, and its RMSE."""
    given = stars_of_type(predictions, stars, list(of_type.errors))
    best = recommend(of_type, given)
    return best, np.sqrt(np.nanmean((best.value - stars["feh_true"].to_numpy()) ** 2))


def test_the_combination_of_new_stars_is_better_than_any_member():
    of_type = learned(*survey(1000, 1, [0.2, 0.22])).types["RRab"]
    predictions, stars = survey(4000, 2, [0.2, 0.22])
    best, rmse = scored(of_type, predictions, stars)
    assert not of_type.steps_aside
    assert rmse < 0.19 < 0.2
    pull = np.abs(best.value - stars["feh_true"].to_numpy()) / best.error
    assert (pull < 1).mean() == pytest.approx(0.683, abs=0.03)
    assert (pull < 1.96).mean() == pytest.approx(0.95, abs=0.015)
    assert of_type.rmse["combination"] < of_type.rmse["m0"] < of_type.rmse["m1"]


def test_it_steps_aside_for_a_member_to_which_others_do_harm():
    of_type = learned(*survey(60, 3, [0.1, 0.4], alike=0.95)).types["RRab"]
    predictions, stars = survey(50, 4, [0.1, 0.4], alike=0.95, missing=0.3)
    best, _ = scored(of_type, predictions, stars)
    assert of_type.steps_aside
    first = predictions.filter(pl.col("estimator") == "m0")["feh"].to_numpy()
    second = predictions.filter(pl.col("estimator") == "m1")["feh"].to_numpy()
    expected = np.where(np.isfinite(first), first, second)
    assert np.array_equal(best.value, expected, equal_nan=True)
    assert of_type.preferred == ("m0", "m1")
    assert np.isfinite(best.error).tolist() == np.isfinite(expected).tolist()


def test_of_few_stars_it_does_not_leave_the_value_to_whom_chance_made_the_best():
    combined, chosen = [], []
    for seed in range(30):
        of_type = learned(*survey(40, 100 + seed, [0.2, 0.2], alike=0.8)).types["RRab"]
        predictions, stars = survey(500, 200 + seed, [0.2, 0.2], alike=0.8)
        combined.append(scored(of_type, predictions, stars)[1])
        others = of_type.model_copy(update={"steps_aside": True})
        chosen.append(scored(others, predictions, stars)[1])
    assert np.mean(combined) < 0.98 * np.mean(chosen)


def test_a_curve_is_taken_only_where_it_is_shown_to_help():
    assert learned(*survey(50, 8, [0.2, 0.2])).types["RRab"].recalibration is None
    assert learned(*survey(500, 8, [0.2, 0.2], slope=0.7)).types["RRab"].recalibration is not None


def test_a_star_without_some_members_has_the_value_of_the_others():
    of_type = learned(*survey(500, 5, [0.2, 0.2, 0.2])).types["RRab"]
    predictions, stars = survey(300, 6, [0.2, 0.2, 0.2], missing=0.5)
    best, rmse = scored(of_type, predictions, stars)
    some = predictions.filter(pl.col("feh").is_not_null())["source_id"].unique()
    assert np.isfinite(best.value).sum() == len(some) < 300
    assert best.share.sum(axis=1) == pytest.approx(np.isfinite(best.value).astype(float))
    assert rmse < 0.21


def test_values_that_shrink_are_undiluted_with_errors_that_cover():
    of_type = learned(*survey(1500, 7, [0.15, 0.16], slope=0.8)).types["RRab"]
    predictions, stars = survey(4000, 8, [0.15, 0.16], slope=0.8)
    best, _ = scored(of_type, predictions, stars)
    given = stars_of_type(predictions, stars, list(of_type.errors))
    value, error = undiluted(of_type, best, given.conditions)
    true = stars["feh_true"].to_numpy()
    assert np.polyfit(true, best.value, 1)[0] < 0.93
    assert np.polyfit(true, value, 1)[0] == pytest.approx(1, abs=0.03)
    assert (np.abs(value - true) < error).mean() == pytest.approx(0.683, abs=0.03)


def test_what_is_not_asked_for_is_not_learned():
    predictions, stars = survey(200, 9, [0.2, 0.2, 0.2])
    told = learned(predictions, stars, estimators=("m0", "m2"), recalibrate=False, undilute=False)
    of_type = told.types["RRab"]
    assert told.members == of_type.members == ("m0", "m2")
    assert set(of_type.errors) == {"m0", "m1", "m2"}
    assert (of_type.recalibration, of_type.dilution, of_type.undiluted_errors) == (None,) * 3


def test_types_are_learned_apart_and_those_of_few_stars_are_not():
    many, few = survey(100, 10, [0.2]), survey(9, 11, [0.2], kind="RRc")
    shift = pl.col("source_id") + 1000
    few = tuple(frame.with_columns(shift) for frame in few)
    told = learned(pl.concat([many[0], few[0]]), pl.concat([many[1], few[1]]))
    assert list(told.types) == ["RRab"]
    assert told.types["RRab"] == learned(*many).types["RRab"]


def test_order_of_rows_and_other_types_do_not_matter():
    predictions, stars = survey(120, 12, [0.2, 0.3], missing=0.2)
    shuffled = predictions.sample(fraction=1, shuffle=True, seed=1)
    assert learned(shuffled, stars.reverse()) == learned(predictions, stars)


def test_what_is_learned_is_numbers_that_are_read_back():
    told = learned(*survey(60, 13, [0.2, 0.2], missing=0.1))
    assert Combination.model_validate_json(told.model_dump_json()) == told


@pytest.mark.parametrize("n", [10, 12])
def test_a_handful_of_stars_and_a_member_without_any_value_are_no_trouble(n):
    predictions, stars = survey(n, 14, [0.2, 0.2])
    mute = predictions.with_columns(
        pl.when(pl.col("estimator") != "m1").then(pl.col(name)).alias(name)
        for name in ("feh", "feh_error")
    )
    of_type = learned(mute, stars).types["RRab"]
    best, _ = scored(of_type, mute, stars)
    assert np.isfinite(best.value).all()
    assert of_type.preferred[0] == "m0"


def test_predictions_without_any_residual_are_no_trouble():
    predictions, stars = survey(40, 15, [0.2])
    perfect = predictions.with_columns(feh=stars["feh_true"])
    best, rmse = scored(learned(perfect, stars).types["RRab"], perfect, stars)
    assert rmse == pytest.approx(0, abs=1e-6)
    assert (best.error > 0).all()
