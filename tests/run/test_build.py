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


def test_calibrators_may_lack_where_nobody_learns_from_them(survey, tmp_path):
    request = Request(without_calibrators(survey), tmp_path / "out", workers=1)
    assert build_catalogue(request).n_values > 0
    assert not (tmp_path / "out" / "calibrators.parquet").exists()


def test_calibrators_must_be_there_where_somebody_learns_from_them(toy_survey, tmp_path):
    request = Request(without_calibrators(toy_survey), tmp_path / "out", workers=1)
    with pytest.raises(RecipeError, match="no calibrator is left"):
        build_catalogue(request)
