"""Peaks of the periodogram and what is related to them."""

import numpy as np
import pytest

from rrcat.fourier.periodogram import candidates, n_frequencies, periodogram

RANGE = (0.2, 1.2)


@pytest.fixture(scope="module")
def wave():
    rng = np.random.default_rng(3)
    time = np.sort(rng.uniform(0.0, 700.0, 60))
    return time, 15.0 + 0.3 * np.cos(2 * np.pi * 2.1 * time), np.zeros(60)


def nearest(frequency, to):
    return np.min(np.abs(frequency - to))


def test_the_true_frequency_is_among_few_to_a_small_part_of_the_resolution(wave):
    assert nearest(candidates(*wave, RANGE, 3), 2.1) < 0.02 / 700.0


def test_half_the_frequency_is_tried_though_it_is_no_peak(wave):
    assert nearest(candidates(*wave, RANGE, 1), 1.05) < 1.5 / 700.0


def test_aliases_are_tried_where_the_sampling_makes_them_as_good():
    rng = np.random.default_rng(4)
    time = np.arange(300.0) + rng.uniform(-0.01, 0.01, 300)
    mag = 15.0 + 0.3 * np.cos(2 * np.pi * 2.13 * time) + 0.05 * rng.standard_normal(300)
    found = candidates(time, mag, np.zeros(300), RANGE, 1)
    for alias in (2.13, 3.13, 4.13):
        assert nearest(found, alias) < 1.5 / 300.0


def test_what_one_sinusoid_leaves_in_many_points_is_not_tried(wave):
    assert candidates(*wave, RANGE, 30).size < 5


def test_candidates_lie_in_the_range_and_ascend(wave):
    found = candidates(*wave, RANGE, 20)
    assert np.all(np.diff(found) > 0.0)
    assert found[0] >= 1.0 / 1.2 - 0.5 / (5 * 700.0)
    assert found[-1] <= 5.0 + 1.0 / (5 * 700.0)


@pytest.mark.parametrize("n", [3, 2048, 2049, 14585])
def test_the_periodogram_is_that_of_astropy_at_every_frequency(wave, n):
    from astropy.timeseries import LombScargle

    time, mag, _ = wave
    error = np.random.default_rng(5).uniform(0.05, 0.2, time.size)
    grid = 1 / 1.2 + np.arange(n) / (5 * np.ptp(time))
    expected = LombScargle(time, mag, error).power(grid, method="cython")
    power = periodogram(time, mag, error, grid[0], 1 / (5 * np.ptp(time)), n)
    assert power.shape == (n,)
    assert np.abs(power - expected).max() < 1e-7


def test_the_grid_resolves_the_span():
    assert n_frequencies(np.array([0.0, 1000.0]), RANGE) == pytest.approx(
        5 * 1000 * 4.1667, rel=1e-3
    )


@pytest.mark.parametrize("narrow", [(0.4700, 0.4701), (0.470, 0.472), (0.47, 0.48), (0.45, 0.52)])
def test_a_range_too_narrow_for_a_peak_gives_its_highest_point(wave, narrow):
    time, mag, error = (values[:15] for values in wave)
    found = candidates(time, mag, error, narrow, 30)
    assert found.size
    step = 1.0 / (5 * np.ptp(time))
    assert 1.0 / narrow[1] - step < found.min() <= found.max() < 1.0 / narrow[0] + 3 * step


def test_points_that_tell_nothing_propose_nothing(wave):
    time, mag, _ = wave
    assert candidates(time, mag, np.full(60, 1e300), RANGE, 30).size == 0
