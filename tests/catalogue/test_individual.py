"""Each estimator keeps its own values in the catalogue."""

import polars as pl
import pytest

from rrcat.catalogue.individual import catalogue_table, individual, with_columns_of_their_own
from rrcat.catalogue.recipe import Recipe
from rrcat.errors import SchemaError
from rrcat.schema import conform, expanded, load

TABLE = expanded(load("rrl_metallicity"), ["b-two", "a-one"])


def recipe(*ids: str, **catalogue: object) -> Recipe:
    about = {"name": "x", "title": "X", "schema": "rrl_metallicity", "scale": "C21"}
    return Recipe.model_validate(
        {
            "catalogue": about | catalogue,
            "archive": {"kind": "simulated"},
            "estimator": [{"id": id} for id in ids],
        }
    )


@pytest.mark.parametrize(
    ("ids", "wanted", "found"),
    [
        (("b", "a"), None, ["b", "a"]),
        (("b", "a"), False, []),
        (("a",), None, []),
        (("a",), True, ["a"]),
    ],
)
def test_several_estimators_have_columns_of_their_own_unless_the_recipe_decides(ids, wanted, found):
    assert with_columns_of_their_own(recipe(*ids, individual_columns=wanted)) == found
    names = catalogue_table(recipe(*ids, individual_columns=wanted)).names
    assert [name for name in names if name in ("feh_a", "feh_b")] == [f"feh_{id}" for id in found]


def test_an_estimator_that_nobody_has_heard_of_has_columns_too():
    assert "feh_status_my_own_2" in catalogue_table(recipe("my-own-2", "a")).names


def test_estimators_whose_columns_clash_are_refused_by_name():
    with pytest.raises(SchemaError, match=r"'x' .* 'error-x' .* 'feh_error_x'"):
        catalogue_table(recipe("x", "error-x"))


PREDICTIONS = conform(
    pl.DataFrame(
        {
            "source_id": [1, 1, 1, 2, 2, 2],
            "estimator": ["a-one", "b-two", "combination"] * 2,
            "feh": [-1.0, -1.5, -1.2, None, -2.0, -2.0],
            "feh_error": [0.1, 0.2, 0.1, None, 0.3, 0.3],
            "status": ["ok", "ok", "ok", "fit_failed", "ok", "ok"],
        }
    ),
    load("predictions"),
)


def test_values_stand_beside_each_other_and_the_combination_has_no_columns_of_its_own():
    rows = individual(PREDICTIONS, TABLE)
    assert rows.columns == [
        "source_id",
        *("feh_b_two", "feh_error_b_two", "feh_status_b_two"),
        *("feh_a_one", "feh_error_a_one", "feh_status_a_one"),
    ]
    assert rows.row(0) == (1, -1.5, 0.2, "ok", -1.0, 0.1, "ok")
    assert rows.row(1) == (2, -2.0, 0.3, "ok", None, None, "fit_failed")


def test_the_order_of_predictions_does_not_matter():
    assert individual(PREDICTIONS.reverse(), TABLE).equals(individual(PREDICTIONS, TABLE))


def test_a_table_without_own_columns_has_none():
    rows = individual(PREDICTIONS, load("rrl_metallicity"))
    assert rows.to_dict(as_series=False) == {"source_id": [1, 2]}
