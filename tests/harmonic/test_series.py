import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rrcat.harmonic import (
    MAX_HARMONICS,
    angular_difference,
    cosine_to_sine,
    evaluate,
    evaluate_each,
    phase_differences,
    sine_to_cosine,
)

phases = st.lists(st.floats(0, 6.28), min_size=2, max_size=MAX_HARMONICS)


def test_single_cosine_is_faintest_at_its_reference_time_when_phase_is_zero():
    mags = evaluate([10.0, 10.25, 10.5], 0.5, 10.0, 15.0, [0.3], [0.0])
    assert np.allclose(mags, [15.3, 14.7, 15.3])


def test_phase_in_cycles_is_time_with_period_one():
    amplitude, phi = [0.3, 0.1], [1.0, 2.0]
    phase = np.linspace(0, 1, 7)
    by_phase = evaluate(phase, 1.0, 0.0, 15.0, amplitude, phi)
    assert np.allclose(by_phase, evaluate(phase * 0.6, 0.6, 0.0, 15.0, amplitude, phi))


def test_harmonics_padded_with_nan_are_left_out():
    padded = evaluate(0.1, 0.5, 0.0, 15.0, [0.3, np.nan], [1.0, np.nan])
    assert padded == evaluate(0.1, 0.5, 0.0, 15.0, [0.3], [1.0])


def test_many_series_at_once_are_each_as_alone():
    amplitudes = np.array([[0.3, 0.2, 0.1], [0.1, np.nan, 0.05]])
    phi = np.array([[1.0, 2.0, 3.0], [4.0, np.nan, 5.0]])
    cycle, zp_mag = [0.1, 0.6, 0.9], [15.0, 16.0, 17.0]
    together = evaluate_each(cycle, zp_mag, amplitudes, phi)
    for i in range(3):
        alone = evaluate(cycle[i], 1.0, 0.0, zp_mag[i], amplitudes[:, i], phi[:, i])
        assert np.isclose(together[i], alone, rtol=0.0, atol=1e-12)


def test_shape_of_the_times_is_kept():
    assert evaluate(np.zeros((2, 3)), 0.5, 0.0, 15.0, [0.3], [1.0]).shape == (2, 3)


@given(phases, st.floats(-10, 10))
def test_shift_in_time_leaves_phase_differences_alone(phi, shift):
    k = np.arange(1, len(phi) + 1)
    moved = phase_differences(np.array(phi) + k * shift)
    assert np.allclose(angular_difference(moved, phase_differences(phi)), 0.0, atol=1e-9)


@given(st.floats(0, 6.28), st.integers(1, MAX_HARMONICS))
def test_sine_and_cosine_conventions_convert_back_and_forth(phi, k):
    there_and_back = cosine_to_sine(sine_to_cosine(phi, k), k)
    assert np.isclose(angular_difference(there_and_back, phi), 0.0, atol=1e-12)


@pytest.mark.parametrize(("k", "shift"), [(2, np.pi / 2), (3, np.pi)])
def test_cosine_phases_are_ahead_by_quarter_turns(k, shift):
    assert np.isclose(angular_difference(sine_to_cosine(0.4, k), 0.4 + shift), 0.0)


@given(phases)
def test_conversion_describes_the_same_curve(phi):
    """A sine series and the cosine series of converted phases differ by a shift in time only."""
    k = np.arange(1, len(phi) + 1)
    amplitude = 0.3 / k
    time = np.linspace(0, 1, 50)
    sine = np.sum(amplitude * np.sin(2 * np.pi * k * time[:, None] + np.array(phi)), axis=1)
    as_cosine = np.array(phi) - np.pi / 2
    assert np.allclose(sine, evaluate(time, 1.0, 0.0, 0.0, amplitude, as_cosine))
    converted = sine_to_cosine(phase_differences(phi), k)
    difference = angular_difference(phase_differences(as_cosine), converted)
    assert np.allclose(difference, 0.0, atol=1e-9)


def test_import_needs_no_compiler():
    code = "import rrcat.harmonic, sys; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
