"""Score against number of features, and how often each feature is chosen, as SVG."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from rrcat.evaluation.nested import FOR_ESTIMATORS, RELATION
from rrcat.evaluation.plots import svg

# Okabe and Ito: any eye tells them apart. The marker says the same once more.
LOOKS = {
    "f-test": ("#E69F00", "s"),
    "mutual-information": ("#009E73", "D"),
    "forward": ("#0072B2", "o"),
    "backward": ("#D55E00", "^"),
}
OF_ESTIMATORS = ("#CC79A7", "#000000", "#56B4E9", "#F0E442")


def selection_plots(told: dict[str, Any], *, title: str) -> dict[str, bytes]:
    """Give the plots ``score`` and ``stability`` of one pulsation type.

    Parameters
    ----------
    told
        As :func:`rrcat.evaluation.selection_report.selection_report` gives.
    """
    return {
        "score": svg(lambda axes: _score(axes, told, title), (8.4, 4.8)),
        "stability": svg(lambda axes: _stability(axes, told, title), (7.2, 3.4)),
    }


def _score(axes: Axes, told: dict[str, Any], title: str) -> None:
    of_relation = told["models"][RELATION]
    for method, one in of_relation.items():
        colour, marker = LOOKS[method]
        _curve(axes, one, colour, marker, label=method, bars=method == "forward")
    others = {id: of for id, of in told["models"].items() if id != RELATION}
    for (id, methods), colour in zip(others.items(), OF_ESTIMATORS * len(others), strict=False):
        label = f"{FOR_ESTIMATORS}, {id}"
        _curve(axes, methods[FOR_ESTIMATORS], colour, "*", label=label, bars=True)
    forward = of_relation["forward"]
    axes.plot(
        [score["n_features"] for score in forward["scores"]],
        [score["rmse_seen"] for score in forward["scores"]],
        color=LOOKS["forward"][0],
        linestyle=":",
        linewidth=1.2,
        label="forward, as it sees itself",
    )
    axes.plot([], [], "o", color="#444444", markersize=11, fillstyle="none", label="chosen")
    labels = [f"{number}  {name}" for number, name in enumerate(forward["order"], start=1)]
    _name_columns(axes, labels, first=1)
    axes.set(title=title, ylabel="RMSE of stars left out, dex")
    axes.set_xlabel("number of features, with the order of forward selection")
    axes.legend(fontsize=9, loc="upper left", bbox_to_anchor=(1.0, 1.0))


def _curve(
    axes: Axes, one: dict[str, Any], colour: str, marker: str, *, label: str, bars: bool
) -> None:
    scores = [score for score in one["scores"] if score["rmse"] is not None]
    axes.errorbar(
        [score["n_features"] for score in scores],
        [score["rmse"] for score in scores],
        yerr=[score["rmse_error"] or 0.0 for score in scores] if bars else None,
        color=colour,
        marker=marker,
        markersize=5,
        linewidth=1.4,
        elinewidth=0.8,
        capsize=3,
        label=label,
    )
    for score in scores:
        if score["n_features"] == one["number"]:
            axes.plot(
                score["n_features"], score["rmse"], "o", color=colour, ms=11, fillstyle="none"
            )


def _name_columns(axes: Axes, labels: list[str], *, first: int) -> None:
    places = range(first, first + len(labels))
    axes.set_xticks(places, labels, rotation=40, ha="right", rotation_mode="anchor", fontsize=9)


def _stability(axes: Axes, told: dict[str, Any], title: str) -> None:
    methods = told["models"][RELATION]
    names = methods["forward"]["order"]
    by_method = [
        {each["feature"]: each["in_resamples"] for each in one["features"]}
        for one in methods.values()
    ]
    share = np.array([[shares[name] for name in names] for shares in by_method])
    axes.imshow(share, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for row, column in np.ndindex(share.shape):
        axes.text(
            column,
            row,
            f"{100 * share[row, column]:.0f}",
            ha="center",
            va="center",
            fontsize=9,
            color="#ffffff" if share[row, column] > 0.6 else "#000000",
        )
    _name_columns(axes, names, first=0)
    axes.set_yticks(range(len(methods)), list(methods), fontsize=9)
    axes.grid(visible=False)
    axes.set(title=f"{title}\nchosen in per cent of the resamples")
