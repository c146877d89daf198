"""What a check of a catalogue found, and how a number is judged."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

DIGITS = 4
"""Decimals of a number that is told: beyond them is noise."""


@dataclass(frozen=True)
class Result:
    """One check, and how it went.

    Parameters
    ----------
    check
        Section of ``[validation]`` that it belongs to.
    name
        What is true of a catalogue that passes.
    passed
        None where the check could not be made, or does not settle it.
    detail
        What was found, or the reason why nothing was, in a sentence.
    value, threshold
        The number that decided, and its limit; None where there is none.
    unit
        Of both.
    rows
        What the value rests on: plain numbers and words, the same keys in rows of one kind.
    """

    check: str
    name: str
    passed: bool | None
    detail: str
    value: float | None = None
    threshold: float | None = None
    unit: str = ""
    rows: tuple[dict[str, Any], ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Give all of it as plain data, numbers rounded."""
        return {
            **self.short(),
            "check": self.check,
            "value": rounded(self.value),
            "threshold": self.threshold,
            "unit": self.unit,
            "rows": [dict(row) for row in self.rows],
        }

    def short(self) -> dict[str, Any]:
        """Give ``name``, ``passed`` and ``detail``."""
        return {"name": self.name, "passed": self.passed, "detail": self.detail}


def not_made(check: str, name: str, reason: str, rows: Iterable[Mapping[str, Any]] = ()) -> Result:
    """Give the result of a check that could not be made, with the reason."""
    return Result(check, name, None, f"could not be made: {reason}", rows=table(rows))


def counted(results: Iterable[Result]) -> dict[str, int]:
    """Give how many checks passed, failed, and could not be made or settle nothing."""
    passed = [result.passed for result in results]
    return {
        "passed": passed.count(True),
        "failed": passed.count(False),
        "open": passed.count(None),
    }


def judge(value: float, error: float, limit: float, significance: float) -> bool | None:
    """Tell whether a number is within its limit on either side of zero.

    None where it is beyond the limit, but no more than ``significance`` standard errors from zero.
    """
    if abs(value) <= limit:
        return True
    return None if abs(value) <= significance * error else False


def verdict(passed: bool | None, text: str) -> str:
    """Give the sentence of a result, with what it leaves open."""
    return f"{text}; too few stars to tell" if passed is None else text


def together(verdicts: Iterable[bool | None]) -> bool | None:
    """Give one verdict for several: failed where one is, open where none failed and one is."""
    known = list(verdicts)
    if False in known:
        return False
    return None if None in known else True


def table(rows: Iterable[Mapping[str, Any]]) -> tuple[dict[str, Any], ...]:
    """Give rows as plain data, numbers rounded, what is no number as None."""
    return tuple(
        {key: rounded(cell) if isinstance(cell, float) else cell for key, cell in row.items()}
        for row in rows
    )


def rounded(value: float | None, digits: int = DIGITS) -> float | None:
    """Give a number with as many decimals as mean something; None for what is none."""
    # Adding zero turns -0.0, which would be other bytes, into 0.0.
    return None if value is None or not isfinite(value) else round(float(value), digits) + 0.0


def signed(value: float, error: float | None = None, unit: str = "dex") -> str:
    """Give a number for people, with its sign, standard error and unit."""
    spread = "" if error is None else f" ± {error:.3f}"
    # Adding zero turns -0.0 into 0.0.
    return f"{number(round(value, 3) + 0.0, '+.3f')}{spread} {unit}".strip()


def number(value: float, how: str) -> str:
    """Give a number for people, formatted so, with a minus sign in place of a hyphen."""
    return format(value, how).replace("-", "−")
