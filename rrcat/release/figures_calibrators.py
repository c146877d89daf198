"""The figures that show how well the values of calibrators are found again.

All of them are of values by models that had not seen the star.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from rrcat.release.figures_drawing import (
    Drawing,
    Figure,
    by_kind,
    legend,
    outside,
    span,
    with_kind,
)

STEPS, FEWEST = 8, 5
"""Bins of a trend, and the stars a bin has at least."""

# Half-widths of a band that holds 95 % of what chance makes.
TWO_SIGMA = 1.96
MARKS = ("o", "s", "^", "D", "v", "P", "X", "*")
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#444444", "#E69F00", "#56B4E9", "#7a5c00")
AGAINST: dict[str, tuple[str, str, str]] = {
    "int_average_mag": ("magnitude", "linear", "mean magnitude (mag)"),
    "n_epochs": ("number of epochs", "log", "observations in the fit"),
    "phi31_error": ("error of φ31", "log", "standard error of φ31 (rad)"),
    "feh": ("predicted [Fe/H]", "linear", "predicted [Fe/H] (dex)"),
}
"""What residuals are drawn against: its name, scale and label."""


def calibrator_figures(
    stars: pl.DataFrame, reliability: Mapping[str, Sequence[Mapping[str, Any]]], n: int
) -> list[Figure]:
    """Give predicted against true, the reliability diagram, and residuals against :data:`AGAINST`.

    Parameters
    ----------
    stars
        One row a calibrator with a value: ``feh_true``, ``feh``, ``pulsation_type``, and the
        columns of :data:`AGAINST`, null where one is not known.
    reliability
        For each estimator, ``nominal`` and ``observed`` shares.
    n
        Calibrators that the shares are of.
    """
    rows = with_kind(stars).with_columns(residual=pl.col("feh") - pl.col("feh_true"))
    if rows.is_empty():
        return []
    trends = [_trend(rows.drop_nulls(column), column) for column in AGAINST]
    drawn = [_predicted(rows), _reliability(reliability, n), *trends]
    return [figure for figure in drawn if figure is not None]


def _predicted(rows: pl.DataFrame) -> Figure:
    low, high = span(pl.concat([rows["feh_true"], rows["feh"]]))
    rmse = float(np.sqrt(np.mean(rows["residual"].to_numpy() ** 2)))

    def draw(axes: Axes) -> None:
        ends = {"xlim": (low, high), "ylim": (low, high)}
        axes.set(xlabel="[Fe/H] of the calibrator (dex)", ylabel="predicted [Fe/H] (dex)", **ends)
        by_kind(axes, rows, "feh_true", "feh")
        axes.plot([low, high], [low, high], color="#444444", ls="--", lw=1)
        axes.set_aspect("equal")
        legend(axes, columns=2)

    beyond = rows.filter(~pl.all_horizontal(pl.col("feh", "feh_true").is_between(low, high)))
    return Figure(
        "Predicted against known",
        Drawing(draw),
        "Each point is a calibrator, predicted by models that had not seen it. The dashed line is"
        f" that of equality.{outside(beyond.height)}",
        "Points should scatter evenly about the line. A cloud flatter than the line means that"
        " values shrink to the mean; a group off the line, a kind of star that the models do not"
        " know.",
        f"Predicted against known [Fe/H] of {rows.height:,} calibrators; the root mean square"
        f" difference is {rmse:.3f} dex.",
    )


def _reliability(reliability: Mapping[str, Sequence[Mapping[str, Any]]], n: int) -> Figure | None:
    shown = {name: levels for name, levels in reliability.items() if levels}
    if not shown:
        return None
    grid = np.linspace(0, 1, 101)
    band = TWO_SIGMA * np.sqrt(grid * (1 - grid) / n)

    def draw(axes: Axes) -> None:
        axes.set(xlabel="share that intervals should hold", ylabel="share that they hold")
        axes.fill_between(grid, grid - band, grid + band, color="#dddddd", lw=0)
        axes.plot(grid, grid, color="#444444", ls="--", lw=1)
        for place, (name, levels) in enumerate(shown.items()):
            axes.plot(
                [level["nominal"] for level in levels],
                [level["observed"] for level in levels],
                marker=MARKS[place % len(MARKS)],
                color=COLOURS[place % len(COLOURS)],
                lw=2.2 if place == 0 else 1,
                ms=5,
                label=name,
            )
        axes.set(xlim=(0, 1), ylim=(0, 1.02), aspect="equal")
        legend(axes, columns=2)

    first, levels = next(iter(shown.items()))
    near = min(levels, key=lambda level: abs(level["nominal"] - 0.6827))
    return Figure(
        "Whether errors mean what they say",
        Drawing(draw),
        "The reliability diagram: how many calibrators lie within an interval, against how many"
        f" should. Chance alone moves 95 of 100 points within the grey band ({n:,} stars).",
        "On the dashed line errors mean what they say; below it they are too small, above it too"
        " large.",
        f"Shares of calibrators within intervals, for {', '.join(shown)}; of {first},"
        f" {near['observed']:.0%} are within one standard error.",
    )


def _trend(rows: pl.DataFrame, column: str) -> Figure | None:
    if rows.height < FEWEST:
        return None
    name, scale, label = AGAINST[column]
    x, residual = rows[column].cast(pl.Float64).to_numpy(), rows["residual"].to_numpy()
    top = max(0.1, 1.15 * float(np.percentile(np.abs(residual), 98)))
    middles = _medians(x, residual)

    def draw(axes: Axes) -> None:
        axes.set(xlabel=label, ylabel="predicted − known (dex)", ylim=(-top, top), xscale=scale)
        if scale == "log":
            axes.xaxis.set_major_formatter(FuncFormatter(_plain))
            axes.xaxis.set_minor_formatter(FuncFormatter(_plain))
        else:
            axes.set_xlim(*span(rows[column].cast(pl.Float64)))
        by_kind(axes, rows, column, "residual")
        axes.axhline(0, color="#444444", ls="--", lw=1)
        if middles:
            places, medians, errors = zip(*middles, strict=True)
            look: dict[str, Any] = {"fmt": "D", "color": "black", "ms": 6, "mec": "white"}
            axes.errorbar(places, medians, errors, capsize=3, label="median", zorder=5, **look)
        legend(axes, columns=3)

    largest = max((abs(median) for _, median, _ in middles), default=0.0)
    return Figure(
        f"Residuals and {name}",
        Drawing(draw),
        f"Predicted less known [Fe/H] of the calibrators against the {name}; diamonds are medians"
        " of equal numbers of stars, with their standard errors."
        + outside(int((np.abs(residual) > top).sum())),
        "The medians should lie on the dashed line; a slope or a step means that values depend on"
        " what they should not.",
        f"Residuals of {rows.height:,} calibrators against the {name}; the medians of"
        f" {len(middles)} bins are within {largest:.2f} dex of zero.",
    )


def _plain(x: float, position: int | None) -> str:
    """Give the number at a tick of a logarithmic axis where there is room for it."""
    text = f"{x:g}"
    return text if text.lstrip("0.")[:1] in ("1", "2", "5") else ""


def _medians(x: Any, residual: Any) -> list[tuple[float, float, float]]:
    """Give place, median residual and its standard error in bins of equal numbers of stars."""
    bins = np.array_split(np.argsort(x, kind="stable"), min(STEPS, x.size // FEWEST))
    told = []
    for here in bins:
        middle = np.median(residual[here])
        # A median's standard error is 1.2533 times that of a mean; 1.4826 makes sigma of the MAD.
        scatter = 1.4826 * np.median(np.abs(residual[here] - middle))
        error = 1.2533 * scatter / np.sqrt(here.size)
        told.append((float(np.median(x[here])), float(middle), float(error)))
    return told
