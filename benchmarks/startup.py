"""How soon the command line answers."""

import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from run import Row

LIMIT = 0.25
TIMES = 15


def rows() -> Iterator[Row]:
    program = Path(sys.executable).parent / "rrcat"
    for arguments in (["--help"], ["plugins", "list"]):
        taken = []
        for _ in range(TIMES):
            started = time.perf_counter()
            subprocess.run([program, *arguments], check=True, capture_output=True)
            taken.append(time.perf_counter() - started)
        middle = statistics.median(taken)
        yield Row(
            f"`rrcat {' '.join(arguments)}`, median of {TIMES}",
            f"{middle:.3f} s",
            f"< {LIMIT} s",
            middle < LIMIT,
        )
