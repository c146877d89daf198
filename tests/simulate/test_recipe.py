import pytest

from rrcat.catalogue.recipe import read_recipe
from rrcat.simulate.recipe import recipe_estimators, recipe_text


@pytest.fixture
def read(tmp_path):
    def reader(*args):
        path = tmp_path / "recipe.toml"
        path.write_text(recipe_text(*args), encoding="utf-8")
        return read_recipe(path)

    return reader


def test_the_recipe_asks_for_the_stars_and_estimators_it_is_told(read):
    recipe = read(["literature-relations", "fourier-xgboost"], 123, 7, "linear")
    archive = recipe.archive
    assert (archive.kind, archive.stars, archive.seed, archive.truth) == (
        "simulated",
        123,
        7,
        "linear",
    )
    assert [one.id for one in recipe.estimator] == ["fourier-xgboost", "literature-relations"]
    assert recipe.estimator[0].params["band"] == "G"
    assert "simulated" in recipe.catalogue.title
    assert recipe.combination is not None


def test_its_own_estimators_are_those_of_the_file(read):
    recipe = read(recipe_estimators(), 100, 0, "curved")
    assert [one.id for one in recipe.estimator] == recipe_estimators()
    assert all(one.params for one in recipe.estimator)


def test_one_estimator_alone_is_not_combined(read):
    assert read(["literature-relations"], 100, 0, "curved").combination is None


def test_an_estimator_that_it_does_not_know_comes_last_with_its_own_parameters(read):
    recipe = read(["a-new-one", "literature-relations"], 100, 0, "curved")
    assert [one.id for one in recipe.estimator] == ["literature-relations", "a-new-one"]
    assert recipe.estimator[1].params == {}
