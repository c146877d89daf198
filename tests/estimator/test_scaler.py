import json

import numpy as np

from rrcat.canonical import json_bytes
from rrcat.estimator import Scaler, learn_scaler


def test_training_columns_get_mean_zero_and_width_one():
    values = np.random.default_rng(0).normal([5.0, -1.0], [0.1, 3.0], (200, 2))
    scaled = learn_scaler(values).standardised(values)
    assert np.abs(scaled.mean(axis=0)).max() < 0.01
    assert np.abs(scaled.std(axis=0) - 1.0).max() < 0.01


def test_a_value_far_from_all_calibrators_is_bounded():
    scaler = learn_scaler(np.array([[0.0], [2.0]]))
    assert scaler.standardised(np.array([[3.0], [99.0]])).tolist() == [[2.0], [4.0]]


def test_a_constant_and_an_unknown_column_are_zero_everywhere():
    scaler = learn_scaler(np.array([[1.0, np.nan, 1.0], [1.0, np.nan, 3.0]]))
    scaled = scaler.standardised(np.array([[1.0, np.nan, 2.0], [1.0, np.nan, np.nan]]))
    assert scaled.tolist() == [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]


def test_a_scaler_survives_json_to_the_last_bit():
    scaler = learn_scaler(np.random.default_rng(0).normal(size=(30, 4)))
    kept = Scaler.from_plain(json.loads(json_bytes(scaler.as_plain())))
    assert np.array_equal(kept.mean, scaler.mean)
    assert np.array_equal(kept.width, scaler.width)
