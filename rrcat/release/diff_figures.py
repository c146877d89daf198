"""The figures of a comparison: how [Fe/H] moved, for which stars, and where they are."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from rrcat.release.figures_drawing import (
    DENSE,
    Drawing,
    Figure,
    by_kind,
    legend,
    outside,
    points,
    span,
    with_kind,
)
from rrcat.release.figures_sky import Sky
from rrcat.release.sides import ROUNDING, Pair

BIN = 0.1
COLOURS = {"before": "#D55E00", "after": "#0072B2"}
MAGNITUDE = "int_average_mag"
DRAWN = ("pulsation_type", MAGNITUDE, "ra", "dec")


def diff_figures(pair: Pair) -> Iterator[Figure]:
    """Yield the figures for which both catalogues have values.

    What is drawn is held of every star: [Fe/H] before and after, type, magnitude and position.
    """
    if "feh" not in {column.name for column in pair.shared}:
        return
    there = [name for name in DRAWN if name in pair.after.table.names]
    before = pair.before.rows.lazy().select("source_id", before="feh").collect()
    after = pair.after.rows.lazy().select("source_id", *there, after="feh").collect()
    if figure := _histograms({"before": before["before"], "after": after["after"]}):
        yield figure
    rows = before.join(after, on="source_id", maintain_order="left")
    del before, after
    rows = with_kind(rows.with_columns(shift=pl.col("after") - pl.col("before")))
    rows = rows.drop("after", "pulsation_type")
    if figure := _shifts(rows):
        yield figure
    if figure := _against(rows, "before", "[Fe/H] before (dex)", "metallicity"):
        yield figure
    if figure := _against(rows, MAGNITUDE, "mean magnitude (mag)", "magnitude"):
        yield figure
    if figure := _sky(rows):
        yield figure


def _histograms(feh: dict[str, pl.Series]) -> Figure | None:
    values = {name: cells.drop_nulls().to_numpy() for name, cells in feh.items()}
    joined = np.concatenate(list(values.values()))
    if not joined.size:
        return None
    low, high = np.percentile(joined, [0.5, 99.5])
    edges = np.arange(np.floor(low / BIN) * BIN - BIN, high + 2 * BIN, BIN).tolist()

    def draw(axes: Axes) -> None:
        axes.set(xlabel="[Fe/H] (dex)", ylabel="stars in 0.1 dex")
        for (name, cells), style in zip(values.items(), ("--", "-"), strict=True):
            label = f"{name} ({cells.size:,})"
            look: dict[str, Any] = {"color": COLOURS[name], "lw": 1.7, "ls": style}
            axes.hist(cells, edges, histtype="step", label=label, **look)
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
        legend(axes)

    medians = {
        name: f"{np.median(cells):.2f}" if cells.size else "none" for name, cells in values.items()
    }
    return Figure(
        "Metallicities before and after",
        Drawing(draw),
        "How many stars have which metallicity in either catalogue, stars of one alone among them.",
        "A peak that moved, or that one catalogue alone has, asks for its reason.",
        f"Histograms of {values['before'].size:,} metallicities before and"
        f" {values['after'].size:,} after; the median was {medians['before']} and is"
        f" {medians['after']} dex.",
    )


def _shifts(rows: pl.DataFrame) -> Figure | None:
    moved = rows.filter(pl.col("shift").abs() > ROUNDING)
    if moved.is_empty():
        return None
    low, high = span(moved["shift"])
    edges = np.linspace(low, high, 41).tolist()

    def draw(axes: Axes) -> None:
        axes.set(xlabel="[Fe/H] after less before (dex)", ylabel="stars")
        axes.hist(moved["shift"], edges, histtype="stepfilled", color=COLOURS["after"], alpha=0.3)
        axes.hist(moved["shift"], edges, histtype="step", color=COLOURS["after"], lw=1.7)
        axes.axvline(0, color="#444444", lw=1)
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))

    median = float(np.median(moved["shift"].to_numpy()))
    beyond = int(((moved["shift"] < low) | (moved["shift"] > high)).sum())
    return Figure(
        "How far metallicities moved",
        Drawing(draw),
        f"Shifts of the {moved.height:,} stars that moved by more than rounding.{outside(beyond)}",
        "A peak away from zero moves all of them together: another scale or calibration; wide wings"
        " are single stars.",
        f"Histogram of {moved.height:,} shifts; the median is {median:+.3f} dex.",
    )


def _against(rows: pl.DataFrame, column: str, label: str, words: str) -> Figure | None:
    if column not in rows.columns:
        return None
    there = rows.select(column, "shift", "kind").drop_nulls([column, "shift"])
    if there.is_empty() or not (there["shift"].abs() > ROUNDING).any():
        return None
    x, y = span(there[column]), span(there["shift"])
    beyond = int((~there[column].is_between(*x) | ~there["shift"].is_between(*y)).sum())

    def draw(axes: Axes) -> None:
        axes.set(xlabel=label, ylabel="shift of [Fe/H] (dex)", xlim=x, ylim=y)
        by_kind(axes, there, column, "shift")
        axes.axhline(0, color="#444444", lw=1)
        legend(axes)

    size = float(np.median(there["shift"].abs().to_numpy()))
    return Figure(
        f"Shift against {words}",
        Drawing(draw),
        f"[Fe/H] after less before, against {words}.{outside(beyond)}",
        "Stars along zero stayed; a slope or a step says that some kinds of stars moved more than"
        " others.",
        f"Shift of [Fe/H] against {words} for {there.height:,} stars; the median shift without sign"
        f" is {size:.3f} dex.",
    )


def _sky(rows: pl.DataFrame) -> Figure | None:
    if not {"ra", "dec"} <= set(rows.columns):
        return None
    there = rows.select("ra", "dec", "shift", "source_id").drop_nulls(["ra", "dec", "shift"])
    there = there.sort(pl.col("shift").abs(), "source_id")
    if there.is_empty() or not (there["shift"].abs() > ROUNDING).any():
        return None
    limit = float(np.percentile(there["shift"].abs().to_numpy(), 98)) or ROUNDING
    dense = there.height > DENSE
    shown = "the mean of a cell is shown" if dense else "the largest shifts lie on top"
    sky = Sky(there["ra"].to_numpy(), there["dec"].to_numpy())

    def draw(axes: Axes) -> None:
        x, y = sky.on(axes)
        look: dict[str, Any] = {"cmap": "cividis", "vmin": -limit, "vmax": limit}
        look["rasterized"] = True
        drawn: Any
        if dense:
            drawn = axes.pcolormesh(*_mean_in_cells(x, y, there["shift"].to_numpy()), **look)
        else:
            drawn = axes.scatter(x, y, c=there["shift"], **(points(there.height) | look))
        label = "shift of [Fe/H] (dex)"
        axes.figure.colorbar(drawn, ax=axes, label=label, extend="both", shrink=0.7)

    return Figure(
        "Shifts on the sky",
        Drawing(draw, sky.projection, sky.size),
        f"Where stars moved, in right ascension and declination; {shown}.",
        "Stripes and fields of one colour are a matter of the survey: other observations, or"
        " another reddening.",
        f"Map of the shifts of {there.height:,} stars; 98 % of them are within {limit:.3f} dex.",
        on_paper=True,
    )


def _mean_in_cells(x: Any, y: Any, values: Any) -> tuple[Any, Any, Any]:
    """Give edges and means of the cells of a map; those without stars are masked."""
    cells = (120, 60)
    counts, x_edges, y_edges = np.histogram2d(x, y, cells)
    sums, _, _ = np.histogram2d(x, y, (x_edges, y_edges), weights=values)
    means = np.ma.masked_where(counts == 0, sums / np.maximum(counts, 1))
    return x_edges, y_edges, means.T
