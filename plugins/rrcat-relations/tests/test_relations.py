import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rrcat_relations.relations import Relation, Term, names, published

from rrcat.calibration import scales
from rrcat.harmonic import COVARIANCE_LENGTH, covariance_index

UNKNOWN = np.full((1, COVARIANCE_LENGTH), np.nan)


def one(variant):
    (relation,) = (relation for relation in published() if relation.variant == variant)
    return relation


def at(**inputs):
    return {name: np.array([value]) for name, value in inputs.items()}


def middle(relation):
    """Inputs in the middle of the relation's range, in its own form."""
    return at(**{name: (low + high) / 2 for name, (low, high) in relation.range.items()})


# Each relation written out by hand, at inputs in its own form and branch.
BY_HAND = {
    "muraveva25:RRab:G": ({"period": 0.5, "phi31": 2.0}, -0.37 - 5.55 * 0.5 + 0.94 * 2.0),
    "muraveva25:RRc:G": (
        {"period": 0.3, "phi31": 3.0, "a2": 0.04},
        0.80 - 8.54 * 0.3 + 0.23 * 3.0 - 9.34 * 0.04,
    ),
    "dekany21:RRab:I": (
        {"period": 0.5, "phi31": 5.8, "a2": 0.1},
        -5.819 - 6.350 * 0.5 + 5.785 * 0.1 + 1.248 * 5.8,
    ),
    "dekany21:RRc:I": (
        {"period": 0.3, "phi31": 6.5, "a1": 0.13, "a2": 0.02},
        -1.821 - 10.014 * 0.3 + 13.835 * 0.13 - 34.704 * 0.02 + 0.325 * 6.5,
    ),
    "smolec05:RRab:I": (
        {"period": 0.5, "phi31": 5.8, "a2": 0.1},
        -6.125 - 4.795 * 0.5 + 1.181 * 5.8 + 7.876 * 0.1,
    ),
    "jurcsik96:RRab:V": ({"period": 0.5, "phi31": 5.0}, -5.038 - 5.394 * 0.5 + 1.345 * 5.0),
    "nemec13:RRab:Kp": (
        {"period": 0.5, "phi31": 5.0},
        -8.65 - 40.12 * 0.5 + 5.96 * 5.0 + 6.27 * 5.0 * 0.5 - 0.72 * 25.0,
    ),
    "iorio21:RRab:G": ({"period": 0.5, "phi31": 2.3}, -1.68 - 5.08 * (-0.1) + 0.68 * 0.3),
    "iorio21:RRc:G": ({"period": 0.33, "phi31": 3.0}, -1.26 - 9.39 * 0.03 + 0.29 * (-0.5)),
}


def test_every_relation_is_written_out_here():
    assert {relation.variant for relation in published()} == set(BY_HAND)


@pytest.mark.parametrize("variant", BY_HAND)
def test_a_relation_gives_what_its_formula_gives(variant):
    inputs, feh = BY_HAND[variant]
    assert one(variant).feh(at(**inputs)).item() == pytest.approx(feh, abs=1e-12)


@pytest.mark.parametrize("relation", published(), ids=lambda relation: relation.variant)
def test_a_relation_gives_a_metallicity_in_the_middle_of_its_range(relation):
    assert -2.5 < relation.feh(middle(relation)).item() < -0.4
    assert not relation.outside(middle(relation)).item()


@pytest.mark.parametrize("relation", published(), ids=lambda relation: relation.variant)
def test_a_relation_is_whole(relation):
    assert relation.scale in scales.names()
    assert set(relation.range) == set(relation.inputs)
    assert set(relation.pivot) in (set(), set(relation.inputs))
    low, high = relation.range["phi31"]
    assert low < relation.branch < high < relation.branch + np.pi
    assert low > relation.branch - np.pi
    assert relation.reference


@pytest.mark.parametrize("relation", published(), ids=lambda relation: relation.variant)
@given(turns=st.integers(-2, 2), offset=st.floats(-3, 3))
def test_whole_turns_of_phi31_change_nothing(relation, turns, offset):
    cosine = relation.branch + offset + (np.pi if relation.phase == "sine" else 0.0)
    features = middle(relation) | at(phi31=cosine)
    turned = middle(relation) | at(phi31=cosine + turns * 2 * np.pi)
    expected = relation.own_form(features)["phi31"].item()
    assert expected == pytest.approx(relation.branch + offset, abs=1e-9)
    assert relation.own_form(turned)["phi31"].item() == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("relation", published(), ids=lambda relation: relation.variant)
def test_slopes_are_those_of_finite_differences(relation):
    inputs, step = middle(relation), 1e-6
    nothing = np.zeros((1, COVARIANCE_LENGTH))
    exact = relation.model_copy(
        update={"terms": tuple(t.model_copy(update={"error": None}) for t in relation.terms)}
    )
    for name in relation.inputs:
        covariance = nothing.copy()
        covariance[:, covariance_index(name, name)] = 1.0
        variance = exact.variance(inputs, covariance, np.zeros((1, len(relation.inputs))))
        up, down = (
            exact.feh(inputs | {name: inputs[name] + shift}).item() for shift in (step, -step)
        )
        slope = (up - down) / (2 * step)
        assert variance.item() - relation.scatter**2 == pytest.approx(slope**2, rel=1e-6)


def test_correlated_errors_are_propagated():
    relation = one("jurcsik96:RRab:V")
    covariance = np.zeros((1, COVARIANCE_LENGTH))
    covariance[:, covariance_index("period", "period")] = 0.01**2
    covariance[:, covariance_index("phi31", "phi31")] = 0.1**2
    covariance[:, covariance_index("period", "phi31")] = 0.5 * 0.01 * 0.1
    variance = relation.variance(middle(relation), covariance, np.zeros((1, 2)))
    slopes = np.array([-5.394, 1.345])
    matrix = np.array([[0.01**2, 0.0005], [0.0005, 0.1**2]])
    assert variance.item() == pytest.approx(0.14**2 + slopes @ matrix @ slopes)


def test_standard_errors_stand_in_for_a_covariance_that_is_not_known():
    relation = one("jurcsik96:RRab:V")
    variance = relation.variance(middle(relation), UNKNOWN, np.array([[np.nan, 0.1]]))
    assert variance.item() == pytest.approx(0.14**2 + (1.345 * 0.1) ** 2)


def test_coefficient_errors_count_from_the_pivot():
    relation = one("muraveva25:RRab:G")
    none = np.zeros((1, 2))
    assert relation.variance(at(**relation.pivot), UNKNOWN, none).item() == pytest.approx(0.28**2)
    away = at(period=relation.pivot["period"] + 0.1, phi31=relation.pivot["phi31"] - 1.0)
    expected = 0.28**2 + (0.31 * 0.1) ** 2 + (0.09 * 1.0) ** 2
    assert relation.variance(away, UNKNOWN, none).item() == pytest.approx(expected)


def test_outside_its_range_a_value_is_extrapolated():
    relation = one("dekany21:RRab:I")
    inside = middle(relation)
    assert relation.outside(inside | at(period=0.9)).item()
    assert relation.outside(inside | at(a2=0.02)).item()


def test_powers_are_multiplied():
    term = Term(coefficient=-2.0, powers={"period": 2, "phi31": 1})
    inputs = at(period=0.5, phi31=3.0)
    assert term.value(inputs).item() == pytest.approx(0.75)
    assert term.slope(inputs, "period").item() == pytest.approx(-2.0 * 2 * 0.5 * 3.0)
    assert term.slope(inputs, "phi31").item() == pytest.approx(-2.0 * 0.25)


def test_an_unknown_key_in_the_data_is_an_error():
    content = published()[0].model_dump() | {"colour": "blue"}
    with pytest.raises(ValueError, match="colour"):
        Relation.model_validate(content)


def test_names_stand_once():
    assert names() == ["muraveva25", "dekany21", "smolec05", "jurcsik96", "nemec13", "iorio21"]
