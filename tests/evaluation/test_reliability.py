"""The report tells how often intervals hold the truth, overall and where it is hard."""

import numpy as np
import polars as pl
import pytest

from rrcat.evaluation.reliability import LEVELS, dilution_report, is_off, reliability


def predictions(n=3000, seed=1, *, faint=0.0, slope=1.0):
    random = np.random.default_rng(seed)
    true, mag = random.normal(-1.5, 0.4, n), random.normal(17, 1, n)
    feh = -1.5 + slope * (true + 1.5) + random.normal(size=n) * 0.2 * np.exp(faint * (mag - 17))
    return pl.DataFrame(
        {
            "repeat": 0,
            "source_id": np.arange(n),
            "feh_true": true,
            "feh": feh,
            "feh_error": 0.2,
            "mag": mag,
            "log_phi31_error": np.log(random.uniform(0.05, 0.5, n)),
            "feh_undiluted": -1.5 + (feh + 1.5) / slope,
            "feh_undiluted_error": 0.2 / slope,
        }
    )


def test_observed_shares_are_those_of_honest_errors():
    told = reliability(predictions(20_000))
    assert [one["nominal"] for one in told["levels"]] == list(LEVELS)
    for one in told["levels"]:
        assert one["observed"] == pytest.approx(one["nominal"], abs=0.015)


def test_thirds_show_where_errors_are_too_small():
    told = reliability(predictions(9000, faint=0.4))["thirds"]
    assert [third["n"] for third in told["mag"]] == [3000] * 3
    bright, _, faint = told["mag"]
    assert bright["high"] < faint["low"]
    assert bright["coverage_68"] > 0.8 > 0.6 > faint["coverage_68"]
    assert bright["coverage_95"] > faint["coverage_95"]
    first = told["phi31_error"][0]
    assert (first["low"], first["high"]) == pytest.approx((0.05, 0.2), abs=0.01)


def test_a_star_is_in_one_third_however_often_it_was_predicted():
    once = predictions(300)
    twice = pl.concat([once, once.with_columns(repeat=pl.lit(1, pl.Int32))])
    assert reliability(twice) == reliability(once)


def test_stars_without_value_or_condition_are_not_counted():
    rows = predictions(30).with_columns(
        feh=pl.when(pl.col("source_id") >= 3).then("feh"),
        log_phi31_error=pl.lit(None, pl.Float64),
    )
    told = reliability(rows)
    assert told["n"] == 27
    assert told["thirds"]["phi31_error"] is None
    assert sum(third["n"] for third in told["thirds"]["mag"]) == 27
    nothing = reliability(rows.head(3))
    assert (nothing["n"], nothing["levels"]) == (0, [])


def test_undiluted_values_are_judged_by_their_own_errors():
    told = dilution_report(predictions(slope=0.7), seed=0)
    assert told is not None
    assert told["metrics"]["slope"] == pytest.approx(1, abs=0.03)
    assert told["metrics"]["coverage_68"] == pytest.approx(0.683, abs=0.03)
    assert {one["high"] - one["low"] for one in told["bias_narrow"]["true"]} == {0.25}
    without = predictions().with_columns(feh_undiluted=pl.lit(None, pl.Float64))
    assert dilution_report(without, seed=0) is None


def test_intervals_are_judged_by_their_own_ends():
    rows = predictions(20_000).with_columns(
        feh_p16=pl.col("feh") - 0.1,  # half the error
        feh_p84=pl.col("feh") + 0.1,
        feh_p025=pl.col("feh") - 0.4,
        feh_p975=pl.col("feh") + 0.2,
    )
    told = reliability(rows)
    assert told["coverage_68"] == pytest.approx(0.683, abs=0.01)
    assert told["interval_68"] == pytest.approx(0.383, abs=0.01)
    assert told["interval_95"] == pytest.approx(0.819, abs=0.01)
    for third in told["thirds"]["mag"]:
        assert third["interval_68"] == pytest.approx(0.383, abs=0.03)
    some = rows.with_columns(feh_p16=pl.when(pl.col("source_id") > 0).then("feh_p16"))
    assert reliability(some)["interval_68"] is None
    assert reliability(some)["interval_95"] is not None
    assert reliability(predictions())["interval_68"] is None


@pytest.mark.parametrize(
    ("share", "n", "off"),
    [(0.74, 10_000, False), (0.75, 10_000, True), (0.75, 100, False), (0.85, 18, False)],
)
def test_a_share_is_off_where_neither_the_limit_nor_chance_allows_it(share, n, off):
    assert is_off(share, n, 0.6827, points=6) is off
