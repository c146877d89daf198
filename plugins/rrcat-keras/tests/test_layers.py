"""Layers know that the fold is a circle, and see only points that are there."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rrcat_keras.layers import (
    Gaps,
    KernelAttention,
    Mean,
    Start,
    Sums,
    WithError,
    WithSize,
    Wrapping,
)

PHASE = np.float32([[0.1, 0.4, 0.9, 0.0], [0.2, 0.3, 0.5, 0.8]])
COUNT = np.float32([[1, 2, 1, 0], [1, 1, 1, 1]])
MAG = np.float32([[1.0, 2.0, 3.0, 0.0], [4.0, 5.0, 6.0, 7.0]])


def test_wrapped_points_go_on_round_the_cycle():
    wrapped = Wrapping(Start(0), 2)({"phase": PHASE, "mag": MAG, "count": COUNT})
    assert wrapped["mag"].numpy().tolist() == [
        [2.0, 3.0, 1.0, 2.0, 3.0, 1.0, 2.0, 3.0],
        [6.0, 7.0, 4.0, 5.0, 6.0, 7.0, 4.0, 5.0],
    ]
    np.testing.assert_allclose(
        wrapped["phase"][0], [-0.6, -0.1, 0.1, 0.4, 0.9, 1.1, 1.4, 1.9], rtol=1e-6
    )


def test_every_point_is_a_stars_own_once():
    own = Wrapping(Start(0), 2)({"phase": PHASE, "mag": MAG, "count": COUNT})["own"].numpy()
    assert own[:, 2:6].tolist() == [[1, 1, 1, 0], [1, 1, 1, 1]]
    assert own.sum(axis=1).tolist() == [3.0, 4.0]


def test_more_is_wrapped_than_there_are_points():
    wrapped = Wrapping(Start(0), 9)({"phase": PHASE, "mag": MAG, "count": COUNT})
    phase = wrapped["phase"].numpy()
    assert phase.shape == (2, 22)
    assert np.all(np.diff(phase, axis=1) > 0.0)


def test_gaps_go_round_the_cycle_and_fill_it():
    gap = Gaps(Start(0))(PHASE, COUNT).numpy()
    np.testing.assert_allclose(gap[0], [0.25, 0.4, 0.35, 0.0], atol=1e-6)
    np.testing.assert_allclose(gap.sum(axis=1), 1.0, rtol=1e-6)


@settings(deadline=None)  # the first call builds kernels
@given(st.integers(0, 1000), st.floats(0.0, 1.0))
def test_smoothed_curves_turn_with_the_light_curve(seed, turn):
    """Anchors see the same when points and anchors are shifted together."""
    rng = np.random.default_rng(seed)
    phase = np.sort(rng.random((1, 12)).astype(np.float32), axis=1)
    values = rng.normal(size=(1, 12, 2)).astype(np.float32)
    layer = KernelAttention(Start(0), 5, (4.0, 30.0))
    before = layer(phase, np.ones_like(phase), values).numpy()
    layer.anchors.assign_add(np.full(5, turn, np.float32))
    after = layer(phase + np.float32(turn), np.ones_like(phase), values).numpy()
    np.testing.assert_allclose(after, before, atol=2e-3)


def test_a_narrow_kernel_gives_the_point_at_its_anchor():
    layer = KernelAttention(Start(0), 2, (5_000.0,))
    phase, values = np.float32([[0.25, 0.5, 0.75]]), np.float32([[[1.0], [2.0], [3.0]]])
    given = layer(phase, np.ones((1, 3), np.float32), values).numpy()
    np.testing.assert_allclose(given[0, 0, :, 0], [1.0, 3.0], atol=1e-5)
    np.testing.assert_allclose(given[0, 0, :, 1], 0.0, atol=1e-5)


def test_a_broad_kernel_tells_how_many_points_it_rests_on():
    layer = KernelAttention(Start(0), 2, (1e-6,))
    count = np.float32([[1, 1, 1, 0]])
    given = layer(PHASE[:1], count, MAG[:1, :, np.newaxis]).numpy()
    np.testing.assert_allclose(given[0, 0, :, 0], 2.0, rtol=1e-5)
    np.testing.assert_allclose(given[0, 0, :, 1], -math.log(3.0), rtol=1e-5)


def test_sums_over_even_phases_are_coefficients():
    n = 40
    phase = (np.arange(n, dtype=np.float32) / n)[np.newaxis]
    mag = 0.2 * np.cos(2 * np.pi * phase) + 0.1 * np.sin(4 * np.pi * phase)
    gap = np.full_like(phase, 1.0 / n)
    sums = Sums(Start(0), 2)({"phase": phase, "mag": mag.astype(np.float32), "gap": gap}).numpy()[0]
    cosine, sine = 0.5 * 0.2 / 0.2 / 0.7, 0.5 * 0.1 / 0.2 / 0.7**2
    np.testing.assert_allclose(sums[[0, 2, 3, 4, 5]], [0.0, cosine, 0.0, 0.0, sine], atol=1e-5)


def test_a_mean_counts_by_weight_and_is_nothing_of_nothing():
    values = MAG[..., np.newaxis]
    mean = Mean(Start(0))(values, np.float32([[1, 1, 0, 0], [0, 0, 0, 0]])).numpy()
    assert mean.tolist() == [[1.5], [0.0]]


def test_the_number_of_observations_is_that_of_points_that_are_left():
    layer = WithSize(Start(0), math.log(4.0), 0.5)
    star = np.float32([[0.3], [0.3]])
    given = layer(star, COUNT).numpy()
    np.testing.assert_allclose(given, [[0.3, 0.0], [0.3, 0.0]], atol=1e-6)
    fewer = layer(star, np.float32([[1, 0, 0, 0], [0, 0, 0, 0]])).numpy()
    assert fewer[:, 1] == pytest.approx(-math.log(4.0) / 0.5)


def test_errors_are_above_zero_whatever_comes_in():
    raw = np.float32([[0.3, -80.0, -1.0], [0.3, 0.0, -1.0]])
    given = WithError(Start(0))(raw).numpy()
    np.testing.assert_allclose(given[:, 1], [0.02, 0.02 + math.log(2.0)], rtol=1e-6)
    assert np.array_equal(given[:, [0, 2]], raw[:, [0, 2]])


def test_seeds_and_names_follow_from_a_seed():
    one, same, other = Start(3), Start(3), Start(4)
    drawn = [one.seed() for _ in range(5)]
    assert drawn == [same.seed() for _ in range(5)]
    assert drawn != [other.seed() for _ in range(5)]
    assert len(set(drawn)) == 5
    names = [one.name() for _ in range(120)]
    assert names == sorted(set(names)) == [other.name() for _ in range(120)]
