import pytest

from rrcat.schema import Table, diff, expanded, load, names

PERIOD = {"name": "period", "dtype": "float64", "unit": "d", "ucd": "time.period"}
PERIOD |= {"description": "The period of the star.", "range": [0.01, 10]}
KIND = {"name": "kind", "dtype": "string", "ucd": "src.class", "values": ["a", "b"]}
KIND |= {"description": "The kind of the star.", "nullable": False}
FLAGS = {"name": "flags", "dtype": "int32", "ucd": "meta.code", "nullable": False}
FLAGS |= {"description": "Some flags of a star."}
FLAGS |= {"bits": [{"value": 1, "name": "one", "description": "the first"}]}


def table(*columns: dict, version: str = "1.0.0", **more: object) -> Table:
    return Table.model_validate(
        {"name": "t", "version": version, "description": "A table of stars.", "column": columns}
        | more
    )


def bits(*numbers: int) -> dict:
    return {"bits": [{"value": n, "name": f"b{n}", "description": "some bit"} for n in numbers]}


BASE = table(PERIOD, KIND, FLAGS)


def test_equal_tables_do_not_differ():
    for name in names():
        found = diff(load(name), load(name))
        assert (found.changes, found.level, found.version_is_honest) == ((), "none", True)


@pytest.mark.parametrize(
    ("after", "level"),
    [
        (table(PERIOD, KIND), "major"),
        (table(PERIOD, KIND, FLAGS, PERIOD | {"name": "other"}), "minor"),
        (table(PERIOD | {"dtype": "float32"}, KIND, FLAGS), "major"),
        (table(PERIOD | {"unit": "h"}, KIND, FLAGS), "major"),
        (table(PERIOD | {"nullable": False}, KIND, FLAGS), "minor"),
        (table(PERIOD, KIND | {"nullable": True}, FLAGS), "major"),
        (table(PERIOD, KIND | {"values": ["a", "b", "c"]}, FLAGS), "minor"),
        (table(PERIOD, KIND | {"values": ["a"]}, FLAGS), "major"),
        (table(PERIOD, KIND | {"values": None}, FLAGS), "minor"),
        (table(PERIOD | {"range": [0.01, 20]}, KIND, FLAGS), "patch"),
        (table(PERIOD | {"description": "Another description."}, KIND, FLAGS), "patch"),
        (table(PERIOD, KIND, FLAGS, key=["period"]), "major"),
        (table(PERIOD, KIND, FLAGS, description="Another description."), "patch"),
    ],
)
def test_a_change_asks_for_its_step(after, level):
    assert diff(BASE, after).level == level


@pytest.mark.parametrize(
    ("before", "after", "level"),
    [((1, 2), (1, 2, 4), "minor"), ((1, 2), (1,), "major"), ((1, 2), (1, 4), "major")],
)
def test_bits_may_be_added_but_never_taken(before, after, level):
    found = diff(table(FLAGS | bits(*before)), table(FLAGS | bits(*after)))
    assert found.level == level


@pytest.mark.parametrize(
    ("version", "honest"),
    [("1.0.0", False), ("1.0.1", False), ("1.1.0", True), ("2.0.0", True), ("0.9.0", False)],
)
def test_a_version_is_honest_if_it_moved_far_enough(version, honest):
    more = PERIOD | {"name": "other"}
    assert diff(BASE, table(PERIOD, KIND, FLAGS, more, version=version)).version_is_honest is honest


@pytest.mark.parametrize(("before", "after"), [(["a", "b"], ["a"]), (["a"], ["a", "b"])])
def test_the_estimators_of_a_catalogue_are_no_matter_of_the_version(before, after):
    catalogue = load("rrl_metallicity")
    found = diff(expanded(catalogue, before), expanded(catalogue, after))
    assert {change.column for change in found.changes} == {
        "feh_b",
        "feh_error_b",
        "feh_status_b",
    }
    assert (found.level, found.version_is_honest) == ("none", True)


def test_a_family_that_changes_changes_the_table():
    family = PERIOD | {"name": "period_{estimator}", "each": "estimator"}
    assert diff(BASE, table(PERIOD, KIND, FLAGS, family)).level == "minor"
    hours = table(PERIOD, KIND, FLAGS, family | {"unit": "h"})
    assert diff(table(PERIOD, KIND, FLAGS, family), hours).level == "major"


def test_a_change_says_what_it_was_and_is():
    (change,) = diff(BASE, table(PERIOD | {"unit": "h"}, KIND, FLAGS)).changes
    assert (change.column, change.what, change.before, change.after) == ("period", "unit", "d", "h")
