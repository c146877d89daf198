import numpy as np
import polars as pl
import pytest
from matplotlib.figure import Figure as Canvas

from rrcat.release import figures_drawing
from rrcat.release.figures_drawing import Drawing, by_kind, density, legend, points, with_kind


def rows(n):
    rng = np.random.default_rng(n)
    columns = {"x": rng.normal(size=n), "y": rng.normal(size=n), "pulsation_type": "RRab"}
    return with_kind(pl.DataFrame(columns))


def test_many_points_become_a_density(monkeypatch):
    monkeypatch.setattr(figures_drawing, "DENSE", 50)
    axes = Canvas().add_subplot()
    axes.set(xlim=(-1, 1), ylim=(-1, 1))
    by_kind(axes, rows(60), "x", "y")
    (cells,) = axes.collections
    some = rows(60).filter(pl.all_horizontal(pl.col("x", "y").is_between(-1, 1)))
    assert cells.get_array().sum() == some.height


def test_density_of_values_is_their_median():
    axes = Canvas().add_subplot()
    axes.set(xlim=(0, 1), ylim=(0, 1))
    cells = density(axes, np.full(3, 0.5), np.full(3, 0.5), np.array([1.0, 2.0, 30.0]))
    assert cells.get_array().tolist() == [2.0]


def test_picture_of_very_many_points_is_small():
    drawn = Drawing(lambda axes: by_kind(axes, rows(200_000), "x", "y")).image("svg")
    assert len(drawn) < 1_000_000


@pytest.mark.parametrize("form", ["svg", "pdf"])
def test_the_same_figure_is_the_same_bytes(form):
    drawing = Drawing(lambda axes: by_kind(axes, rows(100), "x", "y"))
    assert drawing.image(form) == drawing.image(form)
    for told in (b"<dc:date>", b"CreationDate", b"/ID"):
        assert told not in drawing.image(form)


def test_a_pdf_has_no_font_that_journals_refuse():
    drawn = Drawing(lambda axes: axes.set(xlabel="φ31 of stars")).image("pdf")
    assert b"/Type42" in drawn or b"/TrueType" in drawn or b"/CIDFontType2" in drawn
    assert b"/Type3" not in drawn


@pytest.mark.parametrize("n", [1, 100, 1_000_000])
def test_points_can_be_seen(n):
    assert 2 < points(n)["s"] < 30


def test_legend_of_nothing_is_none():
    axes = Canvas().add_subplot()
    legend(axes)
    assert axes.get_legend() is None


def test_star_of_unknown_type_has_a_kind():
    unknown = pl.DataFrame(
        {"pulsation_type": [None, "RRc", "other"]}, {"pulsation_type": pl.String}
    )
    assert with_kind(unknown)["kind"].to_list() == ["other or unknown", "RRc", "other or unknown"]
