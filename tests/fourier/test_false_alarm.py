"""How probable a peak is without a signal."""

import numpy as np
import pytest

from rrcat.fourier.false_alarm import false_alarm


@pytest.mark.parametrize("n_harmonics", [1, 2, 4])
def test_at_one_frequency_it_is_how_often_noise_fits_as_well(n_harmonics):
    rng = np.random.default_rng(2)
    n, trials = 30, 4000
    angle = 2 * np.pi * rng.uniform(0.0, 1.0, n)
    k = np.arange(1, n_harmonics + 1)
    design = np.column_stack([np.ones(n), np.cos(angle[:, None] * k), np.sin(angle[:, None] * k)])
    noise = rng.standard_normal((n, trials))
    basis = np.linalg.qr(design)[0]
    left = noise - basis @ (basis.T @ noise)
    fraction = (left**2).sum(axis=0) / ((noise - noise.mean(axis=0)) ** 2).sum(axis=0)
    at = float(np.quantile(fraction, 0.05))
    assert false_alarm(at, n, n_harmonics, 1.0 / n_harmonics) == pytest.approx(0.05, rel=0.1)


def test_it_grows_with_the_range_searched_and_with_what_is_left():
    assert false_alarm(0.3, 40, 2, 100.0) < false_alarm(0.3, 40, 2, 1000.0)
    assert false_alarm(0.3, 40, 2, 100.0) < false_alarm(0.5, 40, 2, 100.0)


@pytest.mark.parametrize(("fraction", "n"), [(1.2, 50), (1.0, 50), (0.1, 6)])
def test_a_fit_that_explains_nothing_or_has_no_freedom_is_certain_to_be_chance(fraction, n):
    assert false_alarm(fraction, n, 3, 100.0) == 1.0


def test_a_perfect_fit_is_no_chance():
    assert false_alarm(0.0, 50, 3, 1e4) < 1e-100
