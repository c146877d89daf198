import numpy as np
import pytest

from rrcat.fourier.basis import set_basis, set_curve
from rrcat.fourier.normal import (
    effective_parameters,
    factorise,
    frequency_step,
    set_covariance,
    set_normal_equations,
    set_prior,
    set_weights,
    solve,
)
from rrcat.fourier.workspace import FREQUENCY, HIGHEST, SIZE, Curve, make_work

ORDER = 4
COLUMNS = 2 * ORDER + 1
PERIOD = 0.6


@pytest.fixture
def fitted():
    """A curve of 50 epochs fitted at a fixed frequency, and the same by plain matrices."""
    rng = np.random.default_rng(9)
    time, error = np.sort(rng.uniform(0, 300, 50)), rng.uniform(0.01, 0.03, 50)
    mag = 15 + 0.3 * np.cos(2 * np.pi * time / PERIOD) + 0.02 * rng.standard_normal(50)
    curve = Curve(time, mag, error, time.mean(), mag.mean(), np.ptp(time))
    work = make_work(50)
    work.used[:] = True
    set_curve(curve, work)
    set_weights(curve, 1e-4, work)
    set_basis(1 / PERIOD, 2 * ORDER, 50, work)
    total = set_normal_equations(ORDER, 50, work)
    for k in range(1, ORDER + 1):
        set_prior(k, 0.2 / k, work)
    assert factorise(0, COLUMNS, work)
    solve(COLUMNS, work)

    angle = 2 * np.pi * np.outer(time - time.mean(), np.arange(1, ORDER + 1)) / PERIOD
    design = np.ones((50, COLUMNS))
    design[:, 1::2], design[:, 2::2] = np.cos(angle), np.sin(angle)
    weight = np.diag(1 / (error**2 + 1e-4))
    prior = np.repeat((np.arange(ORDER + 1) / 0.2) ** 2, 2)[1:]
    normal = design.T @ weight @ design + np.diag(prior)
    return curve, work, total, design, weight, normal


def test_coefficients_are_those_of_penalised_least_squares(fitted):
    curve, work, _, design, weight, normal = fitted
    expected = np.linalg.solve(normal, design.T @ weight @ (curve.mag - curve.mean_mag))
    assert np.allclose(work.coefficients[:COLUMNS], expected, atol=1e-12)


def test_one_factor_gives_the_misfit_of_every_order(fitted):
    curve, work, total, design, weight, normal = fitted
    mag = curve.mag - curve.mean_mag
    for order in range(1, ORDER + 1):
        n = 2 * order + 1
        rhs = (design.T @ weight @ mag)[:n]
        expected = mag @ weight @ mag - rhs @ np.linalg.solve(normal[:n, :n], rhs)
        assert np.isclose(total - np.sum(work.factor[:n, SIZE] ** 2), expected)


def test_lower_order_is_solved_from_the_leading_block(fitted):
    curve, work, _, design, weight, normal = fitted
    rhs = (design.T @ weight @ (curve.mag - curve.mean_mag))[:5]
    solve(5, work)
    assert np.allclose(work.coefficients[:5], np.linalg.solve(normal[:5, :5], rhs), atol=1e-12)


def test_covariance_is_the_inverse_of_the_information_with_the_frequency(fitted):
    curve, work, _, design, weight, normal = fitted
    c = work.coefficients[:COLUMNS].copy()
    _, information = frequency_step(ORDER, 50, work)
    # Terms beyond the order are held at zero.
    set_basis(1 / PERIOD, 2 * HIGHEST, 50, work)
    set_normal_equations(HIGHEST, 50, work)
    for k in range(ORDER + 1, HIGHEST + 1):
        set_prior(k, 1e-8, work)
    assert factorise(0, SIZE, work)
    work.cross[COLUMNS:] = 0.0
    covariance = np.empty((FREQUENCY + 1, FREQUENCY + 1))
    set_covariance(COLUMNS, False, information, work, covariance)

    k = np.arange(1, ORDER + 1)
    slope = design[:, 1::2] @ (k * c[2::2]) - design[:, 2::2] @ (k * c[1::2])
    slope *= 2 * np.pi * (curve.time - curve.reference)
    cross = design.T @ weight @ slope
    full = np.block([[normal, cross[:, None]], [cross[None, :], slope @ weight @ slope]])
    keep = [*range(COLUMNS), FREQUENCY]
    expected = np.linalg.inv(full)
    assert np.allclose(covariance[np.ix_(keep, keep)], expected, rtol=1e-6, atol=1e-14)


def test_step_in_frequency_leads_to_the_least_misfit(fitted):
    _, work, *_ = fitted
    frequency = 1.0005 / PERIOD
    for _ in range(8):
        set_basis(frequency, 2 * ORDER, 50, work)
        set_normal_equations(ORDER, 50, work)
        factorise(0, COLUMNS, work)
        solve(COLUMNS, work)
        step, information = frequency_step(ORDER, 50, work)
        frequency += step
    assert abs(step) < 1e-4 / np.sqrt(information)
    assert abs(frequency - 1 / PERIOD) < 5 / np.sqrt(information)


def test_prior_that_holds_the_harmonics_leaves_few_parameters(fitted):
    _, work, *_ = fitted
    assert COLUMNS - 1 < effective_parameters(COLUMNS, work) < COLUMNS
    for k in range(1, ORDER + 1):
        set_prior(k, 1e-6, work)
    factorise(0, COLUMNS, work)
    assert effective_parameters(COLUMNS, work) == pytest.approx(1.0, abs=1e-3)


def test_matrix_that_is_not_positive_is_not_factorised(fitted):
    _, work, *_ = fitted
    work.matrix[0, 0] = 0.0
    assert not factorise(0, COLUMNS, work)
