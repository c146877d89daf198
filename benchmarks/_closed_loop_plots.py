"""Figures of a closed loop: bias and scatter, and coverage, as SVG."""

from collections.abc import Mapping

import polars as pl
from matplotlib.axes import Axes

from rrcat.evaluation.plots import MODULATED, REGULAR, svg

STYLES = {"RRab": REGULAR, "RRc": MODULATED}  # colours and markers that any eye tells apart
PROMISED = {"coverage_68": 0.6827, "coverage_95": 0.95}
SHIFT = 0.12  # of the width of a bin, so that one type does not hide the other
FEW = 10


def bias_plot(tables: Mapping[str, pl.DataFrame], *, label: str) -> bytes:
    """Give bias (points with standard errors) and scatter (bars beside them) in bins.

    ``tables`` are those of :func:`rrcat.simulate.closed_loop.recovered_by`, by pulsation type.
    """

    def draw(axes: Axes) -> None:
        axes.axhline(0, color="#444444", linewidth=1)
        for side, (kind, rows) in zip((-1, 1), tables.items(), strict=True):
            told, place = _placed(rows, side)
            colour, marker = STYLES[kind]
            axes.errorbar(
                place, told["bias"], yerr=told["scatter"], fmt="none", ecolor=colour, alpha=0.25,
                elinewidth=7, label=f"{kind}: scatter of the stars",
            )  # fmt: skip
            axes.errorbar(
                place, told["bias"], yerr=told["bias_error"], color=colour, marker=marker,
                linestyle="none", capsize=3, label=f"{kind}: bias",
            )  # fmt: skip
            axes.plot(
                place, told["undiluted_bias"], color=colour, marker=marker, fillstyle="none",
                linestyle="none", label=f"{kind}: bias of feh_undiluted",
            )  # fmt: skip
        axes.set_xlabel(label)
        axes.set_ylabel("found − true [Fe/H], dex")
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=2, fontsize=9)

    return svg(draw, (6.4, 5.0))


def coverage_plot(tables: Mapping[str, pl.DataFrame], *, label: str) -> bytes:
    """Give the shares of stars whose intervals hold the truth in bins, beside those promised."""

    def draw(axes: Axes) -> None:
        for promised in PROMISED.values():
            axes.axhline(promised, color="#444444", linewidth=1)
        for side, (kind, rows) in zip((-1, 1), tables.items(), strict=True):
            told, place = _placed(rows, side)
            colour, marker = STYLES[kind]
            for column, share in PROMISED.items():
                spread = (told[column] * (1 - told[column]) / told["n"]).sqrt()
                axes.errorbar(
                    place, told[column], yerr=spread, color=colour, marker=marker,
                    linestyle="none", capsize=3, label=kind if share < 0.9 else None,
                )  # fmt: skip
        axes.set_ylim(0, 1.03)
        axes.set_xlabel(label)
        axes.set_ylabel("share of stars within 68 and 95 %")
        axes.legend(loc="lower left", fontsize=9)

    return svg(draw, (6.4, 4.2))


def _placed(rows: pl.DataFrame, side: int) -> tuple[pl.DataFrame, pl.Series]:
    """Give the bins with stars enough, and where they are drawn."""
    told = rows.filter(pl.col("n") >= FEW)
    width = told["high"] - told["low"]
    return told, (told["low"] + told["high"]) / 2 + side * SHIFT * width
