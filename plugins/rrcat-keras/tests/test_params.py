"""What a recipe may say."""

import pytest
from rrcat_keras.learning import sizes_of
from rrcat_keras.networks import LstmSizes, TransformerSizes
from rrcat_keras.params import LstmParams, TransformerParams

from rrcat.errors import RecipeError
from rrcat.estimator import discover


@pytest.mark.parametrize(
    ("id", "params", "told"),
    [
        ("keras-lstm", {"heads": 4}, "has no parameter 'heads'"),
        ("keras-lstm", {"units": 0}, "greater than or equal to 1"),
        ("keras-transformer", {"width": 30, "heads": 4}, "width 30 is no multiple of heads 4"),
        ("keras-transformer", {"concentrations": [-1.0]}, "greater than 0"),
        ("keras-transformer", {"bands": ["G", "G"]}, "a band stands twice"),
        ("keras-transformer", {"augmentation": {"dropped": 1.5}}, "less than or equal to 0.9"),
        ("keras-transformer", {"augmentation": {"spin": 1}}, "augmentation.spin"),
        ("keras-lstm", {"loss": "mse"}, "'crps' or 'beta-nll'"),
    ],
)
def test_what_is_unknown_or_impossible_is_refused_and_named(id, params, told):
    with pytest.raises(RecipeError, match=told):
        discover().estimator(id, params)


def test_every_parameter_is_described():
    for kind in (LstmParams, TransformerParams):
        for name, field in kind.model_fields.items():
            assert field.description or name == "augmentation"


def test_sizes_are_those_of_the_parameters():
    lstm = sizes_of(LstmParams(units=5, dropout=0.3))
    assert isinstance(lstm, LstmSizes)
    assert (lstm.units, lstm.dropout) == (5, 0.3)
    assert isinstance(sizes_of(TransformerParams()), TransformerSizes)
