"""The drawings of a feature selection: whole, and the same every time."""

import copy
import xml.etree.ElementTree as ET

import pytest

from rrcat.evaluation.nested import RELATION
from rrcat.evaluation.selection import METHODS
from rrcat.evaluation.selection_plots import selection_plots

ORDER = ["period", "phi31", "a2"]


def one(rmse):
    return {
        "order": ORDER,
        "number": 2,
        "scores": [
            {"n_features": n, "rmse": value, "rmse_error": 0.03, "rmse_seen": 0.2}
            for n, value in enumerate(rmse, start=1)
        ],
        "features": [
            {"feature": name, "in_folds": 1.0, "in_resamples": share}
            for name, share in zip(ORDER, (1.0, 0.9, 0.2), strict=True)
        ],
    }


@pytest.fixture
def told():
    return {"models": {RELATION: {method: one([0.4, 0.25, 0.24]) for method in METHODS}}}


def test_there_is_a_drawing_of_the_score_and_one_of_the_stability(told):
    drawn = selection_plots(told, title="asas-i, RRab")
    assert list(drawn) == ["score", "stability"]
    for content in drawn.values():
        ET.fromstring(content)


def test_the_same_selection_is_drawn_in_the_same_bytes(told):
    assert selection_plots(told, title="a") == selection_plots(copy.deepcopy(told), title="a")


def test_another_score_is_another_drawing(told):
    before = selection_plots(told, title="a")
    told["models"][RELATION]["forward"] = one([0.4, 0.26, 0.24])
    after = selection_plots(told, title="a")
    assert before["score"] != after["score"]
    assert before["stability"] == after["stability"]


def test_an_estimator_that_failed_somewhere_is_drawn_where_it_did_not(told):
    before = selection_plots(told, title="a")
    told["models"]["plane"] = {"forward": one([0.41, None, None])}
    told["models"]["plane"]["forward"]["scores"][1]["rmse_error"] = None
    assert len(selection_plots(told, title="a")["score"]) > len(before["score"])
