"""``rrcat evaluate``."""

import json
from collections.abc import Iterator
from typing import Any

import click

from rrcat.cli.options import common

COLUMNS = {
    "n_asked": "asked",
    "n": "n",
    "rmse": "RMSE",
    "rmse_error": "±",
    "mae": "MAE",
    "r2": "R²",
    "bias": "bias",
    "slope": "slope",
    "coverage_68": "in 68 %",
    "coverage_95": "in 95 %",
}
NAME, CELL = 26, 8


@click.command()
@common
def evaluate(as_json: bool, **request: Any) -> None:
    """Test the estimators of RECIPE on calibrators that they have not seen.

    Leaves evaluation.json, predictions.parquet, sample.csv and plots in OUTPUT.
    """
    from rrcat.run.evaluate import evaluate_estimators
    from rrcat.run.workspace import Request

    summary = evaluate_estimators(Request(**request))
    if as_json:
        click.echo(json.dumps(summary.as_dict(), sort_keys=True))
        return
    told = summary.report
    cuts = "" if told["scheme"] == "leave-one-out" else f", {told['folds']} folds"
    repeats = f" x {told['repeats']}" if told["repeats"] > 1 else ""
    click.echo(
        f"{summary.name}: {summary.n_calibrators:,} calibrators, {told['scheme']}{cuts}{repeats}, "
        f"scale {told['scale']} ({summary.seconds:.1f} s)\n"
    )
    for line in (*_table(told), "", *_sentences(told)):
        click.echo(line)
    click.echo(f"\nMore is in {summary.output}: evaluation.json, sample.csv, plots")


def _table(told: dict[str, Any]) -> Iterator[str]:
    """Give the metrics of each estimator and published source as lines of text."""
    for id, groups in (told["estimators"] | told["external"]).items():
        yield f"{id:<{NAME}}" + "".join(f"{heading:>{CELL}}" for heading in COLUMNS.values())
        for group, metrics in (groups | told["groups"].get(id, {})).items():
            cells = (_cell(name, metrics[name]) for name in COLUMNS)
            yield f"  {group.replace('-', ' '):<{NAME - 2}}" + "".join(
                f"{c:>{CELL}}" for c in cells
            )


def _cell(name: str, value: float | None) -> str:
    if value is None:
        return "-"
    if name.startswith("n"):
        return str(value)
    return f"{100 * value:.0f}" if name.startswith("coverage") else f"{value:.3f}"


def _sentences(told: dict[str, Any]) -> Iterator[str]:
    for id, reasons in told["reasons"].items():
        if reasons:
            listed = ", ".join(f"{count} {reason}" for reason, count in reasons.items())
            yield f"{id}, stars without value: {listed}"
    for one in told["comparisons"]:
        if one["group"] == "all":
            yield (
                f"{one['a']} less {one['b']}, RMSE on {one['n']} common stars: "
                f"{one['rmse_difference']:+.3f} ± {one['rmse_difference_error']:.3f} dex"
            )
    for id, stars in told["outliers"].items():
        far = sorted(stars, key=lambda star: -abs(star["residual"]))[:5]
        named = ", ".join(
            f"{star['name'] or star['archive_id'] or star['source_id']} {star['residual']:+.2f}"
            for star in far
        )
        yield f"{id}, largest residuals: {named}"
