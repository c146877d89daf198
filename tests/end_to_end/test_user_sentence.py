"""The sentence of a user: light curves over TAP, all estimators, one catalogue, back over TAP."""

import re
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import pytest
import pyvo
import tap_answers
import tap_recipes
import tomli_w
from dachs import TapServer
from polars.testing import assert_frame_equal

from rrcat.catalogue.recipe import read_recipe
from rrcat.cli.main import main
from rrcat.estimator.registry import discover
from rrcat.release.export.adql import schema_name
from rrcat.release.opened import Release, open_release
from rrcat.release.reading import as_read

HOME = Path(__file__).parents[2]
ASAS = HOME / "catalogues" / "asas-i" / "combination.toml"
GAIA = HOME / "catalogues" / "gaia-dr3-rrl" / "recipe.toml"
PAGE = HOME / "docs" / "tap_to_tap.md"
RELATIONS = {"relations": ["dekany21"]}
Params = dict[str, dict[str, Any]]
WHOLE: Params = {
    "literature-relations": RELATIONS,
    "fourier-xgboost": {},
    "bayes-relation": {},
    "keras-lstm": {},
    "keras-transformer": {},
    "fourier-gp": {},
}
SHORT = {"chains": 2, "warmup": 400, "draws": 500}
QUICK: Params = {
    "literature-relations": RELATIONS,
    "fourier-xgboost": {"n_trials": 1, "max_rounds": 25, "n_boosters": 1},
    "bayes-relation": {"sampler": SHORT},
    "keras-lstm": {"epochs": 1, "min_stars": 20, "units": 4, "width": 8},
    "keras-transformer": {"epochs": 1, "min_stars": 20, "layers": 1, "anchors": 4, "width": 8},
    "fourier-gp": {},
}
SECTIONS = {
    "whole": {"evaluation": {"folds": 5, "seed": 0}, "period_search": {"enabled": True}},
    # After one epoch a network says much the same of every star.
    "quick": {
        "evaluation": {"folds": 2, "seed": 0},
        "validation": {"agreement": {"offset": 1.0, "scatter": 2.0}},
    },
}


class Served(NamedTuple):
    """A release, and where the archive that took it in answers for it."""

    release: Release
    service: pyvo.dal.TAPService
    table: str


@pytest.fixture(scope="module", params=["quick", pytest.param("whole", marks=pytest.mark.slow)])
def served(
    request: pytest.FixtureRequest, tap_server: TapServer, tmp_path_factory: pytest.TempPathFactory
) -> Served:
    """What comes of the sentence: fetch, build, release, export, and the archive's own part."""
    folder, name = tmp_path_factory.mktemp("asas"), f"asas-{request.param}"
    recipe = write_recipe(folder, tap_server.url, name, request.param)
    release, export = folder / f"{name}-1.0.0", folder / "export"
    for command in (
        f"fetch {recipe}",
        f"build {recipe} --output {folder}/candidate --workers 1",
        f"release {folder}/candidate --version 1.0.0 --date 2026-03-01 --into {folder}",
        f"verify {release}",
        f"export {release} --to dachs --output {export}",
    ):
        assert main(command.split()) == 0
    schema = schema_name(name)
    tap_server.instance.take_in(schema, export)
    for words in ("imp", "pub"):
        tap_server.instance.run("dachs", words, f"{schema}/q")
    service = pyvo.dal.TAPService(tap_server.url)
    return Served(open_release(release), service, f"{schema}.main")


def write_recipe(folder: Path, url: str, name: str, kind: str) -> Path:
    """Write one recipe with all estimators, stars, light curves and spectra from a TAP service."""
    published = tomllib.loads(ASAS.read_text())
    about = {key: published["archive"][key] for key in ("coordinate_epoch", "reference")}
    params = WHOLE if kind == "whole" else QUICK
    return tap_recipes.write_recipe(
        folder,
        tap_recipes.asas(url, **about),
        catalogue=published["catalogue"] | {"name": name},
        calibration=tap_recipes.spectra(url, published["calibration"]),
        estimator=[{"id": one, "params": said} for one, said in params.items()],
        # The published relation learns nothing here, so nothing is learned of its errors.
        combination={"estimators": [one for one in params if one != "literature-relations"]},
        **SECTIONS[kind],
    )


def test_all_installed_estimators_are_asked() -> None:
    assert set(WHOLE) == set(QUICK) == set(discover().ids())


def test_the_page_for_users_asks_them_in_a_valid_recipe(tmp_path: Path) -> None:
    (block,) = re.findall(r"```toml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    whole = tomllib.loads(GAIA.read_text("utf-8")) | tomllib.loads(block)
    (tmp_path / "recipe.toml").write_text(tomli_w.dumps(whole))
    recipe = read_recipe(tmp_path / "recipe.toml")
    assert {estimator.id for estimator in recipe.estimator} == set(WHOLE)
    assert recipe.combination is not None


def test_every_star_of_the_archive_is_accounted_for(served: Served, tap_server: TapServer) -> None:
    asked = tap_server.tables["asas.stars"].height
    query = f"SELECT feh_status, COUNT(*) AS n, COUNT(feh) AS n_feh FROM {served.table}"
    counts = list(served.service.run_sync(f"{query} GROUP BY feh_status"))
    assert sum(int(row["n"]) for row in counts) == asked == served.release.frame.height
    for row in counts:
        assert int(row["n_feh"]) == (int(row["n"]) if row["feh_status"] == "ok" else 0)
    names = set(tap_server.tables["asas.stars"]["asas_id"])
    stars = served.service.run_sync(f"SELECT archive_id FROM {served.table}", maxrec=10_000)
    assert set(stars["archive_id"]) == names


def test_every_estimator_says_of_every_star_what_it_gives_or_why_not(served: Served) -> None:
    for estimator in WHOLE:
        word = estimator.replace("-", "_")
        (row,) = served.service.run_sync(
            f"SELECT COUNT(*) AS n, COUNT(feh_status_{word}) AS n_told, COUNT(feh_{word}) AS n_feh"
            f" FROM {served.table}"
        )
        assert int(row["n"]) == int(row["n_told"])
        assert int(row["n_feh"]) > 50, estimator


def test_the_recommended_values_are_combined(served: Served) -> None:
    with_value = served.release.frame.drop_nulls("feh")
    assert set(with_value["feh_method"]) == {"combination"}


def test_the_catalogue_over_tap_is_the_release(served: Served) -> None:
    release = served.release
    read = tap_answers.rows(served.service, served.table, release.table)
    assert_frame_equal(read, as_read(release.frame, release.table, "votable"), check_exact=True)
    told = tap_answers.words(served.service, served.table)
    assert list(told.items()) == list(tap_answers.words_of(release.table).items())


def test_values_are_metallicities_of_rr_lyrae_stars(served: Served) -> None:
    """Whatever goes wrong between units, scales and columns moves the median.

    A star at an alias of a day, with warnings, may be extrapolated to anything.
    """
    query = f"SELECT feh FROM {served.table} WHERE feh IS NOT NULL"
    answer = served.service.run_sync(query, maxrec=10_000)
    feh = pl.Series([float(row["feh"]) for row in answer])
    assert feh.is_between(-4, 1).mean() > 0.99
    assert feh.median() == pytest.approx(-1.5, abs=0.4)
