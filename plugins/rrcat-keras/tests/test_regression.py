"""What tells a star unlike the training stars."""

import numpy as np
import polars as pl
import pytest
from rrcat_keras.points import points
from rrcat_keras.regression import ranged


def told_of(mag):
    n = len(mag)
    lists = {"phase": np.linspace(0.0, 0.9, n), "mag": mag, "mag_error": np.full(n, 0.01)}
    row = {"source_id": 1, "band": "G", "period": 0.5, "n_points": n}
    frame = pl.DataFrame(row | {name: [list(values)] for name, values in lists.items()})
    return ranged(points(frame, frame["source_id"], ["G"], 16))[0]


def test_period_and_scatter_are_told():
    assert told_of([0.1, -0.1, 0.1, -0.1]) == pytest.approx(np.log([0.5, 0.1]))


def test_a_star_that_does_not_vary_lies_below_all_that_do():
    assert told_of([0.0] * 4)[1] < told_of([1e-4, -1e-4])[1] < told_of([0.1, -0.1])[1]


def test_a_single_observation_has_no_scatter_to_compare():
    assert np.isnan(told_of([0.1])[1])
