"""Predicted against true metallicity, and the residuals, as SVG that is the same every time."""

import io
from collections.abc import Callable

import numpy as np
import polars as pl
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rrcat.evaluation.bins import bins
from rrcat.evaluation.metrics import Metrics, per_star

LOOK = {
    "svg.hashsalt": "rrcat",
    "svg.fonttype": "path",
    "font.size": 11,
    "axes.titlesize": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e4e4e4",
    "axes.axisbelow": True,
    "legend.frameon": False,
    "figure.constrained_layout.use": True,
}
REGULAR, MODULATED = ("#0072B2", "o"), ("#D55E00", "^")  # Okabe and Ito: any eye tells them apart
# Beyond this a drawing of every point as a shape is larger than a picture of them all.
POINTS_AS_SHAPES = 1_000
MARGIN = 0.15
NAMED = 3


def plots(
    predictions: pl.DataFrame, stars: pl.DataFrame, metrics: Metrics, *, title: str, scale: str
) -> dict[str, bytes]:
    """Give the plots of one estimator and pulsation type, by name; none without a value.

    A point is the mean of a star over the repeats.

    Parameters
    ----------
    predictions
        Out-of-fold predictions of one estimator for stars of one type.
    stars
        ``source_id``, ``archive_id``, ``name`` and ``blazhko`` of the calibrators.
    metrics
        What :func:`rrcat.evaluation.metrics.metrics` says of them.
    """
    points = per_star(predictions).join(stars, on="source_id", how="left", maintain_order="left")
    if points.is_empty():
        return {}
    told = (
        f"{title}\n{metrics['n']} of {metrics['n_asked']} stars, "
        f"RMSE {metrics['rmse']:.3f} dex, bias {metrics['bias']:+.3f} dex"
    )

    def against_true(axes: Axes) -> None:
        both = np.concatenate([points["feh_true"].to_numpy(), points["feh"].to_numpy()])
        low, high = float(both.min()) - MARGIN, float(both.max()) + MARGIN
        axes.plot([low, high], [low, high], color="#444444", linewidth=1)
        _scatter(axes, points, "feh_true", "feh")
        _name_the_farthest(axes, points, "feh_true", "feh")
        _legend(axes)
        axes.set(xlim=(low, high), ylim=(low, high), aspect="equal", title=told)
        axes.set_xlabel(f"true [Fe/H] ({scale}), dex")
        axes.set_ylabel("predicted [Fe/H], dex")

    def residuals(column: str, label: str) -> Callable[[Axes], None]:
        def draw(axes: Axes) -> None:
            axes.axhline(0, color="#444444", linewidth=1)
            _scatter(axes, points, column, "residual")
            _name_the_farthest(axes, points, column, "residual")
            _bin_means(axes, predictions, column)
            _legend(axes)
            axes.set(title=told, xlabel=f"{label} [Fe/H] ({scale}), dex")
            axes.set_ylabel("predicted − true, dex")

        return draw

    return {
        "predicted": svg(against_true, (5.6, 5.6)),
        "residuals-true": svg(residuals("feh_true", "true"), (6.4, 4.2)),
        "residuals-predicted": svg(residuals("feh", "predicted"), (6.4, 4.2)),
    }


def _scatter(axes: Axes, points: pl.DataFrame, x: str, y: str) -> None:
    modulated = points["blazhko"].fill_null(False)
    many = points.height > POINTS_AS_SHAPES
    for rows, label, (colour, marker) in (
        (points.filter(~modulated), "no known Blazhko effect", REGULAR),
        (points.filter(modulated), "Blazhko", MODULATED),
    ):
        if rows.height:
            axes.scatter(
                rows[x],
                rows[y],
                s=6 if many else 22,
                color=colour,
                marker=marker,
                alpha=0.35 if many else 0.75,
                linewidths=0,
                label=label,
                rasterized=many,
            )


def _legend(axes: Axes) -> None:
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=3, fontsize=9)


def _name_the_farthest(axes: Axes, points: pl.DataFrame, x: str, y: str) -> None:
    far = points.sort(pl.col("residual").abs(), "source_id", descending=[True, False]).head(NAMED)
    for row in far.iter_rows(named=True):
        names = row["name"] or row["archive_id"] or str(row["source_id"])
        axes.annotate(
            names.partition(";")[0].replace("_", " "),
            (row[x], row[y]),
            xytext=(5, 4),
            textcoords="offset points",
            fontsize=8,
        )


def _bin_means(axes: Axes, predictions: pl.DataFrame, column: str) -> None:
    told = [one for one in bins(predictions, column) if one["bias_error"] is not None]
    axes.errorbar(
        [(one["low"] + one["high"]) / 2 for one in told],
        [one["bias"] for one in told],
        yerr=[one["bias_error"] for one in told],
        fmt="s",
        color="#000000",
        markersize=5,
        capsize=3,
        label="mean in a bin",
    )


def svg(draw: Callable[[Axes], None], size: tuple[float, float]) -> bytes:
    """Give a drawing as SVG that is the same every time; `size` in inches."""
    content = io.BytesIO()
    with style.context(["default", LOOK]):
        canvas = Figure(figsize=size)
        draw(canvas.subplots())
        canvas.savefig(content, format="svg", metadata={"Date": None, "Creator": None}, dpi=200)
    return content.getvalue()
