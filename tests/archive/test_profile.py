"""Profiles: those that are built in, and how a recipe goes before them."""

from pathlib import Path

import pytest
import tomli_w

from rrcat.archive.adql import check_part, select
from rrcat.archive.answers import aliases
from rrcat.archive.profile import FOLDER, names, read_profile, with_profile
from rrcat.archive.tap_config import TapArchive
from rrcat.catalogue.recipe import read_recipe
from rrcat.errors import RecipeError
from rrcat.schema import load

CATALOGUES = Path(__file__).resolve().parents[2] / "catalogues"
BUILT_IN = ["gaia-dr2-gavo", "gaia-dr3", "gaia-dr3-aip", "gaia-dr3-vizier", "gaia-dr4"]


def archive(name: str, **more: object) -> TapArchive:
    return TapArchive.model_validate(
        with_profile({"kind": "tap", "profile": name} | more, Path("nowhere"))
    )


def own(folder: Path, **content: object) -> Path:
    path = folder / "own.toml"
    path.write_text(tomli_w.dumps(content))
    return path


def test_the_profiles_are_found():
    assert names() == BUILT_IN


@pytest.mark.parametrize("name", BUILT_IN)
class TestEveryProfile:
    def test_its_columns_are_ours_and_its_times_are_those_of_gaia(self, name):
        profile = archive(name)
        assert profile.description
        assert profile.reference[-1].startswith("This work has made use of data from the European")
        assert (profile.time.scale, profile.time.origin_jd) == ("TCB", 2455197.5)
        tables = [profile.stars, *([profile.features] if profile.features else [])]
        tables += [each for form in profile.light_curves.forms for each in form.mappings()]
        for table in tables:
            schema = load(table.schema_name)
            assert set(table.columns) <= set(schema.names)
            assert {column.name for column in schema.column if column.required} <= {
                *table.columns,
                "fit_status",
            }

    def test_all_that_enters_a_query_can_stand_in_one(self, name):
        profile = archive(name)
        tables = [profile.stars, profile.features, profile.light_curves]
        for table in tables:
            for part in [*getattr(table, "cuts", ()), getattr(table, "from_", "a")]:
                check_part(part)
        for table in [profile.stars, profile.features]:
            if table is not None:
                asked = [part for source in table.columns.values() for part in source.asked]
                select(aliases(asked), table.from_, table.conditions)

    def test_a_chunk_of_stars_fits_into_an_upload(self, name):
        profile = archive(name)
        assert profile.stars_in_chunk <= profile.service.max_upload_rows

    def test_it_says_what_it_is_about(self, name):
        first = (FOLDER / f"{name}.toml").read_text().splitlines()[0]
        assert first.startswith("# Gaia DR")


def test_periods_are_fundamental_or_else_of_the_first_overtone():
    source = archive("gaia-dr3").stars.columns["period"]
    assert source.first == ("rrl.pf", "rrl.p1_o")


def test_the_parameters_of_the_archive_alone_give_a_catalogue():
    profile = archive("gaia-dr3-aip", use=["features"])
    assert {"period", "phi31", "a2", "n_harmonics"} <= set(profile.features.columns)


@pytest.mark.parametrize(
    "path", sorted(CATALOGUES.glob("*/recipe.toml")), ids=lambda path: path.parent.name
)
def test_every_recipe_of_the_catalogues_can_be_read(path):
    read_recipe(path)


def test_the_recipe_goes_before_the_profile():
    given = archive(
        "gaia-dr3-aip",
        service={"url": "http://127.0.0.1/tap"},
        stars={"where": "rrl.pf > 0.4", "columns": {"period": "rrl.pf"}},
    )
    profile = archive("gaia-dr3-aip")
    assert given.service.url == "http://127.0.0.1/tap"
    assert given.service.max_upload_rows == profile.service.max_upload_rows
    assert given.stars.conditions == (*profile.stars.cuts, "rrl.pf > 0.4")
    assert given.stars.columns["period"].column == "rrl.pf"
    assert given.stars.columns["ra"] == profile.stars.columns["ra"]


def test_without_a_profile_the_recipe_stays_as_it_is():
    content = {"kind": "tap", "service": {"url": "http://x"}}
    assert with_profile(content, Path()) == content


def test_an_unknown_profile_is_refused_with_the_nearest_and_all():
    with pytest.raises(RecipeError, match="no profile 'gaia-dr3-apl'") as caught:
        archive("gaia-dr3-apl")
    assert "did you mean 'gaia-dr3-aip'?" in caught.value.hint
    assert all(name in caught.value.hint for name in BUILT_IN)


def test_a_profile_may_be_a_file_beside_the_recipe(tmp_path):
    own(tmp_path, archive={"kind": "tap", "survey": "Own"})
    merged = with_profile({"profile": "own.toml", "use": ["features"]}, tmp_path)
    assert merged == {"kind": "tap", "survey": "Own", "profile": "own.toml", "use": ["features"]}


@pytest.mark.parametrize(
    "content",
    [{}, {"archive": {}, "catalogue": {}}, {"archive": {"profile": "gaia-dr3"}}, {"archive": 1}],
    ids=["nothing", "more", "chain", "no table"],
)
def test_a_file_that_is_no_profile_is_refused(tmp_path, content):
    with pytest.raises(RecipeError, match="holds \\[archive\\] and nothing else"):
        read_profile(own(tmp_path, **content))


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(RecipeError, match="no such file") as caught:
        with_profile({"profile": "lost.toml"}, tmp_path)
    assert "relative to the recipe" in caught.value.hint
    (tmp_path / "bad.toml").write_text("[archive")
    with pytest.raises(RecipeError, match="not valid TOML"):
        with_profile({"profile": "bad.toml"}, tmp_path)


def test_a_profile_that_is_no_text_is_refused():
    with pytest.raises(RecipeError, match="a name or a path"):
        with_profile({"profile": 3}, Path())
