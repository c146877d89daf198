"""What the documentation promises to cover, it covers."""

import importlib.util
from pathlib import Path

import click
import pytest

import rrcat.errors
import rrcat.plugin
from rrcat.catalogue.recipe import Recipe
from rrcat.cli.main import COMMANDS
from rrcat.schema import load, names

DOCS = Path(__file__).resolve().parent.parent / "docs"


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    """Every page by name: those that are written by hand and those made from the code."""
    spec = importlib.util.spec_from_file_location("reference", DOCS / "_ext" / "reference.py")
    reference = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(reference)
    written = {path.stem: path.read_text(encoding="utf-8") for path in DOCS.glob("*.md")}
    return {**written, **{f"generated/{name}": text for name, text in reference.pages().items()}}


def hooks() -> list[str]:
    return [name for name, what in vars(rrcat.plugin).items() if hasattr(what, "rrcat_spec")]


def commands() -> list[str]:
    found = []

    def walk(path: str, command: click.Command) -> None:
        found.append(path)
        for name, inner in getattr(command, "commands", {}).items():
            walk(f"{path} {name}", inner)

    for name, (place, _) in COMMANDS.items():
        module, attribute = place.split(":")
        walk(f"rrcat {name}", getattr(importlib.import_module(module), attribute))
    return found


def test_every_hook_is_documented(pages):
    assert hooks() == ["rrcat_estimators"]
    for hook in hooks():
        assert f".. autofunction:: rrcat.plugin.{hook}" in pages["plugins"]


def test_every_command_is_documented(pages):
    assert "rrcat plugins check" in commands()
    headings = [line.strip("# ") for line in pages["generated/commands"].splitlines()]
    assert [command for command in commands() if command not in headings] == []


def test_every_column_of_every_schema_is_documented(pages):
    for name in names():
        page = pages[f"generated/schema-{name}"]
        for column in load(name).column:
            assert f"| `{column.name}`" in page
            assert column.description in page
            assert all(f"`{bit.name}` | {bit.description}" in page for bit in column.bits)


def test_every_key_of_a_recipe_is_documented(pages):
    page = pages["generated/recipe"]
    schema = Recipe.model_json_schema(by_alias=True)
    for model in [schema, *schema["$defs"].values()]:
        for name, value in model.get("properties", {}).items():
            assert f"`{name}`" in page or f".{name}]" in page or f"[{name}]" in page
            assert value.get("description", "") in page


def test_every_error_is_documented(pages):
    kinds = [
        name
        for name, kind in vars(rrcat.errors).items()
        if isinstance(kind, type) and issubclass(kind, rrcat.errors.RrcatError)
    ]
    assert [name for name in kinds if f"rrcat.errors.{name}\n" not in pages["errors"]] == []


def test_every_reason_for_no_value_is_documented(pages):
    reasons = load("predictions")["status"].values
    assert [reason for reason in reasons if f"| `{reason}` |" not in pages["accounting"]] == []
