"""A mistake in a recipe is told by its key; test_recipe has those of ordinary places."""

from pathlib import Path

import pytest

from rrcat.catalogue.recipe import read_recipe
from rrcat.errors import RecipeError

ASKED = """
[catalogue]
name = "asked"
title = "Asked"
scale = "C21"

[archive]
kind = "tap"
use = ["light_curves"]

[archive.service]
url = "https://tap.example/tap"

[archive.stars]
from = "stars"
columns = { source_id = "id", period = "pf" }

[archive.light_curves]
kind = "tap"
from = "photometry"

[[archive.light_curves.forms]]
kind = "long"
columns = { source_id = "id", time = "t", mag = "m", band = "band" }

[[estimator]]
id = "literature-relations"
"""


def refused(tmp_path: Path, wrong: str, right: str) -> str:
    path = tmp_path / "recipe.toml"
    path.write_text(ASKED.replace(wrong, right))
    with pytest.raises(RecipeError) as caught:
        read_recipe(path)
    return str(caught.value)


def test_the_recipe_without_mistakes_is_read(tmp_path: Path) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text(ASKED)
    assert read_recipe(path).archive.kind == "tap"


@pytest.mark.parametrize(
    ("wrong", "right", "message"),
    [
        ('kind = "tap"\nuse', "use", "the recipe lacks 'archive.kind'"),
        ('kind = "tap"\nuse', 'kind = "tab"\nuse', "archive.kind is none of 'files', 'tap'"),
        ("url =", "uri =", "unknown key 'archive.service.uri'"),
        ("url =", "uri =", "hint: did you mean 'url'?"),
        ('url = "https://tap.example/tap"', "", "the recipe lacks 'archive.service.url'"),
        ('from = "stars"', "", "the recipe lacks 'archive.stars.from'"),
        ('from = "photometry"', 'frm = "photometry"', "'archive.light_curves.frm'"),
        ('kind = "long"', 'kind = "tall"', "archive.light_curves.forms.0.kind: "),
        ('period = "pf"', 'period = { colum = "pf" }', "'archive.stars.columns.period.colum'"),
        ('period = "pf"', 'period = { colum = "pf" }', "hint: did you mean 'column'?"),
        ('"light_curves"]', '"features"]', "archive: `use` names features"),
    ],
)
def test_a_key_is_named_as_the_recipe_has_it(
    tmp_path: Path, wrong: str, right: str, message: str
) -> None:
    assert message in refused(tmp_path, wrong, right)
