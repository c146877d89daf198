import pytest
from pydantic import Field, model_validator

from rrcat.errors import RecipeError
from rrcat.estimator import Params
from rrcat.estimator.params import parsed


class Some(Params):
    error: float = Field(default=0.2, gt=0)
    depth: int = 3


def test_absent_parameters_have_their_defaults():
    assert parsed(Some, {"depth": 5}, "toy") == Some(error=0.2, depth=5)


@pytest.mark.parametrize(
    ("name", "hint"),
    [("eror", "did you mean 'error'?"), ("colour", "the parameters are error, depth")],
)
def test_an_unknown_parameter_is_refused_with_the_nearest_name(name, hint):
    with pytest.raises(RecipeError, match=f"toy has no parameter '{name}'") as caught:
        parsed(Some, {name: 0.1}, "toy")
    assert caught.value.hint == hint


def test_an_estimator_without_parameters_says_so():
    with pytest.raises(RecipeError) as caught:
        parsed(Params, {"error": 1}, "toy")
    assert caught.value.hint == "it has no parameters"


@pytest.mark.parametrize(
    ("key", "value"), [("error", -1), ("error", float("inf")), ("depth", "deep"), ("depth", 1.5)]
)
def test_a_value_that_cannot_be_is_refused(key, value):
    with pytest.raises(RecipeError, match=f"parameter '{key}' of toy") as caught:
        parsed(Some, {key: value}, "toy")
    assert caught.value.where["key"] == key
    assert caught.value.hint == f"got {value!r}"


def test_parameters_that_do_not_fit_each_other_are_refused_in_their_own_words():
    class Pair(Params):
        low: int = 0
        high: int = 1

        @model_validator(mode="after")
        def _in_order(self):
            if self.high < self.low:
                raise ValueError("high is below low")
            return self

    with pytest.raises(RecipeError, match=r"^the parameters of toy: high is below low"):
        parsed(Pair, {"low": 2}, "toy")


def test_parameters_cannot_be_changed_afterwards():
    with pytest.raises(ValueError, match="frozen"):
        Some().depth = 4


def test_an_estimator_takes_parameters_as_a_table_or_ready_made(line):
    assert line({"error": 0.3}).params == line(line.Params(error=0.3)).params
    assert line().params.error == 0.2
