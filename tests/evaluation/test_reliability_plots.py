"""Diagrams are drawn the same every time, of whatever could be counted."""

from rrcat.evaluation.reliability import LEVELS
from rrcat.evaluation.reliability_plots import reliability_plot

THIRD = {"n": 20, "low": 1.0, "high": 2.0, "coverage_68": 0.6, "coverage_95": 0.9}
TOLD = {
    "n": 60,
    "levels": [{"nominal": level, "observed": level**1.2} for level in LEVELS],
    "thirds": {"mag": [THIRD] * 3, "phi31_error": [THIRD] * 3},
}


def test_a_diagram_is_the_same_every_time():
    drawn = reliability_plot(TOLD, title="estimator, RRab")
    assert drawn.startswith(b"<?xml")
    assert drawn == reliability_plot(TOLD, title="estimator, RRab")


def test_thirds_that_could_not_be_cut_are_left_out():
    without = TOLD | {"thirds": {"mag": None, "phi31_error": [THIRD] * 3}}
    assert len(reliability_plot(without, title="")) < len(reliability_plot(TOLD, title=""))
