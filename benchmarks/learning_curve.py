"""How the error of an estimator falls with the number of stars that it learns from.

    python benchmarks/learning_curve.py [--quick] [--folds N] [--workers N] [--output DIR] ...
    tox run -e bench -- learning_curve

The stars of a recipe (by default `catalogues/ogle-gaia-g/networks.toml`) are cut into the folds of
its evaluation. Each fold is predicted by models that learned from 250, 500, 1,000 and 2,000 of the
other stars; the fewer are always among the more. `fourier-xgboost` learns beside the estimators of
the recipe.

A full run takes hours. Every model is kept as a bundle in the output folder, so that an interrupted
run goes on when it is started again, the model under way from its last epoch; `robustness.py` goes
on from the same models. With `--quick` networks learn for two epochs, to see that all works.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import Any

from _study import LOOKS, Learning, Settings, kept, rmse_cell, settings, study, write
from matplotlib.axes import Axes

from rrcat.evaluation.metrics import metrics
from rrcat.evaluation.plots import svg


def measure(wanted: Settings) -> dict[str, Any]:
    """Give the metrics of each estimator for each number of stars; learn what is not learned."""
    with study(wanted) as place:
        units = [
            Learning(section.id, number, fold)
            for fold in range(wanted.folds)
            for number in sorted(wanted.numbers, reverse=True)  # the long ones first
            for section in place.sections
        ]
        found = kept(place, units, place.folder / "parts" / "learning_curve", wanted.workers)
        return {
            "recipe": wanted.recipe.name,
            "folds_tested": wanted.folds,
            "folds": place.recipe.evaluation.folds,
            "estimators": {
                section.id: {
                    str(number): metrics(
                        found.filter(estimator=section.id, n_stars=number),
                        seed=place.recipe.evaluation.seed,
                    )
                    for number in wanted.numbers
                }
                for section in place.sections
            },
        }


def table(told: dict[str, Any]) -> str:
    """Give the RMSE [dex] by number of stars, as Markdown."""
    ids = list(told["estimators"])
    head = " | ".join(f"`{id}`" for id in ids)
    lines = [f"| stars learned from | {head} |", "|---" * (1 + len(ids)) + "|"]
    for number in next(iter(told["estimators"].values())):
        cells = (rmse_cell(told["estimators"][id][number]) for id in ids)
        lines.append(f"| {int(number):,} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def draw(told: dict[str, Any], axes: Axes) -> None:
    """Draw the RMSE against the number of stars."""
    for id, by_number in told["estimators"].items():
        colour, marker = LOOKS[id]
        axes.errorbar(
            [int(number) for number in by_number],
            [one["rmse"] for one in by_number.values()],
            yerr=[one["rmse_error"] for one in by_number.values()],
            color=colour,
            marker=marker,
            capsize=3,
            label=id,
        )
    numbers = [int(number) for number in by_number]
    axes.set_xscale("log")
    axes.set_xticks(numbers, [f"{number:,}" for number in numbers])
    axes.minorticks_off()
    axes.set(xlabel="stars learned from", ylabel="RMSE of stars left out, dex")
    axes.legend()


def main(arguments: Sequence[str]) -> dict[str, Any]:
    wanted = settings(arguments, __doc__)
    told = measure(wanted)
    figure = svg(lambda axes: draw(told, axes), (6.4, 4.2))
    write(wanted.report, "learning_curve", told, table(told), {"learning_curve": figure})
    return told


def rows() -> Iterator[Any]:
    from run import NotMeasured, Row

    wanted = settings([], None)
    if not wanted.data.is_dir():
        raise NotMeasured(f"there is no {wanted.data}")
    for id, by_number in main([])["estimators"].items():
        for number, one in by_number.items():
            yield Row(f"{id}, RMSE after {int(number):,} stars", f"{rmse_cell(one)} dex")


if __name__ == "__main__":
    main(sys.argv[1:])
