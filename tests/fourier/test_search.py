"""Periods found from light curves alone."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from pydantic import ValidationError

from rrcat.errors import FrameError
from rrcat.fourier.search import DOUBTS, NO_PERIOD, PERIOD_COLUMNS, search_periods
from rrcat.fourier.search_settings import PeriodSearchSettings
from rrcat.lightcurve import clean
from rrcat.simulate import simulate

RIGHT = 1e-4
"""Relative error up to which a period is the true one."""


def curve(time, mag, source_id=1, band="V", mag_error=0.02):
    n = len(time)
    return pl.DataFrame(
        {
            "source_id": np.full(n, source_id, dtype=np.int64),
            "band": [band] * n,
            "time": np.asarray(time, dtype=np.float64),
            "mag": np.asarray(mag, dtype=np.float64),
            "mag_error": np.full(n, mag_error),
        }
    )


def nights(rng, n=120, days=800):
    """One observation in each of some nights, within four hours of midnight at one site."""
    return np.sort(rng.choice(days, n, replace=False) + rng.uniform(-4.0, 4.0, n) / 24.0)


def rrc(time, period, rng, amplitude=0.2, noise=0.02):
    angle = 2 * np.pi * time / period
    mag = 15.0 + amplitude * (np.cos(angle) + 0.12 * np.cos(2 * angle + 4.7))
    return mag + noise * rng.standard_normal(time.size)


def search_one(*light_curves, **settings):
    kept, _ = clean(pl.concat(light_curves))
    stars = kept.select("source_id").unique()
    return search_periods(kept, stars, PeriodSearchSettings(**settings)).row(0, named=True)


@pytest.fixture(scope="module")
def asas(data_dir):
    """ASAS stars with a published period, and what is found without it."""
    folder = data_dir / "asas_i"
    published = (
        pl.read_csv(folder / "spectroscopy.csv", infer_schema_length=None)
        .filter(pl.col("period").is_not_null(), pl.col("ID_ASAS").is_not_null())
        .unique("ID_ASAS", keep="first", maintain_order=True)
        .with_row_index("source_id")
        .select(pl.col("source_id").cast(pl.Int64), "ID_ASAS", published="period", kind="type")
    )
    light_curves = (
        pl.read_parquet(folder / "light_curves.parquet")
        .join(published.select("source_id", asas_id="ID_ASAS"), on="asas_id")
        .with_columns(band=pl.lit("I"))
    )
    kept, _ = clean(light_curves)
    found = search_periods(kept, published.select("source_id"))
    return found.join(published, on="source_id").with_columns(
        right=(pl.col("period") / pl.col("published") - 1.0).abs() < RIGHT
    )


@pytest.fixture(scope="module")
def survey():
    return simulate(400, seed=3, bands=("G",))


@pytest.fixture(scope="module")
def found(survey):
    kept, _ = clean(survey["light_curves"])
    return search_periods(kept, survey["stars"])


def test_published_periods_of_asas_stars_are_found(asas):
    assert asas.height == 73
    assert asas["right"].mean() >= 0.97


def test_asas_periods_that_are_not_found_are_in_doubt(asas):
    assert asas.filter(~pl.col("right"))["period_in_doubt"].mean() > 0.5
    assert asas.filter("right")["period_in_doubt"].mean() < 0.1


def test_periods_of_sparse_space_photometry_are_found(survey, found):
    """About 45 transits over 1000 d, the archive's own rejections left out."""
    stars = found.join(
        survey["truth"]
        .filter(pl.col("kind").is_in(["RRab", "RRc"]), pl.col("difficulty").is_null())
        .select("source_id", true="period"),
        on="source_id",
    )
    right = (stars["period"] / stars["true"] - 1.0).abs() < RIGHT
    assert right.mean() >= 0.97
    assert stars.filter(right)["period_in_doubt"].mean() < 0.2
    assert stars.filter(~right)["period_in_doubt"].mean() > 0.5


def test_every_star_comes_back_with_a_period_or_a_reason(survey, found):
    assert found["source_id"].to_list() == sorted(survey["stars"]["source_id"])
    assert dict(found.schema) == PERIOD_COLUMNS
    nothing = found.filter(pl.col("period").is_null())
    assert nothing.height > 0
    assert set(nothing["period_doubts"]) <= set(NO_PERIOD)
    assert nothing["period_in_doubt"].all()
    doubted = found.filter("period_in_doubt", pl.col("period").is_not_null())
    assert set(doubted["period_doubts"].str.split(",").explode()) <= set(DOUBTS)


def test_doubtless_periods_carry_no_reason(found):
    sure = found.filter(~pl.col("period_in_doubt"))
    assert sure["period_doubts"].is_null().all()
    assert (sure["period_false_alarm"] <= PeriodSearchSettings().max_false_alarm).all()


def test_a_period_does_not_depend_on_the_other_stars_or_the_order_of_rows(survey, found):
    kept, _ = clean(survey["light_curves"])
    few = survey["stars"].filter(pl.col("source_id").is_between(30, 45))
    again = search_periods(kept.sample(fraction=1.0, shuffle=True, seed=1), few.reverse())
    assert_frame_equal(
        again, found.filter(pl.col("source_id").is_between(30, 45)), check_exact=True
    )


@pytest.mark.parametrize("period", [0.2613, 0.3102, 0.3644, 0.4027])
def test_first_overtone_seen_once_a_night_is_not_taken_for_twice_its_period(period):
    rng = np.random.default_rng(11)
    time = nights(rng)
    star = search_one(curve(time, rrc(time, period, rng)))
    assert star["period"] == pytest.approx(period, rel=RIGHT)
    assert not star["period_in_doubt"]
    assert star["period_error"] < 1e-4 * period


def test_alternating_minima_put_the_period_in_doubt():
    """An eclipsing binary: the period in light is half of the orbital one."""
    rng = np.random.default_rng(5)
    time = np.sort(rng.uniform(0.0, 1000.0, 200))
    angle = 2 * np.pi * time / 0.62
    mag = 14.0 + 0.2 * np.cos(2 * angle) + 0.05 * np.cos(angle)
    star = search_one(curve(time, mag + 0.01 * rng.standard_normal(time.size), mag_error=0.01))
    assert star["period"] == pytest.approx(0.31, rel=RIGHT)
    assert "double_period" in star["period_doubts"]
    assert star["second_period"] == pytest.approx(0.62, rel=RIGHT)


def test_a_second_mode_puts_the_period_in_doubt():
    rng = np.random.default_rng(6)
    time = np.sort(rng.uniform(0.0, 1000.0, 200))
    mag = rrc(time, 0.36, rng) + 0.12 * np.cos(2 * np.pi * time / (0.36 / 0.744))
    star = search_one(curve(time, mag))
    assert star["period"] == pytest.approx(0.36, rel=RIGHT)
    assert "excess_scatter" in star["period_doubts"]


def test_a_period_that_one_clump_of_nights_cannot_tell_from_its_alias_is_in_doubt():
    rng = np.random.default_rng(8)
    # A few minutes each night: every alias by a whole day fits alike.
    time = np.arange(40.0) + rng.uniform(-2.0, 2.0, 40) / 1440.0
    star = search_one(curve(time, rrc(time, 0.337, rng)))
    assert "alias" in star["period_doubts"]
    assert star["second_period"] is not None


def test_noise_is_of_low_significance():
    rng = np.random.default_rng(9)
    time = nights(rng)
    star = search_one(curve(time, 15.0 + 0.02 * rng.standard_normal(time.size)))
    assert "low_significance" in star["period_doubts"]
    assert star["period_false_alarm"] > 1e-3


def test_a_variation_with_the_night_is_in_doubt():
    rng = np.random.default_rng(10)
    time = nights(rng)
    mag = 15.0 + 0.3 * np.cos(2 * np.pi * 1.0001 * time) + 0.01 * rng.standard_normal(time.size)
    assert "near_whole_day" in search_one(curve(time, mag))["period_doubts"]


def test_of_several_bands_that_with_the_most_observations_is_used():
    rng = np.random.default_rng(12)
    many, few = nights(rng, 150), nights(rng, 30)
    noise = 15.0 + 0.02 * rng.standard_normal(few.size)
    star = search_one(curve(few, noise, band="B"), curve(many, rrc(many, 0.31, rng), band="V"))
    assert star["band"] == "V"
    assert star["period"] == pytest.approx(0.31, rel=RIGHT)


def test_unknown_errors_are_no_obstacle():
    rng = np.random.default_rng(13)
    time = nights(rng)
    star = search_one(curve(time, rrc(time, 0.31, rng), mag_error=np.nan))
    assert star["period"] == pytest.approx(0.31, rel=RIGHT)
    assert not star["period_in_doubt"]


@settings(max_examples=15, deadline=None)
@given(start=st.floats(-1e5, 1e5), brightness=st.floats(-10.0, 10.0), period=st.floats(0.22, 0.45))
def test_the_origin_of_time_and_the_brightness_leave_the_period_alone(start, brightness, period):
    rng = np.random.default_rng(15)
    time = nights(rng)
    mag = rrc(time, period, rng)
    star = search_one(curve(time, mag))
    moved = search_one(curve(time + start, mag + brightness))
    assert moved["period"] == pytest.approx(star["period"], rel=1e-8)
    assert moved["period_doubts"] == star["period_doubts"]


TIME = np.sort(np.random.default_rng(14).uniform(0.0, 500.0, 40))
WAVE = 15.0 + 0.3 * np.cos(2 * np.pi * TIME / 0.55)


@pytest.mark.parametrize(
    ("reason", "light_curve"),
    [
        ("constant", curve(TIME, np.full(40, 15.0))),
        ("too_few_epochs", curve(TIME[:11], WAVE[:11])),
        ("short_span", curve(TIME / 1500.0, WAVE)),
        ("long_span", curve(np.append(TIME[:-1], 2.45e6), WAVE)),
        ("no_light_curve", curve(TIME, np.full(40, np.nan))),
        ("no_times", curve(TIME, WAVE).with_columns(phase=pl.lit(0.5), time=None)),
    ],
)
def test_bad_light_curves_give_their_reason(reason, light_curve):
    kept, _ = clean(light_curve)
    star = search_periods(kept, pl.DataFrame({"source_id": [1]})).row(0, named=True)
    assert star["period"] is None
    assert star["period_in_doubt"]
    assert star["period_doubts"] == reason


def test_twelve_points_are_too_few_to_be_sure():
    star = search_one(curve(TIME[:12], WAVE[:12]))
    assert star["period_in_doubt"]
    assert "few_epochs" in star["period_doubts"]


def test_one_bad_night_among_constant_ones_is_no_period():
    mag = np.full(40, 15.0)
    mag[7] = 16.0
    star = search_one(curve(TIME, mag))
    assert star["period_in_doubt"]


def test_no_star_asked_gives_no_row():
    kept, _ = clean(curve(TIME, WAVE))
    empty = search_periods(kept, pl.DataFrame(schema={"source_id": pl.Int64}))
    assert empty.height == 0
    assert dict(empty.schema) == PERIOD_COLUMNS


def test_a_star_listed_twice_is_refused():
    kept, _ = clean(curve(TIME, WAVE))
    with pytest.raises(FrameError, match="more than once"):
        search_periods(kept, pl.DataFrame({"source_id": [1, 1]}))


@pytest.mark.parametrize(
    "wrong", [{"period_range": (1.0, 0.2)}, {"max_false_alarm": 0.0}, {"periods": 3}]
)
def test_settings_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValidationError):
        PeriodSearchSettings(**wrong)


def test_errors_beyond_all_bounds_leave_no_period_and_a_reason():
    time = nights(np.random.default_rng(8))
    light_curve = curve(time, rrc(time, 0.31, np.random.default_rng(9)), mag_error=1e300)
    found = search_one(light_curve)
    assert found["period"] is None
    assert found["period_doubts"] == "no_fit"


def test_a_narrow_range_that_holds_the_period_gives_it():
    time = nights(np.random.default_rng(8))
    light_curve = curve(time, rrc(time, 0.31, np.random.default_rng(9)))
    found = search_one(light_curve, period_range=(0.3099, 0.3101))
    assert found["period"] == pytest.approx(0.31, rel=RIGHT)


def test_a_narrow_range_beside_the_period_is_doubted():
    time = nights(np.random.default_rng(8), n=20, days=30)
    light_curve = curve(time, rrc(time, 0.31, np.random.default_rng(9)))
    found = search_one(light_curve, period_range=(0.40, 0.41))
    assert found["period_in_doubt"]
