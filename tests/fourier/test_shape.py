import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rrcat.fourier.shape import VALUE_COLUMNS, make_grid
from rrcat.fourier.shape import describe as describe_curve
from rrcat.fourier.workspace import FREQUENCY
from rrcat.harmonic import (
    COVARIANCE_LENGTH,
    angular_difference,
    covariance_index,
    evaluate,
    phase_differences,
)


def describe(amplitudes, phases, covariance=None):
    """The described parameters of one series of period 0.5 d, by name, and their covariance."""
    order = len(amplitudes)
    coefficients = np.full(FREQUENCY, np.nan)
    coefficients[0] = 15.0
    coefficients[1 : 2 * order : 2] = np.array(amplitudes) * np.cos(phases)
    coefficients[2 : 2 * order + 1 : 2] = -np.array(amplitudes) * np.sin(phases)
    if covariance is None:
        covariance = 1e-6 * np.eye(FREQUENCY + 1)
    covariance = covariance.copy()
    beyond = slice(2 * order + 1, FREQUENCY)
    covariance[beyond], covariance[:, beyond] = np.nan, np.nan
    values, packed = np.empty(len(VALUE_COLUMNS)), np.empty(COVARIANCE_LENGTH)
    describe_curve(coefficients, covariance, order, 2.0, 100.0, make_grid(), values, packed)
    return dict(zip(VALUE_COLUMNS, values, strict=True)), packed


series = st.integers(1, 8).flatmap(
    lambda n: st.tuples(
        st.lists(st.floats(0.01, 0.3), min_size=n, max_size=n),
        st.lists(st.floats(0.0, 6.28), min_size=n, max_size=n),
    )
)


@settings(deadline=None)
@given(series)
def test_described_curve_is_that_of_a_fine_grid(drawn):
    amplitudes = [amplitude / k for k, amplitude in enumerate(drawn[0], start=1)]
    phases = drawn[1]
    value, _ = describe(amplitudes, phases)
    grid = np.arange(20000) / 20000
    mag = evaluate(grid, 1.0, 0.0, 15.0, amplitudes, phases)
    nearly = 0.003 * sum(amplitudes)  # of two extrema as deep as that, either will do
    assert value["peak_to_peak"] == pytest.approx(np.ptp(mag), abs=nearly)
    flux = np.mean(10 ** (-0.4 * mag))
    assert value["int_average_mag"] == pytest.approx(-2.5 * np.log10(flux), abs=1e-5)
    skewness = np.mean((mag - 15) ** 3) / np.mean((mag - 15) ** 2) ** 1.5
    assert value["skewness"] == pytest.approx(skewness, abs=1e-6)
    at_epoch = evaluate(value["epoch"], 0.5, 100.0, 15.0, amplitudes, phases)
    assert at_epoch == pytest.approx(mag.min(), abs=nearly)
    assert abs(value["epoch"] - 100.0) <= 0.25
    faintest = evaluate(
        value["epoch"] - 0.5 * value["rise_time"], 0.5, 100.0, 15.0, amplitudes, phases
    )
    assert faintest == pytest.approx(mag.max(), abs=nearly)


@settings(deadline=None)
@given(series)
def test_amplitudes_and_phases_come_back(drawn):
    amplitudes, phases = drawn
    value, _ = describe(amplitudes, phases)
    expected = phase_differences(phases)
    for k in range(1, 9):
        if k > len(amplitudes):
            assert np.isnan(value[f"a{k}"])
            assert np.isnan(value[f"phi{k}1"])
            continue
        assert value[f"a{k}"] == pytest.approx(amplitudes[k - 1], abs=1e-12)
        if k > 1:
            assert value[f"r{k}1"] == pytest.approx(amplitudes[k - 1] / amplitudes[0])
            assert 0 <= value[f"phi{k}1"] < 2 * np.pi
            assert angular_difference(value[f"phi{k}1"], expected[k - 1]) == pytest.approx(
                0.0, abs=1e-9
            )


def test_extrema_of_a_typical_curve_are_exact():
    amplitudes = [0.31, 0.14, 0.10, 0.07, 0.04, 0.03, 0.02, 0.01]
    phases = [0.0, 3.95, 1.95, 6.1, 4.2, 2.3, 0.5, 4.9]
    value, _ = describe(amplitudes, phases)
    mag = evaluate(np.arange(200000) / 200000, 1.0, 0.0, 15.0, amplitudes, phases)
    assert value["peak_to_peak"] == pytest.approx(np.ptp(mag), abs=1e-8)
    rise = (np.argmin(mag) - np.argmax(mag)) / 200000 % 1.0
    assert value["rise_time"] == pytest.approx(rise, abs=1e-5)


def test_sawtooth_rises_fast_and_is_skewed_to_the_bright_side():
    k = np.arange(1, 9)
    value, _ = describe(0.3 / k, 1.5 * np.pi - 0 * k)
    mirrored, _ = describe(0.3 / k, -1.5 * np.pi - 0 * k)
    assert value["rise_time"] + mirrored["rise_time"] == pytest.approx(1.0)
    assert min(value["rise_time"], mirrored["rise_time"]) < 0.15
    pointed, _ = describe(0.3 / k**2, np.pi + 0 * k)
    assert pointed["skewness"] < 0


def test_errors_are_those_of_a_random_draw():
    rng = np.random.default_rng(8)
    root = 1e-3 * rng.normal(size=(FREQUENCY + 1, FREQUENCY + 1)) / np.sqrt(FREQUENCY)
    covariance = root @ root.T
    amplitudes, phases = np.array([0.3, 0.15, 0.1]), np.array([1.0, 5.0, 4.0])
    value, packed = describe(amplitudes, phases, covariance)
    centre = np.zeros(FREQUENCY + 1)
    centre[1:7:2] = amplitudes * np.cos(phases)
    centre[2:8:2] = -amplitudes * np.sin(phases)
    centre[0], centre[FREQUENCY] = 15.0, 2.0
    drawn = centre + rng.normal(size=(20000, FREQUENCY + 1)) @ root.T
    a, b = drawn[:, 1:7:2], drawn[:, 2:8:2]
    amplitude = np.hypot(a, b)
    phi = np.arctan2(-b, a)
    phi31 = angular_difference(phi[:, 2] - 3 * phi[:, 0], value["phi31"])
    assert value["a2_error"] == pytest.approx(amplitude[:, 1].std(), rel=0.05)
    assert value["r21_error"] == pytest.approx((amplitude[:, 1] / amplitude[:, 0]).std(), rel=0.05)
    assert value["phi31_error"] == pytest.approx(phi31.std(), rel=0.05)
    assert value["period_error"] == pytest.approx((1 / drawn[:, FREQUENCY]).std(), rel=0.05)
    expected = np.corrcoef(amplitude[:, 0], phi31)[0, 1]
    given_covariance = packed[covariance_index("a1", "phi31")]
    correlation = given_covariance / value["a1_error"] / value["phi31_error"]
    assert correlation == pytest.approx(expected, abs=0.03)
    curves = np.array(
        [evaluate(np.arange(200) / 200, 1.0, 0.0, 15.0, amplitude[i], phi[i]) for i in range(2000)]
    )
    assert value["peak_to_peak_error"] == pytest.approx(np.ptp(curves, axis=1).std(), rel=0.08)
    flux = np.mean(10 ** (-0.4 * (curves + drawn[:2000, :1] - 15.0)), axis=1)
    assert value["int_average_mag_error"] == pytest.approx((-2.5 * np.log10(flux)).std(), rel=0.08)
