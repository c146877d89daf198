"""Tables as AASTeX has them, and templates of LaTeX."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rrcat.release.documents import environment
from rrcat.release.export.latex import latex

NO_DATA = r"\nodata"
LONG = 20
"""Rows beyond which a table goes over pages."""


@dataclass(frozen=True)
class Deluxe:
    """A table: its label, columns and rows, all text already LaTeX.

    ``heads`` are titles and units of the columns, ``kinds`` their alignment.
    """

    label: str
    caption: str
    heads: Sequence[tuple[str, str]]
    kinds: Sequence[str]
    rows: Sequence[Sequence[str]]
    comments: str = ""

    @property
    def is_long(self) -> bool:
        """Whether it goes over several pages."""
        return len(self.rows) > LONG

    @property
    def has_units(self) -> bool:
        """Whether any column has a unit."""
        return any(unit for _, unit in self.heads)


def written(table: Deluxe) -> str:
    """Give the LaTeX of a table."""
    return paper_template("paper_table.tex.j2", table=table)


def paper_template(name: str, **content: Any) -> str:
    """Fill a template of LaTeX, in which ``<<`` and ``<%`` stand where braces do elsewhere."""
    engine = environment(html=False).overlay(
        variable_start_string="<<",
        variable_end_string=">>",
        block_start_string="<%",
        block_end_string="%>",
        comment_start_string="<#",
        comment_end_string="#>",
    )
    engine.filters["latex"] = latex
    return engine.get_template(name).render(**content)
