"""What was learned, as SVG that is the same every time: chains, calibrators, relation."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy import stats

from rrcat.evaluation.plots import LOOK, REGULAR
from rrcat_stan.predictors import PERIOD
from rrcat_stan.relation import Relation, physical

FloatArray = NDArray[np.float64]

COLOUR = REGULAR[0]
LABELS = {
    "constant": "constant, dex",
    PERIOD: "slope in period, dex/d",
    "scatter": "scatter, dex",
    "error_scale": "true over stated errors",
    "freedom": "degrees of freedom",
    "share": "share of outliers",
    "excess": "scatter of outliers, dex",
}
BINS = 10
BAND = 0.95


def plots(relation: Relation, *, title: str, scale: str) -> dict[str, bytes]:
    """Give the plots of a relation, by name.

    ``trace``: the kept draws of each parameter, a colour a chain. ``posterior-predictive``: each
    calibrator as the others say, and where in its predicted distribution the measured [Fe/H] lies,
    which is evenly spread where errors are honest. ``relation``: [Fe/H] less all other terms
    against each predictor, with the line and the range of its draws.
    """
    return {
        "trace": _trace(relation, title),
        "posterior-predictive": _posterior_predictive(relation, title, scale),
        "relation": _relation(relation, title, scale),
    }


def _trace(relation: Relation, title: str) -> bytes:
    parameters = physical(relation.draws, relation.scaling, relation.terms)

    def draw(figure: Figure) -> None:
        panels = figure.subplots(len(parameters), 1, sharex=True, squeeze=False)[:, 0]
        for axes, (name, values) in zip(panels, parameters.items(), strict=True):
            for chain in np.unique(relation.chain):
                rows = np.flatnonzero(relation.chain == chain)
                axes.plot(np.arange(rows.size), values[rows], linewidth=0.8, color=f"C{chain % 10}")
            axes.set_ylabel(_label(name), fontsize=8)
        panels[0].set_title(f"{title}: kept draws, a colour a chain")
        panels[-1].set_xlabel("kept draw")

    return _svg(draw, (7.0, 1.3 * len(parameters) + 0.8))


def _posterior_predictive(relation: Relation, title: str, scale: str) -> bytes:
    stars = relation.calibrators
    told = relation.account["left_out"]

    def draw(figure: Figure) -> None:
        left, right = figure.subplots(1, 2)
        true, said = stars["feh"].to_numpy(), stars["left_out_feh"].to_numpy()
        low, high = min(true.min(), said.min()) - 0.15, max(true.max(), said.max()) + 0.15
        left.plot([low, high], [low, high], color="#444444", linewidth=1)
        left.errorbar(true, said, xerr=stars["feh_error"], fmt="o", markersize=4, color=COLOUR,
                      elinewidth=0.7)  # fmt: skip
        left.set(xlim=(low, high), ylim=(low, high), aspect="equal")
        left.set_xlabel(f"measured [Fe/H] ({scale}), dex")
        left.set_ylabel("[Fe/H] from the others, dex")
        left.set_title(f"{title}\n{stars.height} stars, RMSE {told['rmse']:.3f} dex")
        _even(right, stars["left_out_probability"].to_numpy())

    return _svg(draw, (10.0, 5.0))


def _even(axes: Axes, probability: FloatArray) -> None:
    n = probability.size
    edge = (1.0 - BAND) / 2.0
    low, high = (float(stats.binom.ppf(share, n, 1.0 / BINS)) for share in (edge, 1.0 - edge))
    axes.axhspan(low, high, color="#e4e4e4", label=f"{BAND:.0%} of even counts")
    axes.hist(probability, bins=BINS, range=(0.0, 1.0), color=COLOUR, alpha=0.75)
    axes.set(title="probability below the measured [Fe/H]", xlabel="probability")
    axes.set_ylabel("stars")
    axes.legend(fontsize=9)


def _relation(relation: Relation, title: str, scale: str) -> bytes:
    terms, stars = relation.terms, relation.calibrators
    lines = physical(relation.draws, relation.scaling, terms)
    slope = {name: float(lines[name].mean()) for name in terms.predictors}
    feh = stars["feh"].to_numpy()
    constant = float(lines["constant"].mean())

    def draw(figure: Figure) -> None:
        panels = figure.subplots(1, len(terms.predictors), squeeze=False)[0]
        for axes, name in zip(panels, terms.predictors, strict=True):
            x = stars[name].to_numpy()
            middle = {n: float(stars[n].to_numpy().mean()) for n in slope if n != name}
            others = [slope[other] * (stars[other].to_numpy() - middle[other]) for other in middle]
            rest = np.sum(others, axis=0) if others else np.zeros(x.size)
            errors = stars[f"{name}_error"] if name != PERIOD else None
            axes.errorbar(x, feh - rest, xerr=errors, yerr=stars["feh_error"], fmt="o",
                          markersize=4, color=COLOUR, elinewidth=0.6, alpha=0.75)  # fmt: skip
            grid = np.linspace(x.min(), x.max(), 50)
            # At the mean of the other predictors, for each draw.
            level = lines["constant"] + sum(lines[other] * middle[other] for other in middle)
            drawn = level[:, np.newaxis] + lines[name][:, np.newaxis] * grid
            low, high = np.quantile(drawn, [(1.0 - BAND) / 2.0, (1.0 + BAND) / 2.0], axis=0)
            axes.fill_between(grid, low, high, color="#bbbbbb", alpha=0.6)
            at = constant + sum(slope[other] * middle[other] for other in middle)
            axes.plot(grid, at + slope[name] * grid, color="#000000", linewidth=1)
            axes.set_xlabel(f"{name}, {_unit(name)}")
        panels[0].set_ylabel(f"[Fe/H] ({scale}) less the other terms, dex")
        panels[0].set_title(title)

    return _svg(draw, (4.6 * len(terms.predictors), 4.4))


def _label(name: str) -> str:
    return LABELS.get(name) or f"slope in {name}, dex/{_unit(name)}"


def _unit(name: str) -> str:
    return "d" if name == PERIOD else "rad" if name.startswith("phi") else "mag"


def _svg(draw: Callable[[Figure], None], size: tuple[float, float]) -> bytes:
    content = io.BytesIO()
    with style.context(["default", LOOK]):
        figure = Figure(figsize=size)
        draw(figure)
        figure.savefig(content, format="svg", metadata={"Date": None, "Creator": None})
    return content.getvalue()
