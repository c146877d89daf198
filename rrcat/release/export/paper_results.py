"""The numbers of calibrators, combination and checks that a paper about a catalogue tells."""

from collections.abc import Iterator, Mapping
from math import sqrt
from typing import Any

from rrcat.catalogue.validation import (
    agreement,
    blazhko,
    calibrators,
    clouds,
    clusters,
    double_mode,
    earlier,
    period,
    selection,
    zero_point,
)
from rrcat.release.candidate import BUNDLES, COMBINATION, OUT_OF_FOLD, VALIDATION
from rrcat.release.export.latex import command, count, decimals, latex, number
from rrcat.release.export.paper_material import Material
from rrcat.release.export.paper_numbers import DEFAULT, Group, Number
from rrcat.release.manifest import MANIFEST
from rrcat.release.report_calibrators import ALL
from rrcat.release.report_checks import SHORT, counted

# Of checks by their names; of one that is not here the name itself is that of the command.
CHECKS = {
    calibrators.OFFSET: "CalibratorsMean",
    calibrators.SCATTER: "CalibratorsScatter",
    clusters.FEH: "ClustersFeH",
    clusters.SLOPE: "ClustersSlope",
    clusters.MODULUS: "ClustersModulus",
    clusters.OVERTONES: "ClustersTypes",
    clouds.FEH: "CloudsFeH",
    clouds.MODULUS: "CloudsModulus",
    agreement.OFFSET: "EstimatorsMean",
    agreement.SCATTER: "EstimatorsScatter",
    earlier.OFFSET: "EarlierMean",
    earlier.SCATTER: "EarlierScatter",
    period.USUAL: "Periods",
    selection.NAME: "Selection",
    zero_point.NAME: "ZeroPoint",
    double_mode.NAME: "DoubleMode",
    blazhko.NAME: "Blazhko",
    "values do not depend on Galactic latitude": "TrendLatitude",
    "values do not depend on crowding": "TrendCrowding",
    "values do not depend on magnitude": "TrendMagnitude",
    "values do not depend on extinction": "TrendExtinction",
    "[Fe/H] of RRab stars falls with the period at fixed φ31": "PeriodSlopeRRab",
    "[Fe/H] of RRc stars falls with the period at fixed φ31": "PeriodSlopeRRc",
}
# What the standard error of a row is of, where it is only called `error`.
ERROR = frozenset({"difference", "median_difference", "change"})
DECIMALS = 3
"""Of a number of a check whose uncertainty is not told."""

METRICS = {
    "rmse": ("Rmse", "root mean square error", "dex"),
    "mae": ("Mae", "mean absolute error", "dex"),
    "bias": ("Bias", "mean of predicted less known [Fe/H]", "dex"),
    "r2": ("RSquared", "coefficient of determination", ""),
    "slope": ("Slope", "slope of predicted on known [Fe/H]", ""),
    "coverage_68": ("CoverageOneSigma", "share within one standard error", "%"),
    "coverage_95": ("CoverageNinetyFive", "share within 1.96 standard errors", "%"),
    "interval_68": ("IntervalOneSigma", "share within the 68 % interval", "%"),
    "interval_95": ("IntervalNinetyFive", "share within the 95 % interval", "%"),
}


def result_numbers(told: Material) -> list[Group]:
    """Give how well calibrators are found again, how estimators are combined, and every check."""
    return [_calibrators(told), _folds(told), _combination(told), _verdicts(told), _checks(told)]


def _calibrators(told: Material) -> Group:
    numbers = [
        Number(
            f"{command(estimator)}Calibrators",
            count(n),
            f"number of calibrators that {estimator} learned from",
            "",
            f"{BUNDLES}{estimator}/bundle.toml",
        )
        for estimator, n in told.calibrators.items()
    ]
    return Group("Calibrators", tuple(numbers), () if numbers else ("numbers of calibrators",))


def _folds(told: Material) -> Group:
    title = "Calibrators found again by models that had not seen them"
    if told.tested is None:
        return Group(title, (), ("how well calibrators are found again by models out of fold",))
    n = Number(
        "CalibratorsTested", count(told.tested.n_stars), "number of calibrators", "", OUT_OF_FOLD
    )
    numbers = [n]
    for row in told.tested.metrics:
        kind = "" if row["type"] == ALL else row["type"]
        numbers += _metrics(
            f"{command(row['estimator'])}{command(kind)}",
            f"of {row['estimator']}, {f'{kind} ' if kind else ''}calibrators",
            row,
        )
    return Group(title, tuple(numbers))


def _metrics(name: str, of: str, row: Mapping[str, Any]) -> Iterator[Number]:
    """Give the metrics of one estimator for stars of one type."""
    yield Number(f"{name}Tested", count(row["n"]), f"number {of} with a value", "", OUT_OF_FOLD)
    for key, (short, meaning, unit) in METRICS.items():
        if (text := metric(key, row)) is None:
            continue
        yield Number(f"{name}{short}", text, f"{meaning} {of}", unit, OUT_OF_FOLD)
        if (text := metric(f"{key}_error", row)) is not None:
            words = f"standard error of the {meaning} {of}, by bootstrap"
            yield Number(f"{name}{short}Error", text, words, unit, OUT_OF_FOLD)


def metric(key: str, row: Mapping[str, Any]) -> str | None:
    """Give a metric, rounded to its uncertainty; shares in percent; None where it is not known."""
    value = row.get(key)
    if value is None:
        return None
    if METRICS.get(key, ("",) * 3)[2] == "%":
        spread = 100 * sqrt(value * (1 - value) / row["n"])
        return number(100 * value, decimals(spread, digits=1) if spread else 0)
    error = value if key.endswith("_error") else row.get(f"{key}_error")
    if key == "bias":
        error = row["rmse"] / sqrt(row["n"])
    return number(value, decimals(error) if error else DEFAULT)


def _combination(told: Material) -> Group:
    title = "Combination of the estimators"
    learned = told.combination
    if not learned:
        return Group(title, (), ("a combination of estimators",))
    members = learned["members"]
    numbers = [
        Number("Members", latex(", ".join(members)), "estimators combined", "", COMBINATION),
        Number("MembersCount", count(len(members)), "number of them", "", COMBINATION),
    ]
    for kind, of_type in sorted(learned["types"].items()):
        name = f"Combining{command(kind)}"
        n = of_type["n_stars"]
        stars = Number(
            f"{name}Calibrators", count(n), f"{kind} calibrators learned from", "", COMBINATION
        )
        taken = of_type["preferred"][0] if of_type["steps_aside"] else "combination"
        words = f"whose value is recommended for {kind} stars"
        numbers += [stars, Number(f"{name}Taken", latex(taken), words, "", COMBINATION)]
        for estimator, rmse in sorted(of_type["rmse"].items()):
            # Of Gaussian residuals.
            text = number(rmse, decimals(rmse / sqrt(2 * n)) if rmse and n else DECIMALS)
            meaning = f"root mean square error of {estimator} by which that was chosen, {kind}"
            named = f"{name}{command(estimator)}Rmse"
            numbers.append(Number(named, text, meaning, "dex", COMBINATION))
    return Group(title, tuple(numbers))


def _verdicts(told: Material) -> Group:
    file = _file(told)
    if not told.checks:
        return Group("Checks", (), ("checks",))
    went = counted(told.checks)
    words = {"passed": "Passed", "FAILED": "Failed", "open": "Open"}
    numbers = [
        Number(f"Checks{name}", count(went.get(word, 0)), f"number of checks {word}", "", file)
        for word, name in words.items()
    ]
    n = Number("Checks", count(len(told.checks)), "number of checks", "", file)
    return Group("Checks", (n, *numbers))


def _checks(told: Material) -> Group:
    numbers: list[Number] = []
    lacks = []
    for result in told.checks:
        found = [*_check(result, _file(told))]
        numbers += found
        if not found:
            lacks.append(f"a number of the check “{result['name']}”")
    return Group("What the checks found", tuple(numbers), tuple(lacks))


def _file(told: Material) -> str:
    return VALIDATION if VALIDATION in told.release.manifest.files else MANIFEST


def _check(result: Mapping[str, Any], file: str) -> Iterator[Number]:
    words, unit = result["name"], result.get("unit") or ""
    name = f"Check{CHECKS.get(words) or command(words)}"
    if result.get("value") is not None:
        shown = as_told(result["value"])
        yield Number(name, shown, f"“{words}”: {result['detail']}", unit, file)
    if result.get("threshold") is not None:
        shown = as_told(result["threshold"])
        yield Number(f"{name}Limit", shown, f"limit of “{words}”", unit, file)
    rows = result.get("rows") or ()
    if len(rows) <= SHORT:
        for row in rows:
            yield from _row(f"{name}{command(*_label(row))}", words, row, file)


def as_told(value: float) -> str:
    """Give a number of a check: to three decimals, or fewer where there are no more."""
    places = next(n for n in range(DECIMALS + 1) if n == DECIMALS or round(value, n) == value)
    return number(value, places)


def _label(row: Mapping[str, Any]) -> list[str]:
    """Give the words of a row that tell it from others of the same check."""
    words = []
    for key, cell in sorted(row.items()):
        if isinstance(cell, bool):
            words.append(key if cell else f"not {key}")
        elif isinstance(cell, str) and key not in ("note", "per", "by"):
            words.append(cell)
    return words


def _row(name: str, of: str, row: Mapping[str, Any], file: str) -> Iterator[Number]:
    label = ", ".join(_label(row))
    for key, cell in sorted(row.items()):
        if isinstance(cell, bool) or not isinstance(cell, int | float):
            continue
        error = row.get(f"{key}_error", row.get("error") if key in ERROR else None)
        if isinstance(cell, int):
            text = count(cell)
        elif key.endswith("error"):
            text = number(cell, decimals(cell) if cell > 0 else DECIMALS)
        else:
            text = number(cell, decimals(error) if error else DECIMALS)
        meaning = f"{key.replace('_', ' ')}, {label}: “{of}”"
        yield Number(f"{name}{command(key)}", text, meaning, "", file)
