"""A kernel that takes more instructions misses its limit, however often it is counted."""

import importlib
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture
def instructions(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    for name in ("instructions", "run"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    module = importlib.import_module("instructions")
    monkeypatch.setattr(module.shutil, "which", lambda _: "valgrind")
    yield module
    for name in ("instructions", "run"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize(("more", "passed"), [(1.04, True), (1.06, False)])
def test_six_per_cent_more_are_missed_each_time(instructions, monkeypatch, more, passed):
    taken = {(kernel, kind): n for kernel, kind, n in instructions.COUNTS.values()}
    monkeypatch.setattr(instructions, "count", lambda *what: more * taken[what[:2]])
    for _ in range(2):
        assert [row.passed for row in instructions.rows()] == [passed] * 3


def test_without_valgrind_nothing_is_measured(instructions, monkeypatch):
    monkeypatch.setattr(instructions.shutil, "which", lambda _: None)
    with pytest.raises(sys.modules["run"].NotMeasured, match="valgrind"):
        list(instructions.rows())
