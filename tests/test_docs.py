"""What the documentation promises to cover, it covers."""

import importlib
import importlib.util
import inspect
import re
from pathlib import Path

import click
import pytest

import rrcat.errors
import rrcat.plugin
from rrcat.catalogue.recipe import Recipe
from rrcat.cli.main import COMMANDS
from rrcat.schema import load, names

PUBLIC = (
    "rrcat",
    "rrcat.archive",
    "rrcat.estimator",
    "rrcat.fourier",
    "rrcat.harmonic",
    "rrcat.lightcurve",
    "rrcat.schema",
    "rrcat.simulate",
    "rrcat.testing",
)
"""What may be imported from: the floors that plugins may use, and the package itself."""

ARRAYS = re.compile("NDArray|FloatArray|ArrayLike")
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


def public_names() -> list[tuple[str, str, object]]:
    """Give module, name and object of all that may be imported."""
    modules = [(module, importlib.import_module(module)) for module in PUBLIC]
    return [(module, name, getattr(at, name)) for module, at in modules for name in at.__all__]


def test_the_public_modules_are_all_that_say_what_they_give():
    package = DOCS.parent / "rrcat"
    saying = {
        ".".join(("rrcat", *path.parent.relative_to(package).parts))
        for path in package.rglob("__init__.py")
        if "__all__" in path.read_text(encoding="utf-8")
    }
    assert saying - {"rrcat.catalogue.distance"} == set(PUBLIC)  # above what plugins may import


def test_every_public_name_is_documented_once(pages):
    told = re.compile(r"^\.\. (?:auto)?(?:function|class|data):: ([\w.]+)", re.MULTILINE)
    places = [name for page in pages.values() for name in told.findall(page)]
    assert sorted(name for name in places if places.count(name) > 1) == []
    last = {name.rpartition(".")[2] for name in places}
    assert [name for _, name, _ in public_names() if name not in {*last, "__version__"}] == []


def test_every_public_name_says_what_it_is():
    without = [
        f"{module}.{name}"
        for module, name, what in public_names()
        if callable(what) and not inspect.getdoc(what)
    ]
    assert without == []


def test_what_takes_or_gives_arrays_tells_their_shapes_and_units():
    shape = re.compile(r"shapes?\b|``\([^)]+, ?[^)]*\)``")
    unit = re.compile(r"\b(d|mag²?|dex|rad|radians|cycles|unit)(\b|\])|units of")
    silent = []
    for module, name, what in public_names():
        if callable(what):
            said = inspect.getdoc(what) or ""
            if ARRAYS.search(str(inspect.signature(what))) and not (
                shape.search(said) and unit.search(said)
            ):
                silent.append(f"{module}.{name}")
    assert silent == []


def test_every_column_of_every_schema_is_documented(pages):
    for name in names():
        page = pages[f"generated/schema-{name}"]
        for column in load(name).column:
            assert f"| `{column.name}`" in page
            assert column.description in page
            assert all(f"`{bit.name}` | {bit.description}" in page for bit in column.bits)


def test_every_version_of_a_table_is_told_newest_first(pages):
    histories = pages["generated/table-versions"].split("### ")[1:]
    assert [history.partition("\n")[0] for history in histories] == names()
    for name, history in zip(names(), histories, strict=True):
        told = re.findall(r"^\| (\d+\.\d+\.\d+) \| \d{4}-\d\d-\d\d \|", history, re.MULTILINE)
        table = load(name)
        assert told[0] == table.version, f"docs/table_versions.toml lacks {name} {table.version}"
        assert told == sorted(told, key=lambda v: [int(n) for n in v.split(".")], reverse=True)
        assert {column.since for column in table.defined} <= set(told)


def test_every_result_of_the_readme_is_told_with_what_it_needs(pages):
    readme = (DOCS.parent / "README.md").read_text(encoding="utf-8")
    results = readme.partition("## Results\n")[2].partition("\n## ")[0]
    rows = [line for line in results.splitlines() if line.endswith("` |")]
    assert len(rows) > 20
    told = pages["generated/results"].splitlines()
    assert [row for row in rows if not any(line.startswith(row) for line in told)] == []
    for recipe in re.findall(r"`rrcat [a-z]+ (catalogues/\S+\.toml)", results):
        (line, *_) = [line for line in told if recipe in line]
        folder = re.search(r"\| (`\w+`)[^|]*\|[^|]*\|$", line)
        assert folder, f"docs/reproduce.toml lacks what {recipe} needs"
        assert f"| {folder[1]} |" in pages["reproduce"]


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
