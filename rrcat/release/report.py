"""The report: one page of figures and numbers, complete in itself."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from rrcat.release.about import About
from rrcat.release.documents import environment
from rrcat.release.figures import figures
from rrcat.release.summary import Summary
from rrcat.schema import Table


def report(
    frame: pl.DataFrame,
    summary: Summary,
    table: Table,
    about: About,
    facts: Mapping[str, Any],
    override: str | None,
) -> str:
    """Give report.html: no script, nothing loaded from elsewhere, the same bytes every time."""
    engine = environment(html=True)
    engine.filters |= {"count": _count, "share": _share, "number": _number}
    return engine.get_template("report.html.j2").render(
        summary=summary,
        table=table,
        about=about,
        facts=facts,
        override=override,
        figures=figures(frame, about.scale),
    )


def _count(n: int) -> str:
    return f"{n:,}"


def _share(n: int, whole: int) -> str:
    """Give a share in percent; what is there is never told as 0, nor what lacks as 100."""
    if not whole or n in (0, whole):
        return "100 %" if n else "0 %"
    return f"{min(max(100 * n / whole, 0.1), 99.9):.1f} %"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}".replace("-", "−")
