import polars as pl
import pytest

from rrcat.errors import PluginError
from rrcat.estimator.answer import checked_answer

ASKED = pl.Series("source_id", [1, 2])


def answer(**cells):
    good = {"source_id": [2, 1], "feh": [-1.0, -2.0], "feh_error": [0.1, 0.2]} | cells
    return pl.DataFrame(good, strict=False)


def test_a_sound_answer_is_sorted_and_completed():
    checked = checked_answer(answer(), ASKED, "toy")
    assert checked["source_id"].to_list() == [1, 2]
    assert checked["status"].to_list() == ["ok", "ok"]
    assert checked["feh_p16"].null_count() == 2


def test_a_reason_of_the_model_is_kept():
    checked = checked_answer(
        answer(feh=[None, -2.0], status=["missing_features", None]), ASKED, "toy"
    )
    assert checked["status"].to_list() == ["ok", "missing_features"]


def test_a_value_from_far_away_becomes_a_reason():
    checked = checked_answer(answer(feh=[-1.0, -35.0]), ASKED, "toy")
    assert checked["status"].to_list() == ["estimator_failed", "ok"]
    assert checked.row(0)[1:5] == (None, None, None, None)


@pytest.mark.parametrize(
    ("cells", "what"),
    [
        ({"feh": [float("nan"), -1.0]}, "has NaN or infinity for 1 of 2 stars"),
        ({"feh_error": [float("inf"), 0.1]}, "has NaN or infinity"),
        ({"feh": [None, -1.0]}, "has neither a value nor a reason"),
        ({"status": ["fit_failed", "ok"]}, "has a value and a reason against it"),
        ({"status": ["perhaps", "ok"]}, "has an unknown status"),
        ({"feh_error": [None, 0.1]}, "has a value without an error"),
        ({"feh_error": [0.0, 0.1]}, "has an error that is not positive"),
        ({"feh_error": [-0.1, 0.1]}, "has an error that is not positive"),
        ({"feh_p16": [-0.9, -2.1], "feh_p84": [-0.8, -1.9]}, "has percentiles out of order"),
        ({"feh_p16": [-1.1, None], "feh_p84": [-0.9, -1.9]}, "has only one of the percentiles"),
        ({"source_id": [1, 1]}, "lost 1 of the 2 stars"),
        ({"source_id": [1, 7]}, "lost 1 of the 2 stars"),
        ({"wisdom": [1, 2]}, "unknown columns: wisdom"),
        ({"feh": ["poor", "rich"]}, "wrong type"),
    ],
)
def test_what_cannot_be_is_refused_by_name(cells, what):
    with pytest.raises(PluginError, match=what) as caught:
        checked_answer(answer(**cells), ASKED, "toy")
    assert caught.value.where["plugin"] == "toy"


def test_a_star_given_twice_is_refused():
    three = pl.concat([answer(), answer().head(1)])
    with pytest.raises(PluginError, match="gave twice"):
        checked_answer(three, ASKED, "toy")


def test_a_star_that_was_not_asked_for_is_refused():
    more = pl.concat([answer(), answer(source_id=[8, 9])])
    with pytest.raises(PluginError, match="invented 2 of the 2"):
        checked_answer(more, ASKED, "toy")


def test_something_that_is_no_frame_is_refused():
    with pytest.raises(PluginError, match="answered with a list"):
        checked_answer([1, 2], ASKED, "toy")
