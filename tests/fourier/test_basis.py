import numpy as np
import pytest

from rrcat.fourier.basis import add_up, cosine_and_sine, dot, set_basis, set_curve
from rrcat.fourier.workspace import HIGHEST, N_BASIS, Curve, make_work

N = 47
TIME = np.sort(np.random.default_rng(2).uniform(0.0, 900.0, N))
FREQUENCY = 1.7321


@pytest.fixture
def work():
    arrays = make_work(N)
    mag = np.linspace(14.0, 15.0, N)
    set_curve(Curve(TIME, mag, mag, TIME.mean(), mag.mean(), np.ptp(TIME)), arrays)
    set_basis(FREQUENCY, 2 * HIGHEST, N, arrays)
    return arrays


@pytest.mark.parametrize("cycle", [0.0, 0.125, 0.25, -0.25, 0.4999999, 0.5, 3.3, -1234.56789])
def test_cosine_and_sine_are_those_of_the_library(cycle):
    angle = 2.0 * np.pi * (cycle - np.round(cycle))
    assert cosine_and_sine(cycle) == pytest.approx((np.cos(angle), np.sin(angle)), abs=3e-15)


def test_basis_is_cosine_and_sine_of_every_harmonic_at_every_epoch(work):
    angle = 2.0 * np.pi * ((TIME - TIME.mean()) * FREQUENCY % 1.0)
    expected = np.ones((N, N_BASIS))
    for m in range(1, 2 * HIGHEST + 1):
        expected[:, 2 * m - 1], expected[:, 2 * m] = np.cos(m * angle), np.sin(m * angle)
    assert np.abs(work.basis[:, :N_BASIS] - expected).max() < 1e-12
    assert (work.basis[:, 1:N_BASIS] == work.waves.T).all()


@pytest.mark.parametrize("n", [0, 1, 4, 46, 47])
def test_sums_are_those_of_a_matrix_product(work, n):
    weight = np.random.default_rng(3).uniform(size=N)
    sums = np.full(work.moments.size, np.nan)
    add_up(weight, work.basis, n, N_BASIS, sums)
    assert np.allclose(sums[:N_BASIS], weight[:n] @ work.basis[:n, :N_BASIS], atol=1e-12)


@pytest.mark.parametrize("n", [0, 1, 4, 46, 47])
def test_product_of_vectors_is_that_of_the_library(n):
    a, b = np.random.default_rng(4).standard_normal((2, N))
    assert dot(a, b, n) == pytest.approx(a[:n] @ b[:n], abs=1e-13)
