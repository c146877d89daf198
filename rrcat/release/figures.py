"""The figures of the report, as SVG that is the same every time.

Colours are Okabe and Ito's, and cividis where a colour is a number: both can be told apart with
any colour vision, and types differ in their marker too.
"""

import base64
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import FuncFormatter, MaxNLocator

OTHER = "other or unknown"
KINDS = {
    "RRab": ("#0072B2", "o"),
    "RRc": ("#D55E00", "^"),
    "RRd": ("#009E73", "s"),
    OTHER: ("#777777", "D"),
}
LOOK = {
    "svg.hashsalt": "rrcat",
    "svg.fonttype": "path",
    "font.size": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#444444",
    "axes.grid": True,
    "grid.color": "#e4e4e4",
    "axes.axisbelow": True,
    "legend.frameon": False,
    "figure.constrained_layout.use": True,
}
SIZE = (6.4, 4.4)
# Beyond this a drawing of every point as a shape is larger than a picture of them all.
POINTS_AS_SHAPES = 2_000
BIN = 0.1
WIDE_FIELD = 60.0
# Right ascension in the middle of a map of the whole sky: neither its edge, at 120 degrees, nor the
# seam of most maps, at 0 or 180, cuts the Galactic bulge or the Magellanic Clouds.
MIDDLE = 300


@dataclass(frozen=True)
class Figure:
    """A figure as a data URI, its title and caption, and words for those who cannot see it."""

    title: str
    source: str
    caption: str
    alt: str


def figures(frame: pl.DataFrame, scale: str) -> list[Figure]:
    """Give the figures for which the catalogue has values."""
    known = pl.col("pulsation_type").is_in(list(KINDS))
    rows = frame.with_columns(kind=pl.when(known).then("pulsation_type").otherwise(pl.lit(OTHER)))
    drawn = (_histogram(rows, scale), _bailey(rows), _errors(rows), _sky(rows))
    return [figure for figure in drawn if figure is not None]


def _histogram(frame: pl.DataFrame, scale: str) -> Figure | None:
    feh = frame["feh"].drop_nulls().to_numpy()
    if not feh.size:
        return None
    low, high = np.percentile(feh, [0.5, 99.5])
    edges = np.arange(np.floor(low / BIN) * BIN - BIN, high + 2 * BIN, BIN)

    def draw(axes: Axes) -> None:
        for kind, (colour, _) in KINDS.items():
            of_kind = frame.filter(pl.col("kind") == kind)["feh"].drop_nulls()
            if len(of_kind):
                label = f"{kind} ({len(of_kind):,})"
                axes.hist(of_kind, edges.tolist(), histtype="stepfilled", color=colour, alpha=0.25)
                axes.hist(
                    of_kind, edges.tolist(), histtype="step", color=colour, lw=1.6, label=label
                )
        axes.set(xlabel=f"[Fe/H] on the scale {scale} (dex)", ylabel="stars in 0.1 dex")
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
        _legend(axes)

    return Figure(
        "Metallicities",
        _image(draw),
        "How the metallicities are distributed, by pulsation type."
        + _outside(int(((feh < edges[0]) | (feh > edges[-1])).sum())),
        f"Histogram of {feh.size:,} metallicities; the median is {np.median(feh):.2f} dex and"
        f" 98 % lie between {np.percentile(feh, 1):.2f} and {np.percentile(feh, 99):.2f} dex.",
    )


def _bailey(frame: pl.DataFrame) -> Figure | None:
    measure = next((name for name in ("peak_to_peak", "a1") if frame[name].count()), None)
    if measure is None:
        return None
    words = {"peak_to_peak": "peak-to-peak amplitude", "a1": "amplitude of the first harmonic"}
    rows = frame.drop_nulls(["period", measure, "feh"])
    if rows.is_empty():
        return None
    limits, outside = _window(rows["period"], rows[measure])
    shade = rows["feh"].quantile(0.02), rows["feh"].quantile(0.98)

    def draw(axes: Axes) -> None:
        for kind, (_, marker) in KINDS.items():
            of_kind = rows.filter(pl.col("kind") == kind)
            if of_kind.height:
                points = axes.scatter(
                    of_kind["period"],
                    of_kind[measure],
                    c=of_kind["feh"],
                    marker=marker,
                    cmap="cividis",
                    vmin=shade[0],
                    vmax=shade[1],
                    label=f"{kind} ({of_kind.height:,})",
                    **_points(rows.height),
                )
        axes.set(xlabel="period (d)", ylabel=f"{words[measure]} (mag)", **limits)
        axes.figure.colorbar(points, ax=axes, label="[Fe/H] (dex)", extend="both")
        _legend(axes, "#444444")

    return Figure(
        "Period and amplitude",
        _image(draw),
        f"The Bailey diagram: period against {words[measure]}, coloured by metallicity." + outside,
        f"Scatter of {words[measure]} against period for {rows.height:,} stars with a"
        f" metallicity; the median period is {np.median(rows['period']):.2f} days.",
    )


def _errors(frame: pl.DataFrame) -> Figure | None:
    rows = frame.drop_nulls(["feh", "feh_error"])
    if rows.is_empty():
        return None
    limits, outside = _window(rows["feh"], rows["feh_error"])

    def draw(axes: Axes) -> None:
        for kind, (colour, marker) in KINDS.items():
            of_kind = rows.filter(pl.col("kind") == kind)
            if of_kind.height:
                axes.scatter(
                    of_kind["feh"],
                    of_kind["feh_error"],
                    color=colour,
                    marker=marker,
                    label=kind,
                    **_points(rows.height),
                )
        axes.set(xlabel="[Fe/H] (dex)", ylabel="standard error of [Fe/H] (dex)", **limits)
        _legend(axes)

    return Figure(
        "How certain the metallicities are",
        _image(draw),
        f"Standard error against metallicity.{outside}",
        f"Scatter of standard error against metallicity for {rows.height:,} stars; the median"
        f" error is {np.median(rows['feh_error']):.2f} dex.",
    )


def _sky(frame: pl.DataFrame) -> Figure | None:
    rows = frame.drop_nulls(["ra", "dec"])
    if rows.is_empty():
        return None
    ra, dec = np.radians(rows["ra"].to_numpy()), np.radians(rows["dec"].to_numpy())
    centre = np.arctan2(np.sin(ra).sum(), np.cos(ra).sum())
    offset = (ra - centre + np.pi) % (2 * np.pi) - np.pi
    across = np.degrees(np.ptp(offset) * np.cos(np.median(dec)))
    there = rows["feh"].is_not_null().to_numpy()
    wide = max(across, np.degrees(np.ptp(dec))) > WIDE_FIELD

    def draw(axes: Axes) -> None:
        for chosen, colour, label in (
            (~there, "#999999", "without a metallicity"),
            (there, "#0072B2", "with a metallicity"),
        ):
            if not chosen.any():
                continue
            if wide:
                # The sky is seen from inside: right ascension grows to the left.
                turned = ra[chosen] - np.radians(MIDDLE)
                x, y = -((turned + np.pi) % (2 * np.pi) - np.pi), dec[chosen]
            else:
                x, y = np.degrees(centre + offset[chosen]), np.degrees(dec[chosen])
            label = f"{label} ({int(chosen.sum()):,})"
            axes.scatter(x, y, color=colour, label=label, **_points(len(ra)))
        if wide:
            ticks = np.arange(-120, 121, 60)
            axes.set_xticks(np.radians(ticks), [f"{(MIDDLE - tick) % 360}°" for tick in ticks])
        else:
            axes.invert_xaxis()
            axes.xaxis.set_major_formatter(FuncFormatter(_right_ascension))
            axes.set_aspect(1 / np.cos(np.median(dec)))
            axes.set(xlabel="right ascension (deg)", ylabel="declination (deg)")
        _legend(axes)

    return Figure(
        "On the sky",
        _image(draw, projection="mollweide" if wide else None),
        "Where the stars are, in right ascension and declination.",
        f"Map of {len(ra):,} positions, from declination {np.degrees(dec.min()):.1f} to"
        f" {np.degrees(dec.max()):.1f} degrees.",
    )


def _right_ascension(x: float, position: int | None) -> str:
    """Give a right ascension, in degrees, where a field may reach over 0 or 360."""
    return f"{round(x % 360, 6) % 360:g}"


def _window(x: pl.Series, y: pl.Series) -> tuple[dict[str, Any], str]:
    """Give limits that a few wild values do not stretch, and a sentence on what they leave out."""
    left, right = _span(x)
    top = 1.1 * float(np.percentile(y.to_numpy(), 98)) or 1.0
    outside = int((~x.is_between(left, right) | ~y.is_between(0, top)).sum())
    return {"xlim": (left, right), "ylim": (0, top)}, _outside(outside)


def _outside(n: int) -> str:
    if not n:
        return ""
    return f" {n:,} {'star lies' if n == 1 else 'stars lie'} outside the figure."


def _legend(axes: Axes, colour: str | None = None) -> None:
    """Put the legend above the axes, where it hides nothing, with markers large enough to see."""
    place: dict[str, Any] = {
        "loc": "lower left",
        "bbox_to_anchor": (0, 1),
        "ncols": 3,
        "borderaxespad": 0.2,
    }
    for handle in axes.legend(**place).legend_handles:
        if isinstance(handle, PathCollection):
            handle.set(sizes=[36], alpha=1)
            if colour:
                handle.set(array=None, color=colour)


def _points(n: int) -> dict[str, Any]:
    """Give size and strength of points that stay readable for a few stars and for many."""
    size = float(np.clip(4000 / n, 2, 32))
    return {"s": size, "linewidths": 0, "alpha": 0.8, "rasterized": n > POINTS_AS_SHAPES}


def _span(cells: pl.Series) -> tuple[float, float]:
    low, high = np.percentile(cells.to_numpy(), [0.25, 99.75])
    margin = 0.05 * (high - low) or 0.1
    return float(low - margin), float(high + margin)


def _image(draw: Callable[[Axes], None], projection: str | None = None) -> str:
    # "default" comes first, so that nobody's matplotlibrc enters a release.
    with style.context(["default", LOOK]):
        canvas = Canvas(figsize=SIZE, dpi=150)
        draw(canvas.add_subplot(projection=projection))
        content = io.BytesIO()
        canvas.savefig(content, format="svg", metadata={"Date": None, "Creator": None})
    return "data:image/svg+xml;base64," + base64.b64encode(content.getvalue()).decode()
