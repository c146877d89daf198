import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rrcat.fourier import FitSettings
from rrcat.fourier.arrays import _kernel_settings
from rrcat.fourier.noise import clip, phase_sampling, solve_jitter, sum_of_squares
from rrcat.fourier.workspace import Curve, make_work

N = 400


def prepared(residual, error, phases=None):
    time = np.linspace(0, 1, residual.size) if phases is None else np.array(phases)
    work = make_work(residual.size)
    work.used[:] = True
    work.residual[:] = residual
    return Curve(time, residual, error, 0.0, 0.0, 1.0), work


@pytest.mark.parametrize("scatter", [0.0, 0.01, 0.1])
def test_scatter_beyond_the_errors_is_found(scatter):
    rng = np.random.default_rng(10)
    error = rng.uniform(0.01, 0.05, N)
    residual = np.hypot(error, scatter) * rng.standard_normal(N)
    residual *= 1.0 if scatter else 0.9
    curve, work = prepared(residual, error)
    jitter = 1e-6
    for _ in range(5):
        jitter = solve_jitter(curve, jitter, float(N), 1e-4, work)
    if scatter:
        assert np.sum(residual**2 / (error**2 + jitter)) == pytest.approx(N, rel=1e-4)
        assert np.sqrt(jitter) == pytest.approx(scatter, rel=0.3)
    else:
        assert jitter == 1e-8


def test_scatter_of_unknown_errors_does_not_vanish_with_the_residuals():
    curve, work = prepared(np.full(12, 1e-9), np.zeros(12))
    jitter = 1e-3
    for _ in range(20):
        jitter = solve_jitter(curve, jitter, 1.0, 1e-4, work)
    assert 0.005 < np.sqrt(jitter) < 0.02


def test_only_points_far_from_the_rest_are_clipped():
    rng = np.random.default_rng(11)
    residual = 0.01 * rng.standard_normal(N)
    residual[[3, 50]] = 0.2, -0.1
    curve, work = prepared(residual, np.full(N, 0.01))
    settings = _kernel_settings(FitSettings(clip_sigma=5.0))
    assert clip(curve, 1e-8, 10.0, settings, work)
    assert np.flatnonzero(~work.used).tolist() == [3, 50]
    assert not clip(curve, 1e-8, 10.0, settings, work)


def test_points_come_back_when_they_fit_again():
    curve, work = prepared(np.full(20, 0.01), np.full(20, 0.01))
    work.used[4] = False
    assert clip(curve, 1e-8, 5.0, _kernel_settings(FitSettings()), work)
    assert work.used.all()


@pytest.mark.parametrize("seed", range(20))
def test_what_is_clipped_is_what_sorted_deviations_say(seed):
    rng = np.random.default_rng(seed)
    residual, error = 0.01 * rng.standard_t(3, 45), rng.uniform(0.008, 0.012, 45)
    curve, work = prepared(residual, error)
    clip(curve, 1e-8, 9.0, _kernel_settings(FitSettings(clip_sigma=3.0)), work)
    deviation = np.abs(residual) / np.sqrt(error**2 + 1e-8)
    scale = 1.4826022185056018 * np.median(deviation) * np.sqrt(45 / 36)
    limit = max(3.0 * max(scale, 0.5), np.sort(deviation)[45 - 1 - 4])
    assert work.used.tolist() == (deviation <= limit).tolist()


def test_no_more_than_the_stated_fraction_is_clipped():
    residual = np.where(np.arange(50) < 20, 1.0, 0.001)
    residual = residual * (1.0 + 0.01 * np.arange(50))
    curve, work = prepared(residual, np.full(50, 0.001))
    clip(curve, 1e-8, 5.0, _kernel_settings(FitSettings(max_clipped_fraction=0.1)), work)
    assert np.sum(~work.used) <= 5


def test_squares_count_the_used_points_only():
    curve, work = prepared(np.array([1.0, 2.0, 3.0]), np.array([0.5, 0.5, 0.5]))
    work.used[2] = False
    assert sum_of_squares(curve, False, work) == 5.0
    assert sum_of_squares(curve, True, work) == 20.0


def test_squares_in_unknown_errors_do_not_exist():
    curve, work = prepared(np.ones(3), np.zeros(3))
    assert np.isnan(sum_of_squares(curve, True, work))


@given(st.lists(st.floats(0.0, 1.0, exclude_max=True), min_size=2, max_size=80))
def test_gaps_are_those_of_sorted_phases(phases):
    curve, work = prepared(np.zeros(len(phases)), np.zeros(len(phases)), phases=phases)
    ordered = np.sort(phases)
    gaps = np.diff(ordered, append=ordered[0] + 1.0)
    gap, coverage = phase_sampling(curve, 1.0, work)
    assert gap == gaps.max()
    assert coverage == pytest.approx(1.0 - np.maximum(gaps - 0.1, 0.0).sum())


def test_gap_goes_round_the_cycle():
    curve, work = prepared(np.zeros(4), np.zeros(4), phases=[0.2, 0.3, 0.5, 0.6])
    gap, coverage = phase_sampling(curve, 1.0, work)
    assert gap == pytest.approx(0.6)
    assert coverage == pytest.approx(1.0 - 0.5 - 0.1)


def test_evenly_sampled_cycle_is_covered():
    curve, work = prepared(np.zeros(40), np.zeros(40), phases=np.arange(40) / 40 + 3)
    gap, coverage = phase_sampling(curve, 1.0, work)
    assert gap == pytest.approx(1 / 40)
    assert coverage == 1.0
