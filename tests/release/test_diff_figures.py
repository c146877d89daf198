import polars as pl
import pytest

from rrcat.release.diff_figures import diff_figures
from rrcat.release.sides import Pair, Side


@pytest.fixture
def figures(frame, table, tmp_path):
    """Give the figures by their titles: ``figures(before, after)``."""

    def draw(before, after):
        pair = Pair(*(Side("x", tmp_path, {}, table, rows) for rows in (before, after)))
        return {figure.title: figure for figure in diff_figures(pair)}

    return draw


def test_shifts_are_drawn_with_their_number_and_median(figures, frame):
    drawn = figures(frame, frame.with_columns(feh=pl.col("feh") + 0.25))
    assert list(drawn) == [
        "Metallicities before and after",
        "How far metallicities moved",
        "Shift against metallicity",
        "Shift against magnitude",
        "Shifts on the sky",
    ]
    n = frame["feh"].count()
    told = drawn["How far metallicities moved"].alt
    assert told == f"Histogram of {n} shifts; the median is +0.250 dex."
    assert f"for {n} stars" in drawn["Shift against metallicity"].alt


def test_shift_that_is_the_same_for_all_but_rounding_is_drawn(figures, frame):
    moved = frame.with_columns(feh=pl.col("feh") * 0.1 + 0.1)
    drawn = figures(frame.with_columns(pl.col("feh") * 0.1), moved)
    assert drawn["Shift against metallicity"].source.startswith("data:image")


def test_values_that_stayed_are_only_compared_as_a_whole(figures, frame):
    assert list(figures(frame, frame)) == ["Metallicities before and after"]


def test_without_values_nothing_is_drawn(figures, frame):
    empty = frame.with_columns(feh=pl.lit(None, dtype=pl.Float64))
    assert figures(empty, empty) == {}


def test_one_star_is_drawn(figures, frame):
    row = frame.drop_nulls(["feh", "ra", "dec"]).head(1).with_columns(int_average_mag=pl.lit(15.0))
    drawn = figures(row, row.with_columns(feh=pl.col("feh") + 0.25))
    assert len(drawn) == 5


def test_many_stars_are_drawn_as_cells(figures, frame):
    many = pl.concat([frame] * 300).with_columns(
        source_id=pl.int_range(300 * frame.height, dtype=pl.Int64), int_average_mag=pl.lit(15.0)
    )
    drawn = figures(many, many.with_columns(feh=pl.col("feh") + 0.25))
    assert "the mean of a cell is shown" in drawn["Shifts on the sky"].caption
    assert len(drawn["Shifts on the sky"].source) < 300_000
