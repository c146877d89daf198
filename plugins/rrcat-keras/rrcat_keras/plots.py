"""How learning went, as SVG that is the same every time."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rrcat.evaluation.plots import LOOK, REGULAR
from rrcat_keras.learning import Account
from rrcat_keras.training import History

_COLOUR = REGULAR[0]
_MARGIN = 0.15
# Beyond this a drawing of every point as a shape is larger than a picture of them all.
_POINTS_AS_SHAPES = 1_000


def plots(account: Account, *, title: str, scale: str) -> dict[str, bytes]:
    """Give the plots of the networks of one pulsation type, by name.

    ``learning-curve``: loss, score and RMSE of the stars left out by epoch, a line a network, with
    the epoch that is kept. ``left-out``: predicted against true [Fe/H] of stars left out.
    """
    return {
        "learning-curve": _learning_curve(account.histories, title),
        "left-out": _left_out(account, title, scale),
    }


def _learning_curve(histories: tuple[History, ...], title: str) -> bytes:
    def draw(figure: Figure) -> None:
        learned, scored, missed = figure.subplots(3, 1, sharex=True)
        for place, history in enumerate(histories):
            epochs, colour = np.arange(1, history.epochs + 1), f"C{place % 10}"
            for axes, values in (
                (learned, history.loss),
                (scored, history.score),
                (missed, history.rmse),
            ):
                axes.plot(epochs, values, linewidth=0.9, color=colour)
                axes.plot(history.best + 1, values[history.best], "o", markersize=4, color=colour)
        learned.set(title=f"{title}: a line a network, a dot the epoch that is kept")
        learned.set_ylabel("loss")
        scored.set_ylabel("score, left out")
        missed.set(ylabel="RMSE, left out, dex", xlabel="epoch")

    return _svg(draw, (7.0, 7.0))


def _left_out(account: Account, title: str, scale: str) -> bytes:
    stars = account.left_out
    true, said = stars["feh"].to_numpy(), stars["predicted"].to_numpy()
    errors = stars["predicted_error"].to_numpy()
    rmse = float(np.sqrt(np.mean((said - true) ** 2)))
    within = float(np.mean(np.abs(said - true) <= errors))

    def draw(figure: Figure) -> None:
        axes: Axes = figure.subplots()
        low, high = min(true.min(), said.min()) - _MARGIN, max(true.max(), said.max()) + _MARGIN
        axes.plot([low, high], [low, high], color="#444444", linewidth=1)
        axes.errorbar(
            true, said, yerr=errors, fmt="o", markersize=3, color=_COLOUR, elinewidth=0.4,
            alpha=0.6, rasterized=stars.height > _POINTS_AS_SHAPES,
        )  # fmt: skip
        axes.set(xlim=(low, high), ylim=(low, high), aspect="equal")
        axes.set_xlabel(f"true [Fe/H] ({scale}), dex")
        axes.set_ylabel("[Fe/H] from networks that left the star out, dex")
        axes.set_title(
            f"{title}\n{stars.height} stars, RMSE {rmse:.3f} dex, {within:.0%} within their error"
        )

    return _svg(draw, (5.5, 5.8))


def _svg(draw: Callable[[Figure], None], size: tuple[float, float]) -> bytes:
    content = io.BytesIO()
    with style.context(["default", LOOK]):
        figure = Figure(figsize=size)
        draw(figure)
        figure.savefig(content, format="svg", metadata={"Date": None, "Creator": None})
    return content.getvalue()
