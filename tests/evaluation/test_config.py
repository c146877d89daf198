"""What [evaluation] may say."""

import pytest
from pydantic import ValidationError

from rrcat.evaluation.config import EvaluationSection, SelectionSection


@pytest.mark.parametrize(
    "wrong", [{"scheme": "jackknife"}, {"folds": 1}, {"repeats": 0}, {"seed": -1}, {"fold": 5}]
)
def test_what_cannot_be_done_is_refused(wrong):
    with pytest.raises(ValidationError):
        EvaluationSection(**wrong)


def test_published_values_need_a_name_that_can_be_a_column():
    file = {"file": "peer.csv", "scale": "C21", "columns": {"source_id": "id", "feh": "feh"}}
    assert EvaluationSection(external=[{"id": "peer", **file}]).external[0].id == "peer"
    with pytest.raises(ValidationError, match="pattern"):
        EvaluationSection(external=[{"id": "Peer et al.", **file}])


def test_published_values_have_names_of_their_own():
    file = {"file": "peer.csv", "scale": "C21", "columns": {"source_id": "id", "feh": "feh"}}
    with pytest.raises(ValidationError, match="two of them are called 'peer'"):
        EvaluationSection(external=[{"id": "peer", **file}, {"id": "peer", **file}])


def test_features_to_choose_from_are_named_once_and_known():
    with pytest.raises(ValidationError, match=r"'phi3l' is nothing to choose from.*'phi31'"):
        SelectionSection(features=("period", "phi3l"))
    with pytest.raises(ValidationError, match="'period' stands there twice"):
        SelectionSection(features=("period", "a1", "period"))
    with pytest.raises(ValidationError, match="int_average_mag"):
        SelectionSection(features=("period", "int_average_mag"))
    with pytest.raises(ValidationError, match="at least 2"):
        SelectionSection(features=("period",))
    assert SelectionSection(features=("period", "a8")).resamples == 100
