import numpy as np
import pytest
from rrcat_xgboost.base import TERMS, choose, fit_relation, terms
from sklearn.model_selection import KFold

from rrcat.fourier import COEFFICIENT_COLUMNS, column_index

PERIOD, PHI31, A2 = column_index(["period", "phi31", "a2"])


def sample(n, law, seed=0, noise=0.1):
    rng = np.random.default_rng(seed)
    columns = rng.normal(size=(n, len(COEFFICIENT_COLUMNS)))
    values = terms(columns)
    return values, law(columns) + rng.normal(0.0, noise, n)


def chosen(values, feh):
    splits = list(KFold(5, shuffle=True, random_state=0).split(feh))
    return choose(values, feh, np.ones(feh.size), splits)


def share(choice, name):
    return sum(weight for (relation, _), weight in choice.weights.items() if relation == name)


def test_a_relation_finds_its_slopes_through_outliers():
    values, feh = sample(100, lambda x: -1.5 - 0.4 * x[:, PERIOD] + 0.3 * x[:, PHI31])
    feh[:10] += 2.0
    relation = fit_relation(values, feh, np.ones(100), TERMS["phase"], 0.3)
    assert relation.constant == pytest.approx(-1.5, abs=0.06)
    assert relation.slopes[[PERIOD, PHI31]] == pytest.approx([-0.4, 0.3], abs=0.05)


def test_a_relation_ignores_a_label_without_weight():
    values, feh = sample(60, lambda x: 0.3 * x[:, PHI31])
    spoilt, weights = feh.copy(), np.ones(60)
    spoilt[0], weights[0] = 50.0, 1e-12
    others = fit_relation(values[1:], feh[1:], weights[1:], TERMS["phase"], 0.3)
    relation = fit_relation(values, spoilt, weights, TERMS["phase"], 0.3)
    assert relation.slopes == pytest.approx(others.slopes, abs=0.01)


def test_few_stars_of_a_simple_law_get_a_simple_relation():
    choice = chosen(*sample(20, lambda x: -0.4 * x[:, PERIOD] + 0.3 * x[:, PHI31]))
    assert share(choice, "linear") + share(choice, "curved") < 0.01
    assert share(choice, "phase") > 0.2


def test_many_stars_of_a_curved_law_get_the_curved_relation():
    choice = chosen(*sample(500, lambda x: x[:, PERIOD] + 0.5 * x[:, PERIOD] * x[:, PHI31]))
    assert share(choice, "curved") == pytest.approx(1.0)


def test_the_mean_of_relations_is_the_relation_of_mean_slopes():
    values, feh = sample(40, lambda x: 0.3 * x[:, PHI31] + 0.1 * x[:, A2])
    choice = chosen(values, feh)
    one_by_one = sum(
        weight * fit_relation(values, feh, np.ones(40), TERMS[name], penalty)(values)
        for (name, penalty), weight in choice.weights.items()
    )
    assert choice.fit(values, feh, np.ones(40))(values) == pytest.approx(one_by_one)
