"""Positions on the sky: the whole of it as an oval, or a field of it."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter
from numpy.typing import NDArray

from rrcat.release.figures_drawing import SIZE, span

WIDE_FIELD = 60.0
# Right ascension in the middle of a map of the whole sky: neither its edge, at 120 degrees, nor the
# seam of most maps, at 0 or 180, cuts the Galactic bulge or the Magellanic Clouds.
MIDDLE = 300
OVAL = (4.8, 3.0)


@dataclass
class Sky:
    """A map that shows some positions ``(n,)`` [deg] whole."""

    ra: NDArray[np.float64]
    dec: NDArray[np.float64]
    wide: bool = field(init=False)

    def __post_init__(self) -> None:
        self.ra, self.dec = np.radians(self.ra), np.radians(self.dec)
        self._centre = np.arctan2(np.sin(self.ra).sum(), np.cos(self.ra).sum())
        self._offset = (self.ra - self._centre + np.pi) % (2 * np.pi) - np.pi
        across = np.degrees(np.ptp(self._offset) * np.cos(np.median(self.dec)))
        self.wide = bool(max(across, np.degrees(np.ptp(self.dec))) > WIDE_FIELD)

    @property
    def projection(self) -> str | None:
        """The projection of the axes, as matplotlib names it."""
        return "mollweide" if self.wide else None

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the figure, in inches."""
        return OVAL if self.wide else SIZE

    def on(self, axes: Axes) -> tuple[Any, Any]:
        """Set up axes of the projection, and give where the positions are in them ``(n,)``."""
        if self.wide:
            # The sky is seen from inside: right ascension grows to the left.
            turned = self.ra - np.radians(MIDDLE)
            x, y = -((turned + np.pi) % (2 * np.pi) - np.pi), self.dec
            ticks = np.arange(-120, 121, 60)
            axes.set_xticks(np.radians(ticks), [f"{(MIDDLE - tick) % 360}°" for tick in ticks])
        else:
            x, y = np.degrees(self._centre + self._offset), np.degrees(self.dec)
            axes.set(xlabel="right ascension (deg)", ylabel="declination (deg)")
            axes.xaxis.set_major_formatter(FuncFormatter(_right_ascension))
            axes.set_aspect(1 / np.cos(np.median(self.dec)))
            axes.set(xlim=span(pl.Series(x))[::-1], ylim=span(pl.Series(y)))
        axes.tick_params(labelsize=9)
        return x, y


def _right_ascension(x: float, position: int | None) -> str:
    """Give a right ascension, in degrees, where a field may reach over 0 or 360."""
    return f"{round(x % 360, 6) % 360:g}"
