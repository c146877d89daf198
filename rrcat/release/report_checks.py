"""The results of the validation as tables: numbers become words, rows of one kind one table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

VERDICTS = {True: "passed", False: "FAILED", None: "open"}
TITLES = {
    "build": "The build",
    "calibrators": "Calibrators",
    "clusters": "Globular clusters",
    "clouds": "Magellanic Clouds",
    "agreement": "Agreement of the estimators",
    "trends": "Trends",
    "period": "Period",
    "selection": "Who has a value",
    "zero_point": "Zero point",
    "double_mode": "Double-mode stars",
    "blazhko": "Blazhko stars",
    "reference": "An earlier catalogue",
}
# JSON sorts its keys; of the numbers, these come first and the others after them.
FIRST = ("n", "n_asked", "n_rrab", "n_rrc", "low", "high", "l_low", "l_high", "b_low", "b_high")
LAST = ("per", "note")
PAIRS = ("first", "second")
# Of these the threshold is the least that is asked for.
LEAST = ("selection",)
SHORT = 8
"""Rows beyond which a table is folded away."""


@dataclass(frozen=True)
class Cells:
    """Rows of one kind, and what they are of; ``numeric`` says which columns hold numbers."""

    of: str
    columns: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Checked:
    """One check: what is true where it passes, how it went, and the tables it rests on.

    ``limit`` says value and threshold in words, empty where there is none.
    """

    name: str
    verdict: str
    detail: str
    limit: str
    tables: tuple[Cells, ...]

    @property
    def n_rows(self) -> int:
        """Rows of all tables."""
        return sum(len(one.rows) for one in self.tables)


def checks(
    results: Sequence[Mapping[str, Any]], short: Sequence[Mapping[str, Any]]
) -> dict[str, list[Checked]]:
    """Give the checks by the title of their group, in the order in which they were made.

    Parameters
    ----------
    results
        Those of ``validation.json``; may be empty.
    short
        ``name``, ``passed`` and ``detail`` of all checks, in place of an empty ``results``.
    """
    told: dict[str, list[Checked]] = {}
    for result in results or short:
        group = str(result.get("check", "build"))
        told.setdefault(TITLES.get(group, group.replace("_", " ")), []).append(_checked(result))
    return told


def counted(results: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Give how many checks went how, in the words of :data:`VERDICTS`."""
    went = [VERDICTS[result["passed"]] for result in results]
    return {word: went.count(word) for word in VERDICTS.values() if word in went}


def number(value: float, digits: int = 3) -> str:
    """Give a number with so many significant digits, a whole one with all of its digits."""
    if float(value).is_integer() and abs(value) < 1e15:
        text = f"{int(value):,}"
    else:
        text = f"{value:.{digits}f}" if 0.01 <= abs(value) < 1000 else f"{value:.{digits}g}"
    return text.replace("-", "−")


def _checked(result: Mapping[str, Any]) -> Checked:
    value, threshold, unit = (result.get(key) for key in ("value", "threshold", "unit"))
    limit = ""
    if value is not None and threshold is not None:
        least = result.get("check") in LEAST
        limit = f"{number(value)}, at least" if least else f"{number(value)} against a limit of"
        limit = f"{limit} {number(threshold)} {unit or ''}".rstrip() + least * " is asked for"
    kinds: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for row in result.get("rows") or ():
        kinds.setdefault((*row, str(row.get("by", ""))), []).append(row)
    tables = tuple(_cells(tuple(rows[0]), rows) for rows in kinds.values())
    return Checked(
        str(result["name"]), VERDICTS[result["passed"]], str(result["detail"]), limit, tables
    )


def _cells(columns: tuple[str, ...], rows: Sequence[Mapping[str, Any]]) -> Cells:
    def is_numeric(name: str) -> bool:
        return all(_is_number(row[name]) or row[name] is None for row in rows)

    def place(name: str) -> tuple[bool, bool, int]:
        rank = FIRST.index(name) if name in FIRST else len(FIRST)
        return name in LAST, is_numeric(name), rank

    columns = tuple(sorted((name for name in columns if name != "by"), key=place))
    numeric = tuple(is_numeric(name) for name in columns)
    of = "pair" if set(PAIRS) <= set(columns) else str(rows[0].get("by", columns[0]))
    return Cells(
        of.replace("_", " "),
        tuple(name.replace("_", " ") for name in columns),
        numeric,
        tuple(tuple(_cell(row[name]) for name in columns) for row in rows),
    )


def _is_number(cell: Any) -> bool:
    return isinstance(cell, int | float) and not isinstance(cell, bool)


def _cell(cell: Any) -> str:
    if cell is None:
        return "–"
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    return number(cell) if _is_number(cell) else str(cell)
