import pytest

from rrcat.catalogue.distance.coefficients import ambiguity, coefficient, of_magnitude, systems
from rrcat.catalogue.distance.relations import published
from rrcat.simulate.population import EXTINCTION


def test_every_band_of_a_relation_has_a_coefficient():
    for relation in published().values():
        for band in relation.bands:
            assert coefficient(band).value > 0


def test_they_are_those_of_the_simulated_stars():
    assert {band: coefficient(band).value for band in EXTINCTION} == EXTINCTION


def test_a_wesenheit_magnitude_keeps_what_its_slope_leaves_of_the_reddening():
    assert of_magnitude({"G": 1.0}) == 2.740
    left = of_magnitude(published()["garofalo22-wesenheit"].magnitude)
    assert left == pytest.approx(2.740 - 1.90 * (3.374 - 2.035))
    assert left == pytest.approx(0.196, abs=0.001)
    consistent = 2.740 / (3.374 - 2.035)
    free = {"G": 1.0, "BP": -consistent, "RP": consistent}
    assert of_magnitude(free) == pytest.approx(0.0, abs=1e-12)


def test_taking_one_system_for_the_other_is_the_difference_of_their_factors():
    factors = {name: system.factor for name, system in systems().items()}
    assert factors == {"SFD": 0.86, "SF11": 1.0}
    assert ambiguity("SFD") == ambiguity("SF11") == pytest.approx(0.14)
