import re
import shlex
from pathlib import Path

import pytest
from tap_recipes import gaia, write_recipe

from rrcat.archive.store import LocalStore
from rrcat.catalogue.recipe import read_recipe
from rrcat.errors import RecipeError
from rrcat.run.data import data_of
from rrcat.run.fetch import plan

URL = "http://tap.example/tap"
QUERY = {"url": "http://vizier.example/tap", "adql": "SELECT 1"}
SPECTRA = {
    "query": QUERY,
    "scale": "C21",
    "columns": {"source_id": "s", "feh": "f", "feh_error": "e"},
}
FILES = {
    "kind": "files",
    "stars": {"file": "s.csv", "columns": {"source_id": "s"}},
    "features": {"file": "f.csv", "columns": {"source_id": "s", "band": "b"}},
}


def test_it_goes_beside_the_recipe_unless_said(tmp_path):
    recipe = write_recipe(tmp_path, gaia(URL))
    assert plan(recipe, None).folder == tmp_path / "fetched"
    assert plan(recipe, Path("elsewhere")).folder == Path("elsewhere")


def test_every_service_is_told(tmp_path):
    recipe = write_recipe(tmp_path, gaia(URL), calibration=SPECTRA)
    assert plan(recipe, None).sources() == {
        "stars": URL,
        "light curves": URL,
        "calibration": "http://vizier.example/tap",
    }


def test_a_data_server_is_told_where_light_curves_come_from_it(tmp_path):
    archive = {"kind": "tap", "profile": "gaia-dr3", "use": ["light_curves", "features"]}
    told = plan(write_recipe(tmp_path, archive), None).sources()
    assert told["light curves"] == "https://gea.esac.esa.int/data-server/data"
    assert told["stars"] == told["features"] == "https://gea.esac.esa.int/tap-server/tap"


def test_of_files_only_the_queries_beside_them_are_fetched(tmp_path):
    recipe = write_recipe(tmp_path, FILES, calibration=SPECTRA)
    planned = plan(recipe, None)
    assert planned.archive is None
    assert list(planned.queries) == ["calibration"]
    assert plan(write_recipe(tmp_path, FILES), None).sources() == {}


@pytest.mark.parametrize("output", [None, "else where"])
def test_the_next_command_finds_what_was_fetched(tmp_path, output):
    recipe = write_recipe(tmp_path, gaia(URL))
    folder = None if output is None else tmp_path / output
    planned = plan(recipe, folder)
    planned.folder.mkdir()
    (planned.folder / "store.json").touch()
    command = planned.next_command()
    assert command.startswith(f"rrcat build {recipe} ")
    data = planned.folder if output else None
    assert ("--data" in command) == (data is not None)
    assert shlex.split(command)[-1] == ("build" if output is None else f"{output}-build")
    found = data_of(read_recipe(recipe), recipe, data=data, output=tmp_path / "build")
    assert found.fetched == planned.folder


def test_a_recipe_that_names_no_profile_there_is_is_refused(tmp_path):
    with pytest.raises(RecipeError, match="no profile 'gaia-dr5'"):
        plan(write_recipe(tmp_path, {"kind": "tap", "profile": "gaia-dr5"}), None)


def test_the_profile_that_the_documentation_writes_can_be_fetched_through(tap_server, tmp_path):
    page = (Path(__file__).parents[2] / "docs" / "fetch.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```toml\n(\[archive\]\n[^`]*survey = [^`]*)```", page)
    text = example.replace("https://archive.example.org/tap", tap_server.url)
    (tmp_path / "asas-tap.toml").write_text(text, encoding="utf-8")
    recipe = write_recipe(tmp_path, {"kind": "tap", "profile": "asas-tap.toml"})
    summary = plan(recipe, None).fetch(limit=10, restart=False, tell=lambda step: None)
    assert (summary.asked, summary.received) == (10, 10)
    store = LocalStore.open(tmp_path / "fetched")
    assert store.bands == ("I",)
    assert store.stars()["archive_id"].null_count() == 0
