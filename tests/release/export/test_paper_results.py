from dataclasses import replace

import pytest

from rrcat.release import report_calibrators
from rrcat.release.export.paper_material import material
from rrcat.release.export.paper_results import as_told, metric, result_numbers
from rrcat.release.opened import open_release

METRICS = {
    "estimator": "combination",
    "type": "RRab",
    "n": 54,
    "n_asked": 54,
    "rmse": 0.22814,
    "rmse_error": 0.0263,
    "mae": 0.1731,
    "mae_error": None,
    "bias": -0.0149,
    "r2": None,
    "slope": 0.8912,
    "coverage_68": 38 / 54,
    "coverage_95": 1.0,
}
CLUSTERS = {
    "check": "clusters",
    "name": "globular clusters have their [Fe/H]",
    "passed": True,
    "detail": "3 % off & more",
    "value": -0.0312,
    "threshold": 0.15,
    "unit": "dex",
    "rows": [
        {"system": "NGC 5139", "n": 1200, "difference": -0.21664, "error": 0.0321, "note": ""},
    ],
}
OWN = {
    "check": "reference",
    "name": "an unheard-of check, φ31",
    "passed": None,
    "detail": "could not be made",
    "value": None,
    "threshold": None,
    "unit": "",
    "rows": [],
}
LEARNED = {
    "members": ["fourier-gp", "fourier-xgboost"],
    "types": {
        "RRab": {
            "n_stars": 54,
            "steps_aside": True,
            "preferred": ["fourier-gp", "fourier-xgboost"],
            "rmse": {"combination": 0.229436, "fourier-gp": 0.226847},
        }
    },
}


@pytest.fixture(scope="module")
def bare(released):
    return material(open_release(released))


def told(found):
    return {one.name: one.text for group in result_numbers(found) for one in group.numbers}


def lacks(found):
    return [what for group in result_numbers(found) for what in group.lacks]


def test_metrics_are_rounded_to_their_uncertainty(bare):
    found = told(
        replace(bare, tested=report_calibrators.Tested("combination", 54, [METRICS], [], []))
    )
    assert found["CalibratorsTested"] == "54"
    assert {name: text for name, text in found.items() if name.startswith("CombinationRRab")} == {
        "CombinationRRabTested": "54",
        "CombinationRRabRmse": "0.228",
        "CombinationRRabRmseError": "0.026",
        "CombinationRRabMae": "0.17",
        "CombinationRRabBias": r"\ensuremath{-0.015}",
        "CombinationRRabSlope": "0.89",
        "CombinationRRabCoverageOneSigma": "70",
        "CombinationRRabCoverageNinetyFive": "100",
    }


def test_a_metric_that_is_not_known_is_none():
    assert metric("r2", METRICS) is None
    assert metric("interval_68", METRICS) is None


def test_members_and_errors_of_the_combination_are_told(bare):
    found = told(replace(bare, combination=LEARNED))
    assert found["Members"] == "fourier-gp, fourier-xgboost"
    assert found["MembersCount"] == "2"
    assert found["CombiningRRabTaken"] == "fourier-gp"
    assert found["CombiningRRabFourierGpRmse"] == "0.227"
    assert found["CombiningRRabCalibrators"] == "54"


def test_checks_are_told_with_value_limit_and_rows(bare):
    found = told(replace(bare, checks=(CLUSTERS, OWN)))
    assert found["Checks"] == "2"
    assert [found[f"Checks{word}"] for word in ("Passed", "Failed", "Open")] == ["1", "0", "1"]
    assert found["CheckClustersFeH"] == r"\ensuremath{-0.031}"
    assert found["CheckClustersFeHLimit"] == "0.15"
    row = "CheckClustersFeHNGCFiveOneThreeNine"
    assert found[f"{row}N"] == "1{,}200"
    assert found[f"{row}Difference"] == r"\ensuremath{-0.217}"
    assert found[f"{row}Error"] == "0.032"


def test_many_rows_stand_in_tables_alone(bare):
    many = CLUSTERS | {"rows": CLUSTERS["rows"] * 9}
    assert not [name for name in told(replace(bare, checks=(many,))) if "NGC" in name]


def test_a_check_without_a_number_is_listed_as_lacking(bare):
    assert "a number of the check “an unheard-of check, φ31”" in lacks(replace(bare, checks=(OWN,)))


def test_what_a_release_does_not_know_of_is_listed(bare):
    assert {"a combination of estimators", "numbers of calibrators"} <= set(lacks(bare))
    assert any("out of fold" in what for what in lacks(bare))
    assert told(bare)["Checks"] == "1"


def test_a_number_of_a_check_has_no_more_decimals_than_it_needs():
    assert [as_told(value) for value in (0.15, 2, -0.03127, 0.0)] == [
        *("0.15", "2", r"\ensuremath{-0.031}", "0")
    ]
