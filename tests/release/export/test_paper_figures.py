from dataclasses import replace

import pytest

from rrcat.release.export.paper_figures import PaperFigure, paper_figures
from rrcat.release.export.paper_material import material
from rrcat.release.figures_drawing import Drawing, Figure
from rrcat.release.opened import open_release


@pytest.fixture(scope="module")
def bare(released):
    return material(open_release(released))


def test_the_figures_are_those_of_the_report(bare):
    assert [one.name for one in paper_figures(bare)] == [
        "metallicities",
        "period-and-amplitude",
        "how-certain-the-metallicities-are",
        "on-the-sky",
        "distances",
        "how-certain-the-distances-are",
    ]


def test_a_caption_tells_what_is_shown_and_what_is_seen_and_judges_nothing():
    figure = Figure("Error of φ31", Drawing(print), "50 % shown.", "A bad sign.", "−1 dex.")
    one = PaperFigure(figure, "error-of-phi31")
    assert one.definition == (
        r"\newcommand{\catCaptionErrorOfPhiThreeOne}{50 \% shown. \ensuremath{-}1 dex.}"
        "% error-of-phi31.pdf"
    )


def test_of_clusters_and_calibrators_there_are_figures_where_they_are_known(bare):
    row = {"system": "M 5", "n": 9, "known": -1.3, "difference": 0.1, "error": 0.1}
    check = {"check": "clusters", "unit": "dex", "rows": [row]}
    named = [one.name for one in paper_figures(replace(bare, checks=(check,)))]
    assert "globular-clusters-in-feh" in named


def test_a_part_without_metallicities_has_no_figures_of_them(released):
    part = material(open_release(released).subset(columns=["period"]))
    assert [one.name for one in paper_figures(part)] == ["on-the-sky"]
