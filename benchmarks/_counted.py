"""What `instructions.py` counts: one kernel, on light curves from a file; imports little else.

python _counted.py KERNEL FILE [count]
"""

import os
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np


def fit(offsets: Any, time: Any, mag: Any, error: Any, period: Any) -> None:
    from rrcat.fourier.arrays import fit_arrays

    fit_arrays(offsets, time, mag, error, period)


def periodogram(offsets: Any, time: Any, mag: Any, error: Any, period: Any) -> None:
    from rrcat.fourier.periodogram import candidates

    for begin, end in pairwise(offsets):
        here = slice(begin, end)
        candidates(time[here], mag[here], error[here], (0.2, 1.0), 30)


KERNELS: dict[str, Callable[..., None]] = {"fit": fit, "periodogram": periodogram}

if __name__ == "__main__":
    kernel = KERNELS[sys.argv[1]]
    with np.load(sys.argv[2]) as curves:
        arrays = [curves[name] for name in ("offsets", "time", "mag", "error", "period")]
    kernel(*arrays)  # compiles, or loads what was compiled
    if sys.argv[3:] == ["count"]:
        subprocess.run(["callgrind_control", "-i", "on", str(os.getpid())], check=True)
        # callgrind is told to set its counts to zero on entry of the first of these functions of
        # the C library, and to write them down on entry of the second.
        os.getsid(0)
        kernel(*arrays)
        os.getpgid(0)
