"""A recipe says what it means, or is refused with the fix."""

from pathlib import Path

import pytest

from rrcat.catalogue.recipe import read_recipe
from rrcat.errors import RecipeError

CATALOGUES = Path(__file__).parents[2] / "catalogues"
GOOD = """
[catalogue]
name = "mine"
title = "Mine"
scale = "C21"

[archive]
kind = "files"
survey = "Gaia DR3"

[archive.stars]
file = "stars.csv"
columns = { source_id = "source_id", period = "pf" }

[archive.light_curves]
file = "light_curves.csv"
columns = { source_id = "source_id", time = "time", mag = "mag", band = { value = "G" } }

[[estimator]]
id = "literature-relations"
"""


def refused(tmp_path: Path, text: str) -> str:
    path = tmp_path / "recipe.toml"
    path.write_text(text)
    with pytest.raises(RecipeError) as caught:
        read_recipe(path)
    assert str(path) in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("path", sorted(CATALOGUES.glob("*/recipe.toml")), ids=str)
def test_the_recipes_of_the_project_are_good(path: Path) -> None:
    assert read_recipe(path).catalogue.name == path.parent.name


@pytest.mark.parametrize("path", sorted(CATALOGUES.glob("*/combination.toml")), ids=str)
def test_the_recipes_that_combine_are_good(path: Path) -> None:
    recipe = read_recipe(path)
    assert recipe.catalogue.name == f"{path.parent.name}-combination"
    assert recipe.combination is not None


def test_only_estimators_of_the_recipe_can_be_combined(tmp_path: Path) -> None:
    told = refused(tmp_path, GOOD + '[combination]\nestimators = ["literature-relation"]\n')
    assert "no estimator of the recipe is called literature-relation" in told
    assert "combination.estimators" in told


def test_a_combination_needs_calibrators(tmp_path: Path) -> None:
    assert "learned from calibrators" in refused(tmp_path, GOOD + "[combination]\n")


def test_defaults_are_filled_in(tmp_path: Path) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text(GOOD)
    resolved = read_recipe(path).resolved()
    assert resolved["catalogue"]["schema"] == "rrl_metallicity"
    assert resolved["fourier"]["max_order"] == 8
    assert resolved["seed"] == 0


@pytest.mark.parametrize(
    ("wrong", "right", "message"),
    [
        ("title =", "titel =", r"unknown key 'catalogue.titel'"),
        ("[[estimator]]", "[fuorier]\n[[estimator]]", "did you mean 'fourier'?"),
        ("[[estimator]]", "[fourier]\nmax_oder = 3\n[[estimator]]", "did you mean 'max_order'?"),
        ("[[estimator]]\nid", "[[estimator]]\nident", "known keys: id, params"),
    ],
)
def test_a_misspelt_key_is_named_with_its_neighbour(
    tmp_path: Path, wrong: str, right: str, message: str
) -> None:
    assert message in refused(tmp_path, GOOD.replace(wrong, right))


@pytest.mark.parametrize(
    ("wrong", "right", "message"),
    [
        ('scale = "C21"\n', "", "the recipe lacks 'catalogue.scale'"),
        ('name = "mine"', 'name = "My Own"', "catalogue.name"),
        ('id = "literature-relations"', "", "estimator.0.id"),
        ("[catalogue]", "[catalogue", "not valid TOML"),
        ('scale = "C21"', 'scale = "ZZ"', "catalogue.scale: the known metallicity scales are C"),
        ('scale = "C21"', 'scale = "C21"\nschema = "stars"', "catalogue.schema"),
        ("[[estimator]]", "[fourier]\nmax_order = 30\n[[estimator]]", "fourier.max_order"),
        ("[[estimator]]", "[fourier]\nclip_sigma = inf\n[[estimator]]", "fourier.clip_sigma"),
        ("[[estimator]]", "[fourier]\nnoise_floor = nan\n[[estimator]]", "fourier.noise_floor"),
        (
            "[[estimator]]",
            "[cleaning]\nerror_outlier_factor = inf\n[[estimator]]",
            "cleaning.error_outlier_factor",
        ),
        (
            "[[estimator]]",
            "[period_search]\nmin_span = inf\n[[estimator]]",
            "period_search.min_span",
        ),
        ('scale = "C21"', 'scale = "C21"\nrights = "CC\\n"', "catalogue.rights: the text holds"),
    ],
)
def test_a_recipe_that_cannot_be_followed_is_refused(
    tmp_path: Path, wrong: str, right: str, message: str
) -> None:
    assert message in refused(tmp_path, GOOD.replace(wrong, right))


def test_a_mistake_in_a_value_shows_the_value_and_one_in_a_table_its_place(tmp_path: Path) -> None:
    value = refused(tmp_path, GOOD.replace('name = "mine"', 'name = "My Own"'))
    assert "hint: the recipe says 'My Own'" in value
    table = refused(tmp_path, GOOD.replace('source_id = "source_id", ', ""))
    assert "archive.stars: columns need source_id or archive_id" in table
    assert "hint: correct archive.stars in the recipe" in table
    assert "{" not in table


def test_an_estimator_stands_once(tmp_path: Path) -> None:
    again = '\n[[estimator]]\nid = "literature-relations"\n'
    assert "named twice: literature-relations" in refused(tmp_path, GOOD + again)


def test_a_recipe_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="no such file"):
        read_recipe(tmp_path / "recipe.toml")
