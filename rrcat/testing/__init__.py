"""Checks for plugin authors: does an estimator keep the contract?

In a plugin's own tests, one line is enough::

    def test_the_estimator_keeps_the_contract():
        assert_conforms(SPEC)
"""

from rrcat.testing.checks import CHECKS
from rrcat.testing.conformance import CheckResult, assert_conforms, check_estimator
from rrcat.testing.synthetic import synthetic_batch

__all__ = ["CHECKS", "CheckResult", "assert_conforms", "check_estimator", "synthetic_batch"]
