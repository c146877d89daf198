"""Light curves as they might have been observed."""

import numpy as np
import pytest
from rrcat_keras.augmentation import changed, redrawn, resampled
from rrcat_keras.backend import tf
from rrcat_keras.coefficients import Curves
from rrcat_keras.params import Augmentation
from rrcat_keras.points import Points

N, WIDTH = 50, 24
NONE = Augmentation(noise=0.0, dropped=0.0, shift=0.0, coefficients=0.0)


def seeds(number: int):
    return tf.constant([[number, place] for place in range(6)], tf.int64)


@pytest.fixture(scope="module")
def stars() -> Points:
    rng = np.random.default_rng(0)
    there = np.arange(WIDTH) < rng.integers(10, WIDTH + 1, (N, 1))
    phase = np.sort(np.where(there, rng.random((N, WIDTH)), 2.0), axis=1)
    phase = np.where(there, phase, 0.0)
    return Points(
        phase=phase,
        mag=np.where(there, 0.3 * np.cos(2 * np.pi * phase), 0.0),
        error=np.full((N, WIDTH), np.nan),
        count=there.astype(float),
        band=np.zeros((N, WIDTH), np.int64),
        period=np.full(N, 0.5),
        gap=np.full(N, 0.1),
        n_bands=1,
    )


@pytest.fixture(scope="module")
def inputs(stars):
    read = {"phase": stars.phase, "mag": stars.mag, "count": stars.count}
    read["error"] = np.where(stars.count > 0, 0.5, 0.0)
    read["star"] = np.ones((N, 1))
    return {name: tf.constant(values, tf.float32) for name, values in read.items()}


def test_nothing_asked_for_changes_nothing(inputs):
    same = changed(inputs, NONE, seeds(0))
    for name, values in inputs.items():
        assert np.array_equal(same[name], values)


def test_noise_is_as_large_as_asked_for_and_points_that_are_not_there_stay_so(inputs):
    noisy = changed(inputs, NONE.model_copy(update={"noise": 0.05}), seeds(1))
    off = (noisy["mag"] - inputs["mag"]).numpy()
    there = inputs["count"].numpy() > 0
    assert not off[~there].any()
    assert off[there].std() == pytest.approx(0.05 * np.sqrt(2.0), rel=0.2)
    single = np.concatenate([row[on] - row[on].mean() for row, on in zip(off, there, strict=True)])
    assert single.std() == pytest.approx(0.05, rel=0.1)


def test_a_shift_moves_all_phases_of_a_star_together(inputs):
    shifted = changed(inputs, NONE.model_copy(update={"shift": 0.1}), seeds(2))
    there = inputs["count"].numpy() > 0
    moved = np.where(there, shifted["phase"] - inputs["phase"], np.nan)
    assert np.nanmax(np.ptp(np.nan_to_num(moved, nan=moved[:, :1]), axis=1)) < 1e-6
    assert moved[:, 0].std() == pytest.approx(0.1, rel=0.3)


def test_what_is_left_of_a_light_curve_stands_first_and_in_order(inputs):
    fewer = changed(inputs, NONE.model_copy(update={"dropped": 0.5}), seeds(3))
    count, phase = fewer["count"].numpy(), fewer["phase"].numpy()
    left = count.sum(axis=1) / inputs["count"].numpy().sum(axis=1)
    assert 0.65 < left.mean() < 0.85
    assert left.min() > 0.2
    for row, whole, on in zip(phase, inputs["phase"].numpy(), count > 0, strict=True):
        assert on[: on.sum()].all()
        assert set(row[on]) <= set(whole)
        assert np.all(np.diff(row[on]) >= 0.0)
        assert not row[~on].any()
    assert np.array_equal(fewer["star"], inputs["star"])


def test_noise_on_coefficients_has_the_size_that_was_asked_for(inputs):
    known = np.full((N, 40), 2.0, dtype=np.float32)
    both = inputs | {"coefficients": known}
    assert np.array_equal(changed(both, NONE, seeds(8))["coefficients"], known)
    noisy = changed(both, NONE.model_copy(update={"coefficients": 0.3}), seeds(8))
    added = noisy["coefficients"].numpy() - known
    assert added.std() == pytest.approx(0.3, rel=0.05)
    assert abs(added.mean()) < 0.02
    assert np.array_equal(noisy["mag"], inputs["mag"])


def test_the_same_seeds_change_the_same(inputs):
    one, same, other = (changed(inputs, Augmentation(), seeds(number)) for number in (4, 4, 5))
    assert np.array_equal(one["mag"], same["mag"])
    assert not np.array_equal(one["mag"], other["mag"])


@pytest.fixture(scope="module")
def source(stars):
    """What is drawn from: curves of A1 = 0.3 mag alone, known within 0.01 mag."""
    mean = np.zeros((N, 1, 15))
    mean[:, 0, 0] = 0.3
    covariance = np.broadcast_to(1e-4 * np.eye(15), (N, 1, 15, 15))
    columns = np.zeros((N, 1, 1))
    made = redrawn(Curves(mean, covariance, columns, columns), stars)
    return {name: tf.constant(values) for name, values in vars(made).items()}


def test_scatter_is_that_about_the_curve_of_the_star(source):
    assert np.max(source["scatter"]) < 1e-6


def test_a_new_light_curve_follows_the_coefficients_at_phases_of_another_star(inputs, source):
    others = {name: tf.reverse(values, [0]) for name, values in inputs.items()}
    new = resampled(inputs, others, source, 1.0, seeds(6))
    count, phase = new["count"].numpy(), new["phase"].numpy()
    assert np.array_equal(count.sum(axis=1), others["count"].numpy().sum(axis=1))
    there = count > 0
    assert all(np.all(np.diff(row[on]) >= 0.0) for row, on in zip(phase, there, strict=True))
    off = np.where(there, new["mag"] - 0.3 * np.cos(2 * np.pi * phase), 0.0)
    assert off[there].std() == pytest.approx(0.01 * np.sqrt(8.0), rel=0.2)
    assert not new["mag"].numpy()[~there].any()
    assert np.all(new["error"].numpy()[there] == 0.5)


def test_only_the_asked_share_is_drawn_anew(inputs, source):
    new = resampled(inputs, inputs, source, 0.3, seeds(7))
    same = np.all(new["mag"].numpy() == inputs["mag"].numpy(), axis=1)
    assert 0.5 < same.mean() < 0.9


def test_new_light_curves_know_their_bands(stars, inputs):
    mean = np.zeros((N, 2, 15))
    mean[:, 0, 0], mean[:, 1, 0] = 0.3, 0.6
    made = {
        "mean": tf.constant(mean, tf.float32),
        "root": tf.zeros((N, 2, 15, 15)),
        "scatter": tf.zeros(N),
    }
    there = stars.count > 0
    second = (np.arange(WIDTH) % 2 == 1) & there
    band = np.stack([there & ~second, second], axis=-1)
    two = inputs | {"band": tf.constant(band, tf.float32)}
    new = resampled(two, two, made, 1.0, seeds(8))
    size = np.where(new["band"].numpy()[..., 1] > 0, 0.6, 0.3)
    expected = np.where(new["count"] > 0, size * np.cos(2 * np.pi * new["phase"].numpy()), 0.0)
    np.testing.assert_allclose(new["mag"], expected, atol=1e-5)
