"""What a result tells, and when a number fails."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rrcat.canonical import json_bytes
from rrcat.catalogue.validation.result import (
    Result,
    judge,
    not_made,
    rounded,
    signed,
    table,
    together,
    verdict,
)

NUMBERS = st.floats(-10, 10)


@pytest.mark.parametrize(
    ("value", "error", "passed"),
    [(0.1, 9.0, True), (-0.15, 0.0, True), (0.3, 0.05, False), (-0.3, 0.2, None)],
)
def test_a_number_fails_beyond_its_limit_and_beyond_chance(
    value: float, error: float, passed: bool | None
) -> None:
    assert judge(value, error, 0.15, 2.5) is passed


@given(NUMBERS, st.floats(0, 1), st.floats(0.01, 1))
def test_the_sign_of_a_difference_does_not_matter(value: float, error: float, limit: float) -> None:
    assert judge(value, error, limit, 2.5) is judge(-value, error, limit, 2.5)


@pytest.mark.parametrize(
    ("each", "whole"),
    [((True, True), True), ((True, None), None), ((None, False), False), ((True, False), False)],
)
def test_one_failure_is_a_failure(each: tuple[bool | None, ...], whole: bool | None) -> None:
    assert together(each) is whole


def test_a_check_that_was_not_made_says_why_and_has_no_number() -> None:
    result = not_made("clusters", "clusters are right", "no star lies in a cluster")
    assert (result.passed, result.value, result.threshold) == (None, None, None)
    assert result.detail == "could not be made: no star lies in a cluster"


def test_an_open_verdict_says_so() -> None:
    assert verdict(None, "x").endswith("too few stars to tell")
    assert verdict(False, "x") == "x"


@given(st.floats())
def test_every_number_can_be_written_as_json(value: float) -> None:
    result = Result("a", "b", True, "c", value, rows=table([{"x": value}]))
    told = json.loads(json_bytes(result.as_dict()))
    assert told["value"] == rounded(value) == told["rows"][0]["x"]


def test_minus_zero_is_zero() -> None:
    assert str(rounded(-1e-9)) == "0.0"


def test_people_read_a_minus_sign_and_no_negative_zero() -> None:
    assert signed(-0.0234, 0.0351) == "−0.023 ± 0.035 dex"
    assert signed(-0.0003, unit="mag") == "+0.000 mag"
