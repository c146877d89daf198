import pytest
from pydantic import ValidationError

from rrcat.archive.strict import Strict


class Section(Strict):
    name: str = ""
    number: float = 0.0


def test_a_field_that_is_not_named_is_refused():
    with pytest.raises(ValidationError, match="nmae"):
        Section.model_validate({"nmae": "A"})


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_number_that_is_none_is_refused(number):
    with pytest.raises(ValidationError, match="finite"):
        Section(number=number)


def test_a_number_may_stand_where_text_is_asked_for():
    assert Section.model_validate({"name": 7}).name == "7"


def test_what_was_read_stays():
    with pytest.raises(ValidationError, match="frozen"):
        Section().name = "B"
