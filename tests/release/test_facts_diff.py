import copy

from rrcat.release.facts_diff import FactChange, facts_diff

FACTS = {
    "recipe": {"selection": {"limit": None}, "estimator": [{"id": "x", "params": {"a": [1, 2]}}]},
    "scale": "C21",
    "coordinates": {"system": "ICRS", "epoch": "J2000.0"},
    "time_system": {"scale": "TCB", "reference_position": "BARYCENTER", "origin_jd": 2455197.5},
    "inputs": [{"name": "stars.csv", "sha256": "ab" * 32}],
    "estimators": [{"id": "x", "version": "1.0.0"}],
    "versions": {"rrcat": "0.1.0"},
}


def changes(**differing):
    return facts_diff(FACTS, copy.deepcopy(FACTS) | differing)


def test_equal_facts_do_not_differ():
    assert changes() == ()


def test_what_is_told_as_empty_is_as_good_as_absent():
    assert changes(authors=[], rights=None, distance={}) == ()
    assert changes(authors=["A"]) == (FactChange("authors", "absent", "['A']"),)


def test_a_key_of_the_recipe_is_told_by_its_place():
    recipe = copy.deepcopy(FACTS["recipe"])
    recipe["selection"]["limit"] = 100
    recipe["estimator"][0]["params"]["a"] = [1, 3]
    assert changes(recipe=recipe) == (
        FactChange("recipe.estimator[0].params.a", "[1, 2]", "[1, 3]"),
        FactChange("recipe.selection.limit", "absent", "100"),
    )


def test_scale_coordinates_inputs_and_software_are_compared():
    found = changes(
        scale="J95",
        coordinates={"system": "ICRS", "epoch": "J2016.0"},
        inputs=[{"name": "stars.csv", "sha256": "cd" * 32}],
        estimators=[{"id": "x", "version": "2.0.0"}],
        versions={"rrcat": "0.2.0"},
    )
    assert [change.key for change in found] == [
        "scale",
        "coordinates.epoch",
        "inputs.stars.csv",
        "estimators.x",
        "versions.rrcat",
    ]


def test_another_teacher_is_told():
    teacher = {"catalogue": "asas-i", "estimators": [{"id": "x", "version": "1.0.0"}]}
    assert [change.key for change in changes(teacher=teacher)] == [
        "teacher.catalogue",
        "teacher.estimators[0].id",
        "teacher.estimators[0].version",
    ]


def test_order_of_keys_does_not_matter():
    assert facts_diff(FACTS, dict(reversed(FACTS.items()))) == ()
