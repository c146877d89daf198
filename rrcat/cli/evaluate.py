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
LEGEND = (
    "RMSE, MAE and bias in dex; ± is the bootstrap error of the RMSE; the last two columns",
    "are shares of stars within 1 and 1.96 of their own feh_error, in per cent",
)
SHOULD_HOLD = {"interval_68": 0.6827, "interval_95": 0.95}
NAME, CELL, WIDE, SCORE = 26, 8, 18, 6


@click.command()
@common
@click.option(
    "--select-features",
    is_flag=True,
    help="Also find which features the calibrators speak for.",
)
def evaluate(as_json: bool, select_features: bool, **request: Any) -> None:
    """Test the estimators of RECIPE on calibrators that they have not seen.

    Leaves evaluation.json, predictions.parquet, sample.csv and plots in OUTPUT; with
    --select-features also selection.json, selection.csv and selection-features.csv.
    """
    from rrcat.run.evaluate import evaluate_estimators
    from rrcat.run.workspace import Request

    summary = evaluate_estimators(Request(**request), select_features=select_features)
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
    tables = (told["estimators"] | told["external"], told["groups"])
    for line in (
        *_table(*tables),
        *LEGEND,
        "",
        *_sentences(told),
        *_recommended(told),
        *_held_out(told),
        *_selection(summary.selection),
    ):
        click.echo(line)
    more = "" if summary.selection is None else "selection.csv, selection-features.csv, "
    click.echo(f"\nMore is in {summary.output}: evaluation.json, sample.csv, {more}plots")


def _table(sources: dict[str, Any], more: dict[str, Any]) -> Iterator[str]:
    """Give the metrics of each source of values, of all groups of stars, as lines of text."""
    for id, groups in sources.items():
        yield f"{id:<{NAME}}" + "".join(f"{heading:>{CELL}}" for heading in COLUMNS.values())
        for group, metrics in (groups | more.get(id, {})).items():
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


def _recommended(told: dict[str, Any]) -> Iterator[str]:
    """Give what the folds tell of combination, calibrated errors and dilution, as lines of text."""
    if "combination" not in told:
        return
    yield ""
    yield f"combination of {', '.join(told['combination']['members'])}"
    for kind, one in told["combination"]["types"].items():
        best = ", ".join(f"{id} {count}" for id, count in one["best"].items())
        yield (
            f"  {kind}: stepped aside {one['stepped_aside']} of {one['learned']} times; "
            f"best member: {best}"
        )
    yield ""
    yield from _intervals(told["reliability"])
    flat = {kind: one["metrics"] for kind, one in told["undiluted"].items() if one is not None}
    if flat:
        yield ""
        yield from _table({"feh_undiluted": flat}, {})


def _intervals(reliability: dict[str, Any]) -> Iterator[str]:
    """Give the shares of stars in the intervals that should hold 68 and 95 %, as lines of text."""
    from rrcat.evaluation.reliability import is_off

    def cell(one: dict[str, Any], key: str, points: float) -> str:
        off = is_off(one[key], one["n"], SHOULD_HOLD[key], points)
        return f"{100 * one[key]:.0f}" + ("*" if off else "")

    yield "Stars in feh_p16 to feh_p84, and in feh_p025 to feh_p975, in per cent, of all stars and"
    yield "of thirds from small to large; * marks what is off by more than twice the binomial"
    yield "error, and by more than 3 points (68 %) or 1.5 (95 %) in all, 6 in a third"
    headings = ("all", "magnitude", "error of φ31")
    yield " " * NAME + "".join(f"{heading:>{WIDE}}" for heading in headings)
    for id, types in reliability.items():
        for kind, one in sorted(types.items()):
            for key, points in (("interval_68", 3.0), ("interval_95", 1.5)):
                if one[key] is None:
                    continue
                cuts = [
                    "-" if cut is None else " ".join(f"{cell(part, key, 6.0):>4}" for part in cut)
                    for cut in one["thirds"].values()
                ]
                label = f"{id}, {kind}" if key == "interval_68" else ""
                cells = (cell(one, key, points), *cuts)
                yield f"{label:<{NAME}}" + "".join(f"{cell:>{WIDE}}" for cell in cells)


def _held_out(told: dict[str, Any]) -> Iterator[str]:
    """Give what the labels are, and how their students do on spectra, as lines of text."""
    if "teacher" not in told:
        return
    teacher = told["teacher"]
    version = teacher.get("version", f"({teacher['kind']})")
    yield ""
    yield (
        f"The calibrators are labels, values of {teacher['catalogue']} {version}: so far the "
        "numbers say how well these are copied"
    )
    if "held_out" not in told:
        return
    judged = told["held_out"]
    teachers = {
        f"teacher, {name.replace('_', ' ')}": one for name, one in judged["teacher"].items()
    }
    yield f"Against the spectra of {judged['n_stars']} stars that are no labels:"
    yield ""
    yield from _table(judged["students"] | teachers, {})
    for one in judged["comparisons"]:
        if one["group"] in judged["students"].get(one["a"], ()) and one["b"] in teachers:
            yield (
                f"{one['a']} less {one['b']}, RMSE on {one['n']} common {one['group']} stars: "
                f"{one['rmse_difference']:+.3f} ± {one['rmse_difference_error']:.3f} dex"
            )


def _selection(selection: dict[str, Any] | None) -> Iterator[str]:
    """Give what a feature selection found as lines of text."""
    if selection is None:
        return
    for kind, of_kind in selection["types"].items():
        yield ""
        yield (
            f"Features for {kind}, in {selection['band']}: {of_kind['n']} of {of_kind['n_asked']} "
            "stars have them all"
        )
        if "reason" in of_kind:
            yield f"  none selected: {of_kind['reason']}"
            continue
        for name, reason in of_kind["set_aside"].items():
            yield f"  {name} is set aside: {reason}"
        numbers = range(1, len(of_kind["candidates"]) + 1)
        yield f"  {'RMSE [dex], by number':<{NAME - 2}}" + "".join(f"{n:>{SCORE}}" for n in numbers)
        for model, methods in of_kind["models"].items():
            for method, one in methods.items():
                label = method if model == "linear-relation" else f"{method}, {model}"
                yield f"  {label:<{NAME - 2}}" + "".join(
                    f"{_cell('rmse', score['rmse']):>{SCORE}}" for score in one["scores"]
                )
        for method, one in of_kind["models"]["linear-relation"].items():
            shares = ", ".join(
                f"{each['feature']} {100 * each['in_resamples']:.0f}"
                for each in one["features"][: one["number"]]
            )
            yield f"  {method} chooses, with its share of resamples in per cent: {shares}"
    fixed = [id for id, one in selection["estimators"].items() if not one["selectable"]]
    if fixed:
        yield ""
        yield f"not tried with other features, as their inputs are fixed: {', '.join(fixed)}"
