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
    return (
        environment(html=True)
        .get_template("report.html.j2")
        .render(
            summary=summary,
            table=table,
            about=about,
            facts=facts,
            override=override,
            figures=figures(frame, about.scale),
        )
    )
