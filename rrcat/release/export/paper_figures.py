"""Figures of a paper about a release: those of its report, as PDF."""

import re
from dataclasses import dataclass

from rrcat.release.export.latex import command, latex
from rrcat.release.export.paper_material import Material
from rrcat.release.export.paper_numbers import PREFIX
from rrcat.release.figures import distance_figures, figures
from rrcat.release.figures_clusters import cluster_figures
from rrcat.release.figures_drawing import Figure


@dataclass(frozen=True, eq=False)
class PaperFigure:
    """A figure, and the name of its file without suffix, which is its label too."""

    figure: Figure
    name: str

    @property
    def caption(self) -> str:
        """The command of its caption, without backslash."""
        return f"{PREFIX}Caption{command(self.name)}"

    @property
    def definition(self) -> str:
        """The definition of its caption: what is shown, and what is seen in numbers."""
        words = latex(f"{self.figure.caption} {self.figure.alt}")
        return f"\\newcommand{{\\{self.caption}}}{{{words}}}% {self.name}.pdf"


def paper_figures(told: Material) -> list[PaperFigure]:
    """Give the figures for which the release, or the part of one, has values."""
    drawn = [
        *figures(told.frame, told.about.scale),
        *(told.tested.figures if told.tested else ()),
        *cluster_figures([one for one in told.checks if "rows" in one]),
        *distance_figures(told.frame),
    ]
    return [PaperFigure(one, _name(one.title)) for one in drawn]


def _name(title: str) -> str:
    """Give a title as the name of a file: ``residuals-and-magnitude``."""
    return "-".join(
        re.findall(r"[a-z0-9]+", title.lower().replace("φ", "phi").replace("[fe/h]", "feh"))
    )
