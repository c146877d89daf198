"""The conformance suite: every check on one estimator, as results or as one assertion."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rrcat.plugin import EstimatorSpec
from rrcat.testing.case import Broken, Case, build_case
from rrcat.testing.checks import CHECKS


@dataclass(frozen=True)
class CheckResult:
    """What came of one check: its name, whether it holds, and why not."""

    name: str
    passed: bool
    detail: str = ""


def check_estimator(
    spec: EstimatorSpec, params: Mapping[str, Any] | None = None
) -> list[CheckResult]:
    """Give the result of every check in :data:`CHECKS` for an estimator.

    Parameters
    ----------
    spec
        What the plugin's ``rrcat_estimators`` gives; the estimator is imported through it.
    params
        Parameters to check it with, e.g. fewer trees or epochs to be quick.
    """
    try:
        case = build_case(spec, dict(params or {}))
    except Exception as error:
        why = f"there is no model to check: {type(error).__name__}: {error}"
        return [CheckResult(name, False, why) for name in CHECKS]
    return [_run(name, check, case) for name, check in CHECKS.items()]


def assert_conforms(spec: EstimatorSpec, params: Mapping[str, Any] | None = None) -> None:
    """Raise AssertionError that lists every check an estimator fails."""
    failed = [result for result in check_estimator(spec, params) if not result.passed]
    if failed:
        lines = "".join(f"\n  {result.name}: {result.detail}" for result in failed)
        raise AssertionError(f"{spec.id} fails {len(failed)} of {len(CHECKS)} checks{lines}")


def _run(name: str, check: Callable[[Case], None], case: Case) -> CheckResult:
    try:
        check(case)
    except Broken as broken:
        return CheckResult(name, False, str(broken))
    except Exception as error:
        return CheckResult(name, False, f"{type(error).__name__}: {error}")
    return CheckResult(name, True)
