import json

import pytest

from rrcat.release.facts_diff import facts_diff
from rrcat.release.origins import origins
from rrcat.release.sides import Pair, Side

ESTIMATOR = {"id": "toy", "version": "1.0.0", "params": {"a": 1}}
FACTS = {
    "scale": "C21",
    "recipe": {"selection": {"limit": 10}, "archive": {"kind": "files"}},
    "inputs": [{"name": "stars.csv", "sha256": "ab" * 32}],
    "estimators": [ESTIMATOR],
    "versions": {"numpy": "2.4.6"},
}
BUNDLE = """
format = 1
api = 1
estimator = "toy"
estimator_version = "1.0.0"
scale = "C21"
reference = []
seed = {seed}
training_set_sha256 = "{training}"
[params]
[settings]
max_order = {order}
[metrics]
[versions]
[files]
"golden.parquet" = {{sha256 = "{zero}", size = 1}}
"golden_stars.parquet" = {{sha256 = "{zero}", size = 1}}
"weights/line.json" = {{sha256 = "{weights}", size = 1}}
"""
PLAIN = {"seed": 0, "training": "a", "order": 6, "weights": "0" * 64, "zero": "0" * 64}


@pytest.fixture
def compare(frame, table, tmp_path):
    """Compare the example with itself under other facts, bundles and combinations."""

    def run(facts=None, bundle=None, combinations=(None, None)):
        sides = []
        for name, own, more, combination in (
            ("old", FACTS, {}, combinations[0]),
            ("new", FACTS | (facts or {}), bundle or {}, combinations[1]),
        ):
            folder = tmp_path / name
            (folder / "bundles" / "toy").mkdir(parents=True)
            (folder / "bundles" / "toy" / "bundle.toml").write_text(BUNDLE.format(**PLAIN | more))
            if combination is not None:
                (folder / "combination.json").write_text(json.dumps({"types": combination}))
            sides.append(Side(name, folder, own, table, frame))
        pair = Pair(*sides)
        return origins(pair, facts_diff(sides[0].facts, sides[1].facts))

    return run


def test_same_origins_differ_in_nothing(compare):
    found = compare()
    assert found.estimators == {}
    assert found.combined == frozenset()
    assert (found.order, found.scale) == (False, False)
    assert found.rows == found.software == found.inputs == found.recipe == ()


@pytest.mark.parametrize(
    ("bundle", "words"),
    [
        ({"training": "b"}, "learned from other calibrators"),
        ({"seed": 1}, "another seed"),
        ({"order": 7}, "light curves prepared otherwise"),
        ({"weights": "1" * 64}, "the model holds other numbers"),
    ],
)
def test_bundle_says_how_an_estimator_differs(compare, bundle, words):
    assert compare(bundle=bundle).estimators == {"toy": (words,)}


def test_version_and_parameters_of_an_estimator_are_told(compare):
    other = ESTIMATOR | {"version": "1.1.0", "params": {"a": 2}}
    found = compare(facts={"estimators": [other]})
    assert found.estimators == {"toy": ("version 1.0.0 -> 1.1.0", "other parameters")}


def test_other_estimators_or_another_order_are_told(compare):
    second = ESTIMATOR | {"id": "other"}
    found = compare(facts={"estimators": [second, ESTIMATOR]})
    assert found.order
    assert found.estimators == {}


def test_types_that_are_combined_otherwise_are_told(compare):
    found = compare(combinations=({"RRab": 1, "RRc": 2}, {"RRab": 1, "RRc": 3}))
    assert found.combined == {"RRc"}


def test_combination_that_is_new_is_told(compare):
    assert compare(combinations=(None, {"RRab": 1})).combined == {"RRab"}


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"recipe": FACTS["recipe"] | {"selection": {"limit": 9}}}, "selects otherwise"),
        ({"recipe": FACTS["recipe"] | {"archive": {"kind": "tap"}}}, "reads the archive otherwise"),
        ({"inputs": [{"name": "stars.csv", "sha256": "cd" * 32}]}, "input files differ"),
    ],
)
def test_why_stars_may_come_and_go_is_told(compare, facts, words):
    found = compare(facts=facts)
    (why,) = found.rows
    assert words in why
    assert bool(found.recipe) == ("recipe" in facts)


def test_scale_inputs_and_software_are_told(compare):
    found = compare(facts={"scale": "J95", "inputs": [], "versions": {"numpy": "2.5.0"}})
    assert found.scale
    assert found.inputs == ("stars.csv",)
    assert found.software == ("numpy",)


def test_bundle_that_cannot_be_read_says_nothing(compare):
    assert compare(bundle={"seed": '"x"'}).estimators == {}
