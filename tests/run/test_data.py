"""Where data are looked for, and what a build makes of a store that was fetched."""

import json
from pathlib import Path

import polars as pl
import pytest
from astropy.table import Table

from rrcat.archive import LocalStore, close_store, read_files, write_part
from rrcat.catalogue.recipe import read_recipe
from rrcat.errors import ArchiveError, RunError
from rrcat.run.build import build_catalogue
from rrcat.run.calibrators import calibration_sample
from rrcat.run.data import data_of
from rrcat.run.workspace import Request, workspace

TAP = """
kind = "tap"
use = ["light_curves"]
incomplete = "INCOMPLETE"

[archive.service]
url = "https://tap.example/tap"

[archive.stars]
from = "stars"
columns = { source_id = "source_id", period = "period" }

[archive.light_curves]
kind = "tap"
from = "epochs"

[[archive.light_curves.forms]]
kind = "long"
columns = { source_id = "source_id", time = "time", mag = "mag", band = "band" }

"""
QUERY = """
[calibration.query]
url = "https://tap.example/tap"
adql = "SELECT * FROM spectra"

"""


@pytest.fixture
def fetched(survey: Path) -> Path:
    """The recipe of a survey that was fetched, in folders of its own; two stars failed."""
    from_files = read_recipe(survey)
    base = survey.parent.parent / "asked"
    text = survey.read_text()
    start, end = text.index('kind = "files"'), text.index("[[estimator]]")
    text = text[:start] + TAP.replace("INCOMPLETE", "keep") + text[end:]
    text = text.replace('file = "spectra.csv"\n', "").replace(
        "[calibration.columns]", QUERY.lstrip() + "[calibration.columns]"
    )
    base.mkdir()
    recipe = base / "recipe.toml"
    recipe.write_text(text)

    got = read_files(from_files.archive, survey.parent)
    folder = base / "fetched"
    failed = pl.Series([3, 4])
    curves = got.light_curves.filter(~pl.col("source_id").is_in(failed.implode()))
    parts = {
        table: [write_part(folder, table, half) for half in halves(frame)]
        for table, frame in (("stars", got.stars), ("light_curves", curves))
    }
    got.stars.select(
        "source_id",
        status=pl.when(pl.col("source_id").is_in(failed.implode()))
        .then(pl.lit("failed"))
        .otherwise(pl.lit("received")),
        reason=pl.lit("the server had enough"),
    ).write_parquet(folder / "account.parquet")
    parsed = read_recipe(recipe)
    answer = folder / parsed.calibration.query.answer
    answer.parent.mkdir()
    Table.read(survey.parent / "spectra.csv").write(answer, format="votable")
    close_store(
        folder,
        parts,
        bands=["G"],
        inputs=[],
        account={"stars": {"count": got.stars.height}},
        adql=["SELECT source_id FROM stars"],
        archive=parsed.archive.identity(),
    )
    return recipe


def halves(frame: pl.DataFrame) -> list[pl.DataFrame]:
    return [frame.filter(pl.col("source_id") <= 40), frame.filter(pl.col("source_id") > 40)]


def test_paths_are_relative_to_data_or_else_to_the_recipe(survey: Path, tmp_path: Path) -> None:
    recipe, output = read_recipe(survey), tmp_path / "out"
    near = data_of(recipe, survey, data=None, output=output)
    assert (near.files, near.fetched) == (survey.parent, survey.parent / "fetched")
    assert near.fetch == f"rrcat fetch {survey}"
    far = data_of(recipe, survey, data=tmp_path / "my data", output=output)
    assert (far.files, far.fetched) == (tmp_path / "my data", tmp_path / "my data" / "fetched")
    assert far.fetch == f"rrcat fetch {survey} --output '{tmp_path}/my data/fetched'"


def test_what_is_only_begun_is_fetched_on_in_its_folder(survey: Path, tmp_path: Path) -> None:
    begun = tmp_path / "look"
    begun.mkdir()
    (begun / "fetch.json").write_text('{"archive": {}, "limit": 500}')
    place = data_of(read_recipe(survey), survey, data=begun, output=tmp_path / "out")
    assert place.fetched == begun
    assert place.fetch == f"rrcat fetch {survey} --output {begun} --limit 500"


@pytest.mark.parametrize(("limit", "passed"), [(None, True), (100, True), (80, False)])
def test_a_catalogue_of_the_first_stars_is_not_released_as_the_whole(
    fetched: Path, tmp_path: Path, limit: int | None, passed: bool
) -> None:
    store = LocalStore.open(fetched.parent / "fetched")
    told = store.description
    close_store(
        store.folder,
        {table: store.parts(table) for table in told["tables"]},
        **{key: told[key] for key in ("bands", "inputs", "adql", "archive")},
        account=store.account | {"asked": {"limit": limit}},
    )
    summary = build_catalogue(Request(fetched, tmp_path / "out", workers=1))
    facts = json.loads((tmp_path / "out" / "candidate.json").read_bytes())
    (check,) = (one for one in facts["validation"] if one["name"].startswith("every star that"))
    assert check["passed"] == passed
    assert check["detail"].endswith("78 received, 0 empty, 2 failed")
    assert ("the first 80 stars only" in check["detail"]) != passed
    assert summary.failed == ([] if passed else [check])


def test_data_that_are_a_store_are_what_was_fetched(fetched: Path, tmp_path: Path) -> None:
    recipe, store = read_recipe(fetched), fetched.parent / "fetched"
    place = data_of(recipe, fetched, data=store, output=tmp_path / "out")
    assert (place.files, place.fetched) == (fetched.parent, store)


def test_the_build_of_a_fetched_archive_is_that_of_its_files(
    survey: Path, fetched: Path, tmp_path: Path
) -> None:
    build_catalogue(Request(survey, tmp_path / "files", workers=1))
    summary = build_catalogue(Request(fetched, tmp_path / "fetched", workers=1))
    one, two = (
        pl.read_parquet(tmp_path / name / "catalogue.parquet").filter(
            ~pl.col("source_id").is_in([3, 4])
        )
        for name in ("files", "fetched")
    )
    assert one.equals(two)
    assert summary.n_stars == 80
    facts = json.loads((tmp_path / "fetched" / "candidate.json").read_bytes())
    asked = read_recipe(fetched).calibration.query
    assert facts["adql"] == ["SELECT source_id FROM stars", asked.text]
    names = [each["name"] for each in facts["inputs"]]
    assert names == sorted(names)
    assert {"account.parquet", asked.answer} < set(names)
    assert sum(name.startswith("light_curves/") for name in names) == 2


def test_stars_that_could_not_be_fetched_have_a_reason_and_are_counted(
    fetched: Path, tmp_path: Path
) -> None:
    build_catalogue(Request(fetched, tmp_path / "out", workers=1))
    catalogue = pl.read_parquet(tmp_path / "out" / "catalogue.parquet")
    failed = catalogue.filter(pl.col("source_id").is_in([3, 4]))
    assert failed["feh_status"].to_list() == ["no_light_curve", "no_light_curve"]
    account = json.loads((tmp_path / "out" / "account.json").read_bytes())
    assert account["asked"]["failed"] == 2
    assert account["asked"]["reasons"] == [{"reason": "the server had enough", "count": 2}]


def refused(request: Request) -> str:
    with pytest.raises(RunError) as caught, workspace(request):
        pass
    assert not request.output.exists()
    return str(caught.value)


def test_an_incomplete_fetch_is_refused_unless_the_recipe_keeps_it(
    fetched: Path, tmp_path: Path
) -> None:
    fetched.write_text(fetched.read_text().replace('"keep"', '"refuse"'))
    told = refused(Request(fetched, tmp_path / "out"))
    assert "2 stars could not be fetched" in told
    assert f"rrcat fetch {fetched};" in told
    assert "incomplete = 'keep'" in told


@pytest.mark.parametrize("missing", ["store.json", "tables"])
def test_what_is_not_fetched_is_named_with_the_command(
    fetched: Path, tmp_path: Path, missing: str
) -> None:
    folder = fetched.parent / "fetched"
    (folder / missing).rename(tmp_path / missing)
    told = refused(Request(fetched, tmp_path / "out"))
    assert "not fetched" in told
    assert told.endswith(f"hint: rrcat fetch {fetched}")


def test_another_query_is_another_answer(fetched: Path, tmp_path: Path) -> None:
    fetched.write_text(fetched.read_text().replace("FROM spectra", "FROM others"))
    assert "the answer to a query" in refused(Request(fetched, tmp_path / "out"))


def test_a_store_of_another_archive_is_refused(fetched: Path, tmp_path: Path) -> None:
    fetched.write_text(fetched.read_text().replace('from = "stars"', 'from = "more_stars"'))
    told = refused(Request(fetched, tmp_path / "out"))
    assert "of another [archive]" in told
    assert "--restart" in told


def test_a_selection_of_what_is_fetched_is_a_store_of_its_own(
    fetched: Path, tmp_path: Path
) -> None:
    fetched.write_text(
        fetched.read_text().replace("[[estimator]]", "[selection]\nlimit = 50\n[[estimator]]", 1)
    )
    request = Request(fetched, tmp_path / "out")
    for _ in ("made", "found again"):
        with workspace(request) as place:
            assert place.store.folder == tmp_path / "out" / "store"
            assert place.store.source_ids().tolist() == list(range(1, 51))
            assert place.store.account["stars"] == {"count": 80, "selected": 50}
            assert place.store.bands == ("G",)
    assert not list((fetched.parent / "fetched").glob("**/.*"))


@pytest.fixture
def made_up(tmp_path: Path) -> Path:
    """A recipe of stars that are simulated on the way, and their spectra."""
    recipe = tmp_path / "made-up.toml"
    recipe.write_text(
        '[catalogue]\nname = "made-up"\ntitle = "Made up"\nscale = "C21"\nband = "G"\n'
        '[archive]\nkind = "simulated"\nstars = 60\n'
        '[calibration]\nfile = "spectra.parquet"\nscale = "C21"\n'
        "[calibration.columns]\n"
        'source_id = "source_id"\nfeh = "feh"\nfeh_error = "feh_error"\n'
        '[[estimator]]\nid = "literature-relations"\n'
    )
    return recipe


def test_simulated_stars_are_made_once_in_the_folder_of_the_results(
    made_up: Path, tmp_path: Path
) -> None:
    made = []
    for _ in ("made", "found again"):
        with workspace(Request(made_up, tmp_path / "out")) as place:
            assert place.store.folder == tmp_path / "out" / "simulated" / "store"
            assert place.store.source_ids().size == 60
            assert place.origin.inputs == []
            assert place.data.table(place.recipe.calibration)[1] == tmp_path / "out" / "simulated"
            made.append((place.store.folder / "store.json").stat().st_mtime_ns)
    assert made[0] == made[1]


def test_a_damaged_simulation_is_refused(made_up: Path, tmp_path: Path) -> None:
    with workspace(Request(made_up, tmp_path / "out")) as place:
        path = place.store.folder / place.store.parts("stars")[0].file
    path.write_bytes(path.read_bytes()[:-1])
    with (
        pytest.raises(ArchiveError, match="has changed since it was written"),
        workspace(Request(made_up, tmp_path / "out")),
    ):
        pass


def test_simulated_stars_have_their_spectra(made_up: Path, tmp_path: Path) -> None:
    with workspace(Request(made_up, tmp_path / "out")) as place:
        calibrators = calibration_sample(place).calibrators
    given = pl.read_parquet(tmp_path / "out" / "simulated" / "spectra.parquet")
    assert 0 < calibrators.height <= given["source_id"].n_unique()
