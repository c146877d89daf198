import numpy as np
import pytest

from rrcat.simulate.epochs import FIRST_DAY, LAST_DAY, transit_times, transits

N = 600
HOURS = 1 / 24


@pytest.fixture(scope="module")
def sky():
    rng = np.random.default_rng(1)
    ra, dec = rng.uniform(0, 360, N), np.degrees(np.arcsin(rng.uniform(-1, 1, N)))
    return ra, dec, np.arange(N)


@pytest.fixture(scope="module")
def seen(sky):
    return transits(*sky, seed=0)


def test_transits_are_in_the_order_of_stars_and_times(seen):
    place, time = seen
    assert np.all(np.diff(place) >= 0)
    assert np.all(np.diff(time)[np.diff(place) == 0] > 0)
    assert time.min() >= FIRST_DAY
    assert time.max() < LAST_DAY


def test_stars_are_seen_about_44_times_in_34_months(seen):
    counts = np.bincount(seen[0], minlength=N)
    assert np.median(counts) == pytest.approx(44, abs=4)
    assert counts.min() >= 10
    assert pytest.approx(34 * 365.25 / 12, abs=5) == LAST_DAY - FIRST_DAY


def test_pairs_come_106_and_a_half_minutes_apart_in_clumps_of_a_few_hours(seen):
    place, time = seen
    gaps = np.diff(time)[np.diff(place) == 0]
    short = gaps[gaps < 5 * HOURS] / HOURS * 60
    first_field, second_field = np.abs(short - 106.5) < 1.5, np.abs(short - 253.5) < 1.5
    assert (first_field | second_field).mean() > 0.99
    assert first_field.sum() > second_field.sum() > 0
    assert 0.4 < (gaps < 1.0).mean() < 0.6
    assert np.median(gaps[gaps > 1.0]) == pytest.approx(32, abs=8)


def test_stars_45_degrees_from_the_ecliptic_are_seen_most_often(sky, seen):
    ra, dec, _ = sky
    obliquity = np.radians(23.4393)
    alpha, delta = np.radians(ra), np.radians(dec)
    latitude = np.degrees(
        np.arcsin(
            np.cos(obliquity) * np.sin(delta) - np.sin(obliquity) * np.cos(delta) * np.sin(alpha)
        )
    )
    counts = np.bincount(seen[0], minlength=N)
    near = np.abs(np.abs(latitude) - 45) < 4
    assert counts[near].mean() > 1.4 * counts[np.abs(latitude) < 30].mean()


def test_transits_of_a_star_do_not_depend_on_the_others(sky, seen):
    ra, dec, star = sky
    few = slice(100, 120)
    place, time = transits(ra[few], dec[few], star[few], seed=0)
    inside = (seen[0] >= 100) & (seen[0] < 120)
    np.testing.assert_array_equal(place + 100, seen[0][inside])
    np.testing.assert_array_equal(time, seen[1][inside])


def test_a_star_that_is_asked_alone_has_transits():
    place, time = transits(np.array([10.0]), np.array([-70.0]), np.array([5]), seed=3)
    assert place.size == time.size > 10
    assert set(place) == {0}


@pytest.mark.parametrize("n", [5, 45, 200])
def test_as_many_times_as_asked_for_are_given(n):
    times = transit_times(np.random.default_rng(0), n)
    assert times.size == n
    assert np.all(np.diff(times) > 0)
