"""`rrcat fetch`, on the TAP server of the tests."""

import json
from pathlib import Path

import faults
import proxies
import pytest
from tap_recipes import gaia, write_recipe

from rrcat.cli.main import main

FILES = {
    "kind": "files",
    "stars": {"file": "s.csv", "columns": {"source_id": "s"}},
    "features": {"file": "f.csv", "columns": {"source_id": "s", "band": "b"}},
}


@pytest.fixture
def recipe(tap_server, tmp_path) -> Path:
    return write_recipe(tmp_path / "here", gaia(tap_server.url))


def test_it_says_what_it_asks_where_and_what_came(recipe, tap_server, capsys):
    assert main(["fetch", str(recipe)]) == 0
    out = capsys.readouterr().out
    folder = recipe.parent / "fetched"
    assert out.splitlines()[0].startswith("Gaia DR3: RR Lyrae stars")
    assert f"  stars         {tap_server.url}" in out
    assert f"  into          {folder}" in out
    assert "10 of 71 stars received" in out
    assert "61  empty: the archive has nothing of them" in out
    assert f"{folder} holds them; its account.parquet has a row for every star." in out
    assert out.endswith(f"  rrcat build {recipe} --output build\n")


def test_the_account_is_printed_as_json(recipe, capsys):
    assert main(["fetch", str(recipe), "--json", "--limit", "20"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["asked"], told["failed"], told["tables"]) == (20, 0, 0)
    assert told["received"] + told["empty"] == 20
    assert told["folder"] == str(recipe.parent / "fetched")


def test_failed_stars_are_told_with_their_reasons_and_the_exit_code_is_1(
    tap_server, tmp_path, capsys
):
    with proxies.proxy(tap_server.url) as proxy:
        recipe = write_recipe(tmp_path, gaia(proxy.url))
        proxy.play(faults.status(400, text="too busy"), when=faults.asks_for("epoch_photometry"))
        assert main(["fetch", str(recipe)]) == 1
        out = capsys.readouterr().out
        assert "0 of 71 stars received" in out
        assert "        71  failed\n" in out
        assert "71  light_curves: the server answered 400 Bad Request: too busy" in out
        assert "run the same command again" in out
        assert "rrcat build" not in out
        assert main(["fetch", str(recipe)]) == 0
    assert "10 of 71 stars received" in capsys.readouterr().out


def test_a_recipe_of_files_asks_for_nothing(tmp_path, capsys):
    recipe = write_recipe(tmp_path, FILES)
    assert main(["fetch", str(recipe)]) == 0
    out = capsys.readouterr().out
    assert out.startswith("Nothing is to be fetched: ")
    assert f"rrcat build {recipe}" in out
    assert [path.name for path in tmp_path.iterdir()] == ["recipe.toml"]


def test_published_tables_alone_are_fetched(tap_server, tmp_path, capsys):
    query = {"url": tap_server.url, "adql": "SELECT asas_id FROM asas.stars"}
    columns = {"source_id": "asas_id", "feh": "f", "feh_error": "e"}
    calibration = {"query": query, "scale": "C21", "columns": columns}
    recipe = write_recipe(tmp_path, FILES, calibration=calibration)
    assert main(["fetch", str(recipe)]) == 0
    assert "1 table (" in capsys.readouterr().out
    assert len(list((tmp_path / "fetched" / "tables").glob("*.vot"))) == 1


def test_a_service_that_is_not_there_is_named_with_what_to_do(tmp_path, capsys):
    recipe = write_recipe(tmp_path, gaia("http://127.0.0.1:9/tap", service={"attempts": 1}))
    assert main(["fetch", str(recipe)]) == 1
    told = capsys.readouterr().err
    assert "http://127.0.0.1:9/tap" in told
    assert "hint: run the same command again: it goes on where it stopped" in told
