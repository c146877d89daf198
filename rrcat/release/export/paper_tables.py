"""Tables of a paper about a release, as deluxetables of AASTeX."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from rrcat.release.export.deluxetable import NO_DATA, Deluxe
from rrcat.release.export.latex import cell, count, decimals, latex, number
from rrcat.release.export.paper_material import Material
from rrcat.release.export.paper_numbers import DEFAULT
from rrcat.release.export.paper_results import as_told, metric
from rrcat.release.report_checks import VERDICTS
from rrcat.release.summary import summarise
from rrcat.schema import Column

SAMPLE = 8
"""Rows of the sample."""

# Columns of the sample, as far as they hold anything.
SAMPLED = (
    "source_id",
    "ra",
    "dec",
    "pulsation_type",
    "period",
    "feh",
    "feh_error",
    "distance_modulus",
    "distance_modulus_error",
    "flags",
)
# Decimals of numbers whose error stands in no column.
DECIMALS = {"deg": 5, "d": 6, "mag": 3, "kpc": 2}
WIDTH = {"text": "p{0.5\\textwidth}", "short": "p{0.3\\textwidth}"}


def tables(told: Material) -> list[Deluxe]:
    """Give the tables for which the release, or the part of one, has anything."""
    made = (
        _columns(told),
        _sample(told),
        _types(told),
        _flags(told),
        _calibrators(told),
        _validation(told),
        *_clusters(told),
    )
    return [one for one in made if one is not None and one.rows]


def _columns(told: Material) -> Deluxe:
    return Deluxe(
        "columns",
        f"Columns of the catalogue {latex(told.about.name)}, version {told.about.version}",
        (("Num", ""), ("Label", ""), ("Units", ""), ("Explanations", "")),
        ("r", "l", "l", WIDTH["text"]),
        [
            (count(n), cell(one.name), _unit(one) or NO_DATA, cell(one.description))
            for n, one in enumerate(told.release.table.column, 1)
        ],
    )


def _sample(told: Material) -> Deluxe:
    """Give the first rows, as the preview of a machine-readable table has them."""
    first = told.release.frame.head(SAMPLE)
    shown = [
        column
        for column in told.release.table.column
        if column.name in SAMPLED and first[column.name].count()
    ]
    cells = {one.name: _cells(told, one, first[one.name].to_list()) for one in shown}
    whole = f"{count(told.release.frame.height)} rows and {count(len(told.release.table.column))}"
    return Deluxe(
        "sample",
        f"The first rows of the catalogue {latex(told.about.name)}",
        [(latex(one.name), _unit(one)) for one in shown],
        [_alignment(one) for one in shown],
        list(zip(*cells.values(), strict=True)),
        "This table is available in its entirety in machine-readable form, with"
        f" {whole} columns; a part of it is shown here for guidance regarding its form and"
        " content.",
    )


def _cells(told: Material, column: Column, cells: Sequence[Any]) -> list[str]:
    places = _places(told, column)
    return [NO_DATA if one is None else _number(one, places) for one in cells]


def _number(value: Any, places: int) -> str:
    if isinstance(value, float):
        return number(value, places)
    return cell(value)  # of integers, digits alone: an identifier has no thousands


def _places(told: Material, column: Column) -> int:
    """Give the decimals of a column: as many as its errors, or those of its unit, ask for."""
    error = column.name if column.name.endswith("_error") else f"{column.name}_error"
    sizes = told.frame[error].drop_nulls().to_list() if error in told.table.names else []
    sizes = [size for size in sizes if size > 0]
    if column.unit_in("votable") in DECIMALS and not sizes:
        return DECIMALS[column.unit_in("votable")]
    return decimals(median(sizes)) if sizes else DEFAULT


def _unit(column: Column) -> str:
    return latex(column.unit_in("votable"))


def _alignment(column: Column) -> str:
    return "l" if column.dtype == "string" else "r"


def _types(told: Material) -> Deluxe | None:
    if not told.has("pulsation_type", "feh"):
        return None
    spread = ("feh_p16", "feh_p50", "feh_p84")
    return Deluxe(
        "types",
        r"Stars and {[Fe/H]} by pulsation type",
        (
            ("Type", ""),
            ("Stars", ""),
            ("With a value", ""),
            *((name, "dex") for name in ("16th percentile", "Median", "84th percentile")),
        ),
        ("l", "r", "r", "r", "r", "r"),
        [
            (
                cell(one.name),
                count(one.n_rows),
                count(one.n_values),
                *(_or_none(getattr(one, name)) for name in spread),
            )
            for one in summarise(told.frame, told.table).types
        ],
    )


def _or_none(value: float | None) -> str:
    return NO_DATA if value is None else number(value, DEFAULT)


def _flags(told: Material) -> Deluxe | None:
    if not told.has("flags"):
        return None
    return Deluxe(
        "flags",
        r"Bits of the column \texttt{flags}",
        (("Bit", ""), ("Name", ""), ("Kind", ""), ("Stars", ""), ("Meaning", "")),
        ("r", "l", "l", "r", WIDTH["text"]),
        [
            (str(bit.value), cell(bit.name), bit.kind, count(n), cell(bit.description))
            for bit, n in summarise(told.frame, told.table).bits
        ],
        "The column is the sum of the bits that apply to a star. A warning asks for caution;"
        " information says how a value came about.",
    )


def _calibrators(told: Material) -> Deluxe | None:
    if told.tested is None:
        return None
    rows = [
        (
            cell(row["estimator"]),
            cell(row["type"]),
            count(row["n"]),
            *(_metric(name, row) for name in ("rmse", "mae", "bias", "slope")),
            *(
                _metric(
                    f"{'coverage' if row.get(f'interval_{p}') is None else 'interval'}_{p}", row
                )
                for p in (68, 95)
            ),
        )
        for row in told.tested.metrics
    ]
    return Deluxe(
        "calibrators",
        "Calibrators found again by models that had not seen them",
        (
            ("Estimator", ""),
            ("Type", ""),
            ("Stars", ""),
            ("RMSE", "dex"),
            ("MAE", "dex"),
            ("Bias", "dex"),
            ("Slope", ""),
            (r"Within 68\,\%", r"\%"),
            (r"Within 95\,\%", r"\%"),
        ),
        ("l", "l", *"rrrrrrr"),
        rows,
        "Bias is the mean of predicted less known values, slope that of predicted on known values;"
        r" the last columns are shares of stars within the 68 and 95\,\% intervals, or within 1 and"
        " 1.96 standard errors where there are none. Errors are by bootstrap.",
    )


def _metric(name: str, row: Mapping[str, Any]) -> str:
    value, error = metric(name, row), metric(f"{name}_error", row)
    return (value or NO_DATA) + (rf" $\pm$ {error}" if error else "")


def _with_error(value: float, error: float) -> str:
    if not error:
        return number(value, DEFAULT)
    places = decimals(error)
    return rf"{number(value, places)} $\pm$ {number(error, places)}"


def _validation(told: Material) -> Deluxe:
    verdicts = {True: "passed", False: r"\textbf{failed}", None: "open"}
    assert verdicts.keys() == VERDICTS.keys()
    rows = [
        (
            cell(one["name"]),
            verdicts[one["passed"]],
            NO_DATA if one.get("value") is None else as_told(one["value"]),
            NO_DATA if one.get("threshold") is None else as_told(one["threshold"]),
            latex(one.get("unit") or ""),
            cell(one["detail"]),
        )
        for one in told.checks
    ]
    heads = ("Check", "Verdict", "Value", "Limit", "Unit", "Found")
    return Deluxe(
        "validation",
        "Checks of the catalogue",
        [(head, "") for head in heads],
        (WIDTH["short"], "l", "r", "r", "l", WIDTH["short"]),
        rows,
        "A check is open where it could not be made, or too few stars settle it.",
    )


def _clusters(told: Material) -> list[Deluxe]:
    """Give a table for each check that compares clusters one by one."""
    names = {"dex": ("clusters", "[Fe/H]"), "mag": ("cluster_distances", "distance moduli")}
    made = []
    for result in told.checks:
        rows = [
            row
            for row in result.get("rows") or ()
            if {"known", "difference", "error", "median"} <= row.keys()
        ]
        unit = result.get("unit")
        if result.get("check") != "clusters" or not rows or unit not in names:
            continue
        label, what = names[unit]
        made.append(
            Deluxe(
                label,
                f"Globular clusters and their {what}",
                (
                    ("Cluster", ""),
                    ("Stars", ""),
                    ("Cluster", unit),
                    ("Catalogue", unit),
                    ("Difference", unit),
                    ("Note", ""),
                ),
                ("l", "r", "r", "r", "r", "l"),
                [
                    (
                        cell(row["system"]),
                        count(row["n"]),
                        number(row["known"], DEFAULT),
                        number(row["median"], DEFAULT),
                        _with_error(row["difference"], row["error"]),
                        cell(row.get("note") or ""),
                    )
                    for row in sorted(rows, key=lambda row: (row["known"], row["system"]))
                ],
                "Medians of the stars in a cluster; differences are catalogue less cluster.",
            )
        )
    return made
