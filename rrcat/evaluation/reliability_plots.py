"""Reliability diagrams: observed against promised shares of stars, as SVG."""

from typing import Any

from matplotlib.axes import Axes

from rrcat.evaluation.metrics import NORMAL_95
from rrcat.evaluation.plots import MODULATED, REGULAR, svg

NAMES = {"mag": "magnitude", "phi31_error": "error of φ31"}
PROMISED = {"coverage_68": (0.6827, *REGULAR), "coverage_95": (0.95, *MODULATED)}


def reliability_plot(told: dict[str, Any], *, title: str) -> bytes:
    """Give the diagram of one estimator and pulsation type.

    Parameters
    ----------
    told
        As of :func:`rrcat.evaluation.reliability.reliability`, of one star at least.
    """

    def draw(axes: Axes) -> None:
        nominal = [one["nominal"] for one in told["levels"]]
        spread = [NORMAL_95 * (p * (1 - p) / told["n"]) ** 0.5 for p in nominal]
        axes.fill_between(
            nominal,
            [p - s for p, s in zip(nominal, spread, strict=True)],
            [p + s for p, s in zip(nominal, spread, strict=True)],
            color="#dddddd",
            label=f"95 % of samples of {told['n']} stars",
        )
        axes.plot([0, 1], [0, 1], color="#444444", linewidth=1)
        observed = [one["observed"] for one in told["levels"]]
        axes.plot(nominal, observed, color="#000000", marker="s", markersize=4, label="all stars")
        for (name, thirds), shift in zip(told["thirds"].items(), (-0.012, 0.012), strict=True):
            for key, (promised, colour, marker) in PROMISED.items():
                if thirds is None:
                    continue
                axes.plot(
                    [promised + shift] * 3,
                    [third[key] for third in thirds],
                    linestyle="none",
                    marker=marker if shift < 0 else "x",
                    markersize=5,
                    color=colour,
                    label=f"thirds of {NAMES[name]}" if key == "coverage_68" else None,
                )
        axes.legend(loc="upper left", fontsize=9)
        axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal", title=title)
        axes.set_xlabel("share of stars promised")
        axes.set_ylabel("share of stars observed")

    return svg(draw, (5.6, 5.6))
