"""The conformance suite: every check on one estimator, as results or as one assertion."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from rrcat.plugin import EstimatorSpec
from rrcat.testing.case import Broken, Case, build_case
from rrcat.testing.checks import CHECKS

BASIC = "basic"
NOT_RUN = f"not run: see {BASIC}"


@dataclass(frozen=True)
class CheckResult:
    """What came of one check: its name, whether it holds, and why not.

    ``traceback`` is that of an exception which a check did not expect.
    """

    name: str
    passed: bool
    detail: str = ""
    traceback: str = ""


def check_estimator(
    spec: EstimatorSpec, params: Mapping[str, Any] | None = None
) -> list[CheckResult]:
    """Give the result of every check in :data:`rrcat.testing.CHECKS` for an estimator.

    Where it cannot learn or predict at all, ``basic`` says why and the others are not run.

    Parameters
    ----------
    spec
        What the plugin's ``rrcat_estimators`` gives; the estimator is imported through it.
    params
        Parameters to check it with, e.g. fewer trees or epochs to be quick.
    """
    cases: list[Case] = []

    def basic() -> None:
        cases.append(build_case(spec, dict(params or {})))
        CHECKS[BASIC](cases[0])

    first = _run(BASIC, basic)
    others = [(name, check) for name, check in CHECKS.items() if name != BASIC]
    if not first.passed:
        return [first, *(CheckResult(name, False, NOT_RUN) for name, _ in others)]
    return [first, *(_run(name, partial(check, cases[0])) for name, check in others)]


def assert_conforms(spec: EstimatorSpec, params: Mapping[str, Any] | None = None) -> None:
    """Raise AssertionError that lists every check an estimator fails."""
    failed = [result for result in check_estimator(spec, params) if not result.passed]
    if failed:
        told = [result for result in failed if result.detail != NOT_RUN]
        lines = "".join(f"\n  {result.name}: {result.detail}" for result in told)
        rest = f"\n  {len(failed) - len(told)} others: {NOT_RUN}" if len(failed) > len(told) else ""
        raise AssertionError(f"{spec.id} fails {len(failed)} of {len(CHECKS)} checks{lines}{rest}")


def _run(name: str, check: Callable[[], None]) -> CheckResult:
    try:
        check()
    except Broken as broken:
        return CheckResult(name, False, str(broken))
    except Exception as error:
        why = f"{type(error).__name__}: {error}"
        return CheckResult(name, False, why, traceback.format_exc())
    return CheckResult(name, True)
