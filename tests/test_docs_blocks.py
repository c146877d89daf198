"""The code that the documentation shows, run or parsed as a reader would use it.

Python is executed, on simulated stars; recipes, or parts of one, are read; commands are parsed with
their options, and the files of the project that they name are there.
"""

import importlib
import json
import py_compile
import re
import runpy
import shlex
import shutil
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pytest
import tomli_w
from click.testing import CliRunner

from rrcat.catalogue.recipe import read_recipe
from rrcat.cli.main import COMMANDS, main
from rrcat.estimator import discover
from rrcat.testing import synthetic_batch

CHECKOUT = Path(__file__).resolve().parent.parent
PAGES = sorted(
    [
        *CHECKOUT.glob("*.md"),
        *CHECKOUT.glob("docs/*.md"),
        *CHECKOUT.glob("plugins/*/README.md"),
        *CHECKOUT.glob("catalogues/*/*.md"),
        *CHECKOUT.glob("benchmarks/*.md"),
    ]
)
LANGUAGES = {"python", "toml", "sh", "console", "text", "json", "{"}

NOT_RUN = {
    "docs/operations.md": "asks a cluster, as tests/run/test_cluster.py does of a small one",
    "docs/tap_to_tap.md": "asks a server, as tests/end_to_end/test_user_sentence.py does",
    "plugins/rrcat-keras/README.md": "loads TensorFlow, as tests of the plugin do",
}
"""Pages whose Python is compiled and no more, and why."""


@dataclass(frozen=True)
class Block:
    """A block of code, and the line of the page it begins in."""

    page: str
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks_of(path: Path) -> list[Block]:
    page, found, start, language = path.relative_to(CHECKOUT).as_posix(), [], None, ""
    lines = path.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, start=1):
        if line.startswith("```"):
            if start is None:
                start, language = number, line.removeprefix("```")
            else:
                text = "\n".join(lines[start : number - 1]) + "\n"
                found.append(Block(page, start, language, text))
                start = None
    assert start is None, f"{page}: the block of line {start} has no end"
    return found


BLOCKS = [block for page in PAGES for block in blocks_of(page)]


def written_in(*languages: str) -> list[Block]:
    return [block for block in BLOCKS if block.language in languages]


def test_every_block_says_what_language_it_is_in():
    known = tuple(LANGUAGES)
    assert [str(block) for block in BLOCKS if not block.language.startswith(known)] == []


# Python


@pytest.fixture(scope="module")
def release(tmp_path_factory) -> Path:
    """A small release called my-stars, of simulated stars."""
    folder = tmp_path_factory.mktemp("release")
    recipe = {
        "catalogue": {"name": "my-stars", "title": "Simulated", "scale": "C21", "band": "G"},
        "archive": {"kind": "simulated", "stars": 20, "seed": 1},
        "estimator": [{"id": "literature-relations"}],
    }
    (folder / "recipe.toml").write_text(tomli_w.dumps(recipe), encoding="utf-8")
    candidate = str(folder / "candidate")
    assert main(["build", str(folder / "recipe.toml"), "--output", candidate]) == 0
    assert main(["release", candidate, "--version", "1.0.0"]) == 0
    return folder / "my-stars-1.0.0"


@pytest.fixture
def here(release, tmp_path, monkeypatch) -> Path:
    """A folder in which the releases lie that the pages speak of."""
    for name in ("my-stars-1.0.0", "releases/asas-i-1.0.0"):
        shutil.copytree(release, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def what_pages_take_for_given() -> dict[str, Any]:
    batch, calibrators = synthetic_batch(60, bands=("G",))
    ab = batch.stars.filter(pulsation_type="RRab").select("source_id")
    return {
        "batch": batch,
        "calibrators": calibrators,
        "features": batch.features.join(ab, "source_id"),
        "sequences": batch.sequences.join(ab, "source_id"),
        "SPEC": discover().spec("literature-relations"),
    }


@pytest.mark.parametrize("page", sorted({block.page for block in written_in("python")}))
def test_python_of_a_page_runs(page, here):
    lines = (CHECKOUT / page).read_text(encoding="utf-8").count("\n") * [""]
    for block in written_in("python"):
        if block.page == page:
            text = block.text.splitlines()
            lines[block.line : block.line + len(text)] = text
    script = here / "page.py"  # with the lines where the page has them
    script.write_text("\n".join(lines), encoding="utf-8")
    if page in NOT_RUN:
        py_compile.compile(str(script), doraise=True)
        return
    names = runpy.run_path(str(script), what_pages_take_for_given(), "docs")
    for name, test in list(names.items()):
        if name.startswith("test_"):
            test()


def test_pages_that_are_not_run_are_there():
    assert set(NOT_RUN) <= {block.page for block in written_in("python")}


# Recipes


def recipe_around(fragment: dict[str, Any], page: str) -> dict[str, Any]:
    """Give the recipe of the quickstart with the sections of a fragment in place of its own."""
    if page == "docs/tap_to_tap.md":
        base = tomllib.loads((CHECKOUT / "catalogues/gaia-dr3-rrl/recipe.toml").read_text("utf-8"))
    elif page == "docs/two_steps.md":
        base = tomllib.loads((CHECKOUT / "catalogues/asas-i/recipe.toml").read_text("utf-8"))
    else:
        whole, learning = (
            tomllib.loads(block.text)
            for block in written_in("toml")
            if block.page == "docs/quickstart.md"
        )
        base = whole | (learning if "combination" in fragment else {})
    recipe = base | fragment
    named = recipe.get("combination", {}).get("estimators", [])
    there = {section["id"] for section in recipe["estimator"]}
    recipe["estimator"] += [{"id": id} for id in named if id not in there]
    return recipe


@pytest.mark.parametrize("block", written_in("toml"), ids=str)
def test_what_a_page_says_of_recipes_can_be_read(block, tmp_path):
    recipe = recipe_around(tomllib.loads(block.text), block.page)
    (tmp_path / "recipe.toml").write_text(tomli_w.dumps(recipe), encoding="utf-8")
    registry = discover()
    for section in read_recipe(tmp_path / "recipe.toml").estimator:
        registry.estimator(section.id, section.params)


@pytest.mark.parametrize("block", written_in("json"), ids=str)
def test_json_can_be_read(block):
    text = block.text.strip()
    json.loads(text if text.startswith(("{", "[")) else "{" + text + "}")


# Commands


@dataclass(frozen=True)
class Command:
    """A command that a page tells to give, cut into words; ``whole`` with all its arguments."""

    where: str
    words: tuple[str, ...]
    whole: bool

    def __str__(self) -> str:
        return f"{self.where} {' '.join(self.words[:3])}"


def commands() -> list[Command]:
    """Give what is called in blocks, one by one, and what is quoted in the text."""
    found = []
    for block in written_in("sh", "console"):
        text = block.text.replace("\\\n", " ")
        if block.language == "console":
            text = "\n".join(line[2:] for line in text.splitlines() if line.startswith("$ "))
        for line in text.splitlines():
            for part in re.split(r"&&|\||;", line):
                words = tuple(shlex.split(part, comments=True))
                if words:
                    found.append(Command(str(block), words, whole=True))
    quoted = re.compile(r"(?<!`)`((?:rrcat|tox run|python benchmarks)[ ][^`]*)`(?!`)")
    for page in PAGES:
        text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
        for told in quoted.findall(text):
            words = tuple(shlex.split(told.replace("...", " ").replace("\\|", "|")))
            found.append(Command(page.relative_to(CHECKOUT).as_posix(), words, whole=False))
    return list(dict.fromkeys(found))


def calls_of(program: str) -> list[Command]:
    return [command for command in commands() if command.words[0] == program]


@pytest.fixture
def paths_need_not_be_there(monkeypatch):
    monkeypatch.setattr(click.Path, "convert", lambda self, value, param, ctx: value)


@pytest.mark.parametrize("call", calls_of("rrcat"), ids=str)
def test_a_command_is_called_as_it_can_be_called(call, paths_need_not_be_there):
    name, *rest = call.words[1:]
    if name.startswith("-"):
        assert CliRunner().invoke(importlib.import_module("rrcat.cli.main").rrcat, name).output
        return
    module, attribute = COMMANDS[name][0].split(":")
    command = getattr(importlib.import_module(module), attribute)
    while isinstance(command, click.Group) and rest:
        command, rest = command.commands[rest[0]], rest[1:]
    if call.whole:
        command.make_context(name, rest)
    else:  # a text may name an option without its value, or leave out an argument
        options = {
            name for param in command.params for name in (*param.opts, *param.secondary_opts)
        }
        given = {word.partition("=")[0] for word in rest if word.startswith("-")}
        assert given <= {*options, "--help", "--debug"}


def test_files_of_the_checkout_that_a_command_names_are_there():
    ours = ("benchmarks/", "catalogues/", "plugins/", "./plugins/", "tests/")
    named = {
        (call.where, word)
        for call in commands()
        for word in call.words
        if word.startswith(ours)
        and "*" not in word
        and (call.words[0] != "rrcat" or word.endswith(".toml"))
    }
    assert [each for each in sorted(named) if not (CHECKOUT / each[1]).exists()] == []


def test_environments_and_benchmarks_that_a_page_names_are_there():
    environments = (CHECKOUT / "tox.ini").read_text(encoding="utf-8")
    for call in calls_of("tox"):
        if "-e" in call.words:
            name = call.words[call.words.index("-e") + 1]
            assert f"[testenv:{name}]" in environments, call
            if name == "bench" and "--" in call.words:
                for benchmark in call.words[call.words.index("--") + 1 :]:
                    assert (CHECKOUT / "benchmarks" / f"{benchmark}.py").is_file(), call
