"""What a build asks of its calibrators."""

import polars as pl
import pytest

from rrcat.errors import RecipeError
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
