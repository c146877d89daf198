import numpy as np
import pytest
from rrcat_xgboost.trees import Growth, Trees, grow, search
from sklearn.model_selection import KFold


def sample(n, law, seed=0):
    rng = np.random.default_rng(seed)
    columns = rng.normal(size=(n, 6))
    return columns, law(columns) + rng.normal(0.0, 0.2, n)


def searched(columns, residuals, seed=0):
    steps = []
    growth = search(
        columns,
        residuals,
        np.ones(residuals.size),
        list(KFold(5, shuffle=True, random_state=0).split(residuals)),
        n_trials=3,
        max_rounds=100,
        seed=seed,
        step=lambda: steps.append(1),
    )
    return growth, len(steps)


def test_no_tree_is_grown_on_noise():
    growth, _ = searched(*sample(50, lambda x: 0.0 * x[:, 0]))
    assert growth == Growth({}, 0)
    assert grow(*sample(50, lambda x: 0.0 * x[:, 0]), np.ones(50), growth, [0]) == Trees(())


def test_where_the_first_settings_gain_nothing_no_others_are_tried():
    assert searched(*sample(12, lambda x: 0.0 * x[:, 0]))[1] == 1


def test_trees_are_grown_on_what_is_not_linear():
    columns, residuals = sample(400, lambda x: 0.5 * np.sign(x[:, 0]))
    growth, steps = searched(columns, residuals)
    assert growth.rounds > 0
    assert steps == 3
    trees = grow(columns, residuals, np.ones(400), growth, [0, 1])
    fresh, target = sample(400, lambda x: 0.5 * np.sign(x[:, 0]), seed=1)
    assert np.mean((target - trees(fresh)) ** 2) < 0.8 * np.mean(target**2)


def test_the_mean_of_the_boosters_counts():
    columns, residuals = sample(100, lambda x: x[:, 0])
    growth = Growth(
        {
            "max_depth": 3,
            "min_child_weight": 4,
            "subsample": 0.5,
            "colsample_bytree": 0.5,
            "reg_lambda": 1,
        },
        50,
    )
    both = grow(columns, residuals, np.ones(100), growth, [0, 1])
    assert both(columns[:0]).shape == (0,)  # and no warning of the library
    each = [grow(columns, residuals, np.ones(100), growth, [seed])(columns) for seed in (0, 1)]
    assert both(columns) == pytest.approx((each[0] + each[1]) / 2)
    assert not np.array_equal(each[0], each[1])
