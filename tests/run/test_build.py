"""What a build asks of its calibrators."""

import json

import polars as pl
import pytest

from rrcat.catalogue.hull import Hull
from rrcat.errors import RecipeError
from rrcat.release.candidate import read_candidate
from rrcat.release.publish import publish
from rrcat.release.verify import verify
from rrcat.run.build import build_catalogue
from rrcat.run.workspace import Request


def without_calibrators(recipe):
    """Let the spectra be those of stars that are not in the archive, as in a first look at it."""
    path = recipe.parent / "spectra.csv"
    pl.read_csv(path).with_columns(pl.col("source_id") + 10_000).write_csv(path)
    return recipe


@pytest.mark.parametrize("spectra", ["source_id,feh\n", "PK\x03\x04"])
def test_spectra_are_not_looked_at_where_nobody_learns_from_them(survey, tmp_path, spectra):
    (survey.parent / "spectra.csv").write_text(spectra)
    request = Request(survey, tmp_path / "out", workers=1)
    assert build_catalogue(request).n_values > 0
    for name in ("calibrators.parquet", "sample.csv"):
        assert not (tmp_path / "out" / name).exists()


def test_calibrators_must_be_there_where_somebody_learns_from_them(toy_survey, tmp_path):
    request = Request(without_calibrators(toy_survey), tmp_path / "out", workers=1)
    with pytest.raises(RecipeError, match="no calibrator is left"):
        build_catalogue(request)


def test_own_columns_and_hull_go_from_the_recipe_into_the_release(toy_survey, tmp_path):
    text = toy_survey.read_text()
    toy_survey.write_text(text.replace("[catalogue]\n", "[catalogue]\nindividual_columns = true\n"))
    build_catalogue(Request(toy_survey, tmp_path / "out", workers=1))
    rows = read_candidate(tmp_path / "out").frame
    for name in ("feh", "feh_error", "feh_status"):
        assert rows[f"{name}_toy_line"].equals(rows[name])
    release = publish(tmp_path / "out", "1.0.0", override="a line is too simple")
    assert verify(release) == []
    hull = Hull.model_validate(json.loads((release / "hull.json").read_bytes()))
    assert set(hull.types) == {"RRab", "RRc"}
    calibrators = pl.read_parquet(tmp_path / "out" / "calibrators.parquet")["source_id"]
    among = rows.filter(pl.col("source_id").is_in(calibrators.implode()))["hull_distance"]
    assert (among.drop_nulls() <= 1).mean() > 0.8
    assert ((rows["hull_distance"] > 1) == (rows["flags"] & 16384 != 0)).all()


def test_without_calibrators_there_is_no_hull(survey, tmp_path):
    build_catalogue(Request(survey, tmp_path / "out", workers=1))
    assert not (tmp_path / "out" / "hull.json").exists()
    assert read_candidate(tmp_path / "out").frame["hull_distance"].null_count() == 80
