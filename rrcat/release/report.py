"""The report: one page of figures, numbers and light curves, complete in itself."""

from collections.abc import Mapping
from typing import Any

import polars as pl
from jinja2 import Environment
from markupsafe import Markup

from rrcat.release.about import About
from rrcat.release.batches import Rows
from rrcat.release.documents import environment
from rrcat.release.figures import distance_figures, figures
from rrcat.release.figures_clusters import cluster_figures
from rrcat.release.report_calibrators import tested
from rrcat.release.report_checks import SHORT, checks, counted
from rrcat.release.report_material import Material
from rrcat.release.report_words import account_of_stars, how_it_was_made
from rrcat.release.summary import Summary
from rrcat.release.viewer import policy, script, viewer_data
from rrcat.schema import Table

CONTENTS = (
    ("made", "How it was made"),
    ("account", "Stars"),
    ("values", "Catalogue"),
    ("stars", "Single stars"),
    ("tests", "Calibrators"),
    ("validation", "Validation"),
    ("distances", "Distances"),
    ("flags", "Flags"),
    ("columns", "Columns"),
    ("origin", "Origin"),
)


def report(
    rows: Rows,
    summary: Summary,
    table: Table,
    about: About,
    facts: Mapping[str, Any],
    override: str | None,
    material: Material,
) -> str:
    """Give report.html: nothing is loaded from elsewhere, and the bytes are the same every time.

    The one script on the page draws light curves; the page's own policy lets no other run. Of the
    rows, those of single stars are held, and the columns of one figure after the other.
    """
    unseen, viewer = material.out_of_fold, None
    if material.stars is not None and material.stars.height:
        shown = _of(rows, material.stars)
        viewer = Markup(viewer_data(material.stars, shown, summary.n_rows, table, unseen))
    code = "" if viewer is None else script()
    drawn = [figure.drawn() for figure in figures(rows, about.scale)]
    distances = [figure.drawn() for figure in distance_figures(rows)]
    missing = () if distances else ("distances",)
    return (
        page_engine()
        .get_template("report.html.j2")
        .render(
            summary=summary,
            table=table,
            about=about,
            facts=facts,
            override=override,
            contents=[(id, name) for id, name in CONTENTS if id not in missing],
            made=how_it_was_made(facts, material.combination),
            account=account_of_stars(material.account, summary),
            figures=drawn,
            viewer=viewer,
            n_shown=0 if material.stars is None else material.stars.height,
            n_curves=0 if material.stars is None else _with_points(material.stars),
            script=Markup(code),
            policy=policy(code),
            tested=tested(_of(rows, unseen), unseen),
            checked=checks(material.checks, facts["validation"]),
            counted=counted(material.checks or facts["validation"]),
            short=SHORT,
            clusters=cluster_figures(material.checks),
            distances=distances,
        )
    )


def _of(rows: Rows, stars: pl.DataFrame | None) -> pl.DataFrame:
    """Read the rows of some stars."""
    if stars is None:
        return rows.lazy().head(0).collect()
    wanted = stars.select("source_id").unique().lazy()
    return rows.lazy().join(wanted, on="source_id", how="semi").collect(engine="streaming")


def _with_points(stars: pl.DataFrame) -> int:
    return int((stars["phase"].list.len() > 0).sum())


def page_engine() -> Environment:
    """Give the template engine of pages, with the filters that write numbers."""
    engine = environment(html=True)
    engine.filters |= {
        "count": _count,
        "share": _share,
        "number": _number,
        "number3": lambda value: _number(value, 3),
        "percent": _percent,
        "parameter": _parameter,
    }
    return engine


def _count(n: int) -> str:
    return f"{n:,}"


def _share(n: int, whole: int) -> str:
    """Give a share in percent; what is there is never told as 0, nor what lacks as 100."""
    if not whole or n in (0, whole):
        return "100 %" if n else "0 %"
    return f"{min(max(100 * n / whole, 0.1), 99.9):.1f} %"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"


def _number(value: float | None, digits: int = 2) -> str:
    return "–" if value is None else f"{value:.{digits}f}".replace("-", "−")


def _parameter(value: Any) -> str:
    """Give a parameter of an estimator in words."""
    if isinstance(value, Mapping):
        nested = any(isinstance(one, Mapping | list | tuple) for one in value.values())
        told = [f"{key} {_parameter(one)}" for key, one in value.items()]
        return "(" + ("; " if nested else ", ").join(told) + ")"
    if isinstance(value, list | tuple):
        return ", ".join(_parameter(one) for one in value)
    return str(value)
