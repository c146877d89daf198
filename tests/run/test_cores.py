"""The cores that a process was given, not those that the machine has."""

import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rrcat.run import cores


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="only Linux binds to cores so")
def test_a_process_bound_to_one_core_has_one() -> None:
    code = (
        f"import os; os.sched_setaffinity(0, {{{min(os.sched_getaffinity(0))}}})\n"
        "from rrcat.run.cores import available_cores; print(available_cores())"
    )
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert told.stdout == "1\n"


@pytest.mark.parametrize(
    ("limits", "share"),
    [
        ({}, math.inf),
        ({"cpu.max": "max 100000"}, math.inf),
        ({"cpu.max": "250000 100000"}, 2.5),
        ({"job/cpu.max": "400000 100000", "job/step/cpu.max": "max 100000"}, 4),
        ({"job/cpu.max": "100000 100000", "job/step/cpu.max": "400000 100000"}, 1),
        ({"cpu/cpu.cfs_quota_us": "300000", "cpu/cpu.cfs_period_us": "100000"}, 3),
        ({"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, math.inf),
    ],
)
def test_a_container_has_its_share(tmp_path: Path, limits: dict[str, str], share: float) -> None:
    for name, content in limits.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content + "\n")
    membership = tmp_path / "membership"
    membership.write_text("1:name=systemd:/\n0::/job/step\n")
    assert cores._share(tmp_path, membership) == share


def test_less_than_a_core_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cores, "_share", lambda: 0.5)
    assert cores.available_cores() == 1
