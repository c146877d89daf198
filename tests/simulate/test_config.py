import pytest
from pydantic import ValidationError

from rrcat.simulate import SimulatedArchive
from rrcat.simulate.survey import NOTICE


def test_the_kind_alone_is_enough():
    config = SimulatedArchive(kind="simulated")
    assert (config.stars, config.seed, config.truth) == (2000, 0, "curved")
    assert config.bad_stars == "keep"


def test_a_recipe_cannot_hide_that_stars_are_simulated():
    config = SimulatedArchive(kind="simulated", reference=("Doe 2020",))
    assert config.reference == (NOTICE, "Doe 2020")
    with pytest.raises(ValidationError):
        SimulatedArchive(kind="simulated", survey="Gaia DR3")


@pytest.mark.parametrize(
    "given", [{"stars": 0}, {"seed": -1}, {"truth": "round"}, {"survey_name": "x"}]
)
def test_impossible_surveys_are_refused(given):
    with pytest.raises(ValidationError):
        SimulatedArchive(kind="simulated", **given)
