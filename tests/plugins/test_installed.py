"""Plugins of every kind, really installed, in an environment of their own.

The environment sees the packages of the running one, so that nothing is fetched. The good
third-party plugin is the one that ``rrcat plugins new`` writes, by the steps of the tutorial.
"""

import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
import uv

from rrcat.cli.main import main

DISTRIBUTIONS = Path(__file__).parent / "distributions"
TUTORIAL = Path(__file__).resolve().parents[2] / "docs" / "write_an_estimator.md"
BROKEN = {
    "test-fails-on-import": "No module named 'a_library_that_is_not_there'",
    "test-exits-on-import": "cannot load plugin_exits_on_import: SystemExit",
    "test-raises-in-hook": "rrcat_estimators() failed: RuntimeError: no licence server",
    "test-misspelt-hook": "rrcat_estimater is no hook of rrcat; did you mean rrcat_estimators?",
}
SAME_ID = {"test-same-id-one", "test-same-id-two"}


def run(*command, **variables):
    """Run a command in a clean environment and give what came of it."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "RRCAT_BLOCK")) and name != "VIRTUAL_ENV"
    }
    return subprocess.run(
        [str(part) for part in command], env=kept | variables, capture_output=True, text=True
    )


def steps():
    """Give the three commands that the tutorial begins with, cut into words."""
    block = TUTORIAL.read_text(encoding="utf-8").partition("```sh\n")[2].partition("```")[0]
    return [line.split() for line in block.splitlines()]


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """The interpreter of an environment with all the plugins."""
    folder = tmp_path_factory.mktemp("plugins")
    new, install, _ = steps()
    assert new[0] == "rrcat"
    assert main([*new[1:], "--into", str(folder)]) == 0
    environment = folder / "environment"
    made = run(uv.find_uv_bin(), "venv", "--python", sys.executable, environment)
    assert made.returncode == 0, made.stderr
    python = environment / "bin" / "python"
    (packages,) = environment.glob("lib/python3.*/site-packages")
    running = sysconfig.get_path("purelib")
    (packages / "running.pth").write_text(f"import site; site.addsitedir({running!r})\n")
    done = run(
        *(uv.find_uv_bin(), "pip", "install", "--python", python),
        *("--offline", "--no-cache", "--no-deps", "--no-build-isolation"),
        *(folder / install[-1], *sorted(DISTRIBUTIONS.iterdir())),
    )
    assert done.returncode == 0, done.stderr
    return python


@pytest.fixture(scope="module")
def listed(python):
    done = run(python, "-m", "rrcat", "plugins", "list", "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def diagnosis(python):
    done = run(python, "-m", "rrcat", "plugins", "doctor", "--json")
    assert done.returncode == 1, done.stderr
    return json.loads(done.stdout)


def status(listed, id):
    return [row["status"] for row in listed["estimators"] if row["id"] == id]


def test_good_plugins_are_listed_among_broken_ones(listed):
    assert status(listed, "demo-est") == ["ok"]
    assert status(listed, "literature-relations") == ["ok"]


def test_two_distributions_with_one_entry_point_name_are_both_there(listed):
    assert status(listed, "same-name-one") == status(listed, "same-name-two") == ["ok"]


def test_two_distributions_with_one_estimator_id_are_both_named(listed):
    rows = [row for row in listed["estimators"] if row["id"] == "same-id"]
    assert {row["distribution"] for row in rows} == SAME_ID
    assert "also claimed by same-id-two (test-same-id-two)" in rows[0]["status"]


@pytest.mark.parametrize("distribution", BROKEN)
def test_a_broken_plugin_is_listed_with_its_reason(listed, distribution):
    (row,) = (row for row in listed["not_loaded"] if row["distribution"] == distribution)
    assert row["status"] == "broken"
    assert [BROKEN[distribution] in problem["reason"] for problem in row["problems"]] == [True]


def test_nothing_else_is_broken(listed):
    assert {row["distribution"] for row in listed["not_loaded"]} == set(BROKEN)


def test_the_list_for_people_names_estimators_and_broken_plugins(python):
    done = run(python, "-m", "rrcat", "plugins", "list")
    lines = done.stdout.splitlines()
    assert any(line.startswith("demo-est") for line in lines)
    assert any(line.startswith("broken: raises (test-raises-in-hook 1.0.0): ") for line in lines)
    assert done.stderr == ""


def test_the_doctor_shows_tracebacks(diagnosis):
    assert diagnosis["ok"] is False
    problems = {
        plugin["distribution"]: problem["traceback"]
        for plugin in diagnosis["plugins"]
        for problem in plugin["problems"]
    }
    assert "import a_library_that_is_not_there" in problems["test-fails-on-import"]
    assert "sys.exit()" in problems["test-exits-on-import"]
    assert "no licence server" in problems["test-raises-in-hook"]
    assert problems["test-misspelt-hook"] is None


def test_the_doctor_knows_of_ids_claimed_twice(diagnosis):
    assert {row["distribution"] for row in diagnosis["estimators"]} == SAME_ID


def test_the_doctor_is_content_once_the_broken_are_blocked(python):
    blocked = ",".join([*BROKEN, "same-id-one", "same-id-two", "same-name"])
    done = run(python, "-m", "rrcat", "plugins", "doctor", RRCAT_BLOCK_PLUGINS=blocked)
    assert done.returncode == 0, done.stdout
    assert "blocked  fails = plugin_fails_on_import" in done.stdout
    assert "Traceback" not in done.stdout
    assert done.stdout.endswith("all is well\n")


def test_asking_for_an_id_claimed_twice_names_both_distributions(python):
    done = run(python, "-m", "rrcat", "plugins", "check", "same-id")
    assert done.returncode == 1
    assert "test-same-id-one 1.0.0" in done.stderr
    assert "test-same-id-two 1.0.0" in done.stderr
    assert "Traceback" not in done.stderr


def test_asking_for_the_estimator_of_a_broken_plugin_tells_why_it_is_not_there(python):
    done = run(python, "-m", "rrcat", "plugins", "check", "misspelt")
    assert done.returncode == 1
    assert "test-misspelt-hook 1.0.0): rrcat_estimater is no hook of rrcat" in done.stderr
    assert "rrcat plugins doctor" in done.stderr


def test_the_plugin_that_rrcat_writes_keeps_the_contract_once_installed(python):
    check = steps()[-1]
    assert check[:3] == ["rrcat", "plugins", "check"]
    done = run(python, "-m", *check)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "FAIL" not in done.stdout


def test_its_own_test_passes(python, tmp_path):
    folder = python.parents[2] / "rrcat-demo-est"
    done = run(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", folder)
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout
