"""The figures of the checks by globular clusters."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes

from rrcat.release.figures_drawing import SIZE, Drawing, Figure

ROW, MARGIN = 0.24, 1.0
"""Height of a row, and of what is above and below all of them, in inches."""

WHAT = {"dex": ("[Fe/H]", "clusters in [Fe/H]"), "mag": ("distance modulus", "their distances")}


def cluster_figures(results: Sequence[Mapping[str, Any]]) -> list[Figure]:
    """Give a figure for each check of clusters that compares them one by one.

    Parameters
    ----------
    results
        Those of ``validation.json``.
    """
    drawn = []
    for result in results:
        rows = [row for row in result["rows"] if {"known", "difference", "error"} <= row.keys()]
        if result["check"] == "clusters" and rows and result["unit"] in WHAT:
            drawn.append(_clusters(rows, result["unit"]))
    return drawn


def _clusters(rows: Sequence[Mapping[str, Any]], unit: str) -> Figure:
    ordered = sorted(rows, key=lambda row: (row["known"], row["system"]))
    height = max(SIZE[1], MARGIN + ROW * len(ordered))
    what, title = WHAT[unit]

    def draw(axes: Axes) -> None:
        for used, colour, marker, label in (
            (True, "#0072B2", "o", "counted"),
            (False, "#777777", "x", "told only"),
        ):
            some = [(i, row) for i, row in enumerate(ordered) if (not row.get("note")) == used]
            if some:
                axes.errorbar(
                    [row["difference"] for _, row in some],
                    [i for i, _ in some],
                    xerr=[row["error"] for _, row in some],
                    fmt=marker,
                    color=colour,
                    ms=6,
                    capsize=3,
                    label=label,
                )
        axes.axvline(0, color="#444444", ls="--", lw=1)
        names = [f"{row['system']} ({row['n']})" for row in ordered]
        axes.set_yticks(range(len(ordered)), names, fontsize=9)
        axes.set(xlabel=f"{what}, catalogue − cluster ({unit})", ylim=(-0.7, len(ordered) - 0.3))
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderaxespad=0.2)

    worst = max(ordered, key=lambda row: abs(row["difference"]))
    return Figure(
        f"Globular {title}" if unit == "dex" else f"Globular clusters and {title}",
        Drawing(draw, size=(SIZE[0], height)),
        f"Median {what} of the stars in each cluster less that of the cluster, with its standard"
        " error; in brackets the number of stars, metal-poor or near clusters below. Crosses do not"
        " count: too few stars, a spread, or anomalous variables.",
        "Clusters should scatter about the dashed line; all on one side means a wrong zero point, a"
        " tilt a wrong slope.",
        f"Differences of {len(ordered)} clusters in {what}; the largest is {worst['system']} with"
        f" {worst['difference']:+.2f} {unit}.",
    )
