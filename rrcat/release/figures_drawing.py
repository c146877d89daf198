"""How a figure is drawn: its look, its limits, and SVG and PDF that are the same every time.

Colours are Okabe and Ito's, and cividis where a colour is a number: both can be told apart with
any colour vision, and types differ in their marker too.
"""

import base64
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import polars as pl
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure as Canvas

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
    "pdf.fonttype": 42,  # journals refuse the other one, Type 3
    "font.size": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#444444",
    "axes.grid": True,
    "grid.color": "#e4e4e4",
    "axes.axisbelow": True,
    "legend.frameon": False,
    "legend.fontsize": 10,
    "legend.columnspacing": 1.2,
    "legend.handletextpad": 0.4,
    "figure.constrained_layout.use": True,
}
# Small, so that its letters can still be read where a phone makes it smaller.
SIZE = (4.8, 3.6)
DOTS = {"svg": 150, "pdf": 300}
"""Dots to an inch of what is drawn as a picture; in print they are seen more closely."""

# Beyond this a drawing of every point as a shape is larger than a picture of them all.
POINTS_AS_SHAPES = 2_000
# Beyond this points hide each other, and how many there are is drawn instead.
DENSE = 20_000
CELLS = 70


# What matplotlib would write of itself and of the hour.
NO_METADATA: dict[str, dict[str, None]] = {
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}


@dataclass(frozen=True, eq=False)
class Drawing:
    """What ``draw`` puts into empty axes of a projection; ``size`` is in inches."""

    draw: Callable[[Axes], None]
    projection: str | None = None
    size: tuple[float, float] = SIZE

    def image(self, form: Literal["svg", "pdf"]) -> bytes:
        """Give it in a format."""
        # "default" comes first, so that nobody's matplotlibrc enters a release.
        with style.context(["default", LOOK]):
            canvas = Canvas(figsize=self.size, dpi=DOTS[form])
            self.draw(canvas.add_subplot(projection=self.projection))
            content = io.BytesIO()
            canvas.savefig(content, format=form, metadata=NO_METADATA[form])
        return content.getvalue()


@dataclass(frozen=True, eq=False)
class Figure:
    """A figure: title, drawing, and words.

    ``caption`` says what is shown, ``judged`` how it should look and what would be a bad sign, and
    ``alt`` tells in numbers what is seen. One that is ``on_paper`` stays on white paper on a dark
    page: its colours are numbers, and would not be seen on a dark ground.
    """

    title: str
    drawing: Drawing
    caption: str
    judged: str
    alt: str
    on_paper: bool = False

    @property
    def source(self) -> str:
        """The figure as data URI of SVG."""
        encoded = base64.b64encode(self.drawing.image("svg")).decode()
        return f"data:image/svg+xml;base64,{encoded}"

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in CSS pixels."""
        width, height = self.drawing.size
        return round(100 * width), round(100 * height)

    def drawn(self) -> "Picture":
        """Give the figure drawn, which holds no rows any more."""
        told = {name: getattr(self, name) for name in Picture._fields}
        return Picture(**told)


class Picture(NamedTuple):
    """A :class:`Figure` for a page, as it is when drawn."""

    title: str
    source: str
    size: tuple[int, int]
    caption: str
    judged: str
    alt: str
    on_paper: bool


def with_kind(frame: pl.DataFrame) -> pl.DataFrame:
    """Give the rows with ``kind``, one of :data:`KINDS`, of their ``pulsation_type``."""
    known = pl.col("pulsation_type").is_in(list(KINDS))
    kind = pl.when(known).then("pulsation_type").otherwise(pl.lit(OTHER))
    return frame.with_columns(kind=kind.cast(pl.Enum(list(KINDS))))  # a byte a star


def by_kind(axes: Axes, rows: pl.DataFrame, x: str, y: str) -> None:
    """Draw points of each type in its colour and marker, or how many there are where many."""
    if rows.height > DENSE:
        density(axes, rows[x].to_numpy(), rows[y].to_numpy())
        return
    for kind, (colour, marker) in KINDS.items():
        some = rows.filter(pl.col("kind") == kind)
        if some.height:
            label = f"{kind} ({some.height:,})"
            look = points(rows.height)
            axes.scatter(some[x], some[y], color=colour, marker=marker, label=label, **look)


def density(axes: Axes, x: Any, y: Any, values: Any = None) -> Any:
    """Draw how many points lie in each cell, or the median of ``values`` there.

    What is outside the limits of the axes is left out, so that cells are as small as they can be.
    """
    extent = (*axes.get_xlim(), *axes.get_ylim())
    inside = (extent[0] <= x) & (x <= extent[1]) & (extent[2] <= y) & (y <= extent[3])
    median = {} if values is None else {"C": values[inside], "reduce_C_function": np.median}
    cells = axes.hexbin(
        x[inside],
        y[inside],
        gridsize=CELLS,
        extent=extent,
        mincnt=1,
        cmap="cividis" if values is not None else "cividis_r",
        bins="log" if values is None else None,
        linewidths=0.1,
        rasterized=True,
        **median,
    )
    if values is None:
        axes.figure.colorbar(cells, ax=axes, label="stars in a cell")
    return cells


def points(n: int) -> dict[str, Any]:
    """Give size and strength of points that stay readable for a few stars and for many."""
    size = float(np.clip(8000 / n, 2.5, 26))
    return {"s": size, "linewidths": 0, "alpha": 0.8, "rasterized": n > POINTS_AS_SHAPES}


def legend(axes: Axes, colour: str | None = None, columns: int = 3) -> None:
    """Put the legend above the axes, where it hides nothing, with markers large enough to see."""
    if not axes.get_legend_handles_labels()[0]:
        return
    place: dict[str, Any] = {
        "loc": "lower left",
        "bbox_to_anchor": (0, 1),
        "ncols": columns,
        "borderaxespad": 0.2,
    }
    for handle in axes.legend(**place).legend_handles:
        if isinstance(handle, PathCollection):
            handle.set(sizes=[36], alpha=1)
            if colour:
                handle.set(array=None, color=colour)


def window(x: pl.Series, y: pl.Series) -> tuple[dict[str, Any], str]:
    """Give limits that a few wild values do not stretch, and a sentence on what they leave out."""
    left, right = span(x)
    top = 1.1 * float(np.percentile(y.to_numpy(), 98)) or 1.0
    beyond = int((~x.is_between(left, right) | ~y.is_between(0, top)).sum())
    return {"xlim": (left, right), "ylim": (0, top)}, outside(beyond)


def span(cells: pl.Series) -> tuple[float, float]:
    """Give limits that hold nearly all values, with a margin."""
    low, high = np.percentile(cells.to_numpy(), [0.25, 99.75])
    # What differs by rounding alone is one value, and gives no axis.
    one = high - low <= 1e-9 * max(1.0, abs(low), abs(high))
    margin = 0.1 if one else 0.05 * (high - low)
    return float(low - margin), float(high + margin)


def outside(n: int) -> str:
    """Give the sentence that says how many stars a figure leaves out; empty for none."""
    if not n:
        return ""
    return f" {n:,} {'star lies' if n == 1 else 'stars lie'} outside the figure."
