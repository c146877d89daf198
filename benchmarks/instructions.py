"""Instructions that the hot kernels execute, a light curve, counted by callgrind.

A count does not feel what else the machine does: the same code on the same light curves gives the
same to a part in thousands, so that a change of a few per cent is one of the code, or of numba.
Each may be 5 % above the number that is written in this file; who has a reason to make it slower
writes the new one there, and so does who makes it faster.

Code is compiled for x86-64-v3 (AVX2), which callgrind understands, whatever the machine. Needs
`valgrind`.

    tox run -e bench -- instructions
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from run import NotMeasured, Row

ALLOWED = 1.05
N_STARS = 40
TARGET = {"NUMBA_CPU_NAME": "x86-64-v3", "NUMBA_CPU_FEATURES": "+avx,+avx2,+bmi,+bmi2,+fma"}
# What is counted, of `_counted.py`, on which light curves, and how many thousands it took.
COUNTS = {
    "harmonic fit, RRab, 45 epochs": ("fit", "RRab", 315),
    "harmonic fit, RRc, 45 epochs": ("fit", "RRc", 254),
    "periodogram and its peaks, 1–5 c/d, 45 epochs": ("periodogram", "RRab", 13_350),
}


def count(kernel: str, kind: str, folder: Path) -> float:
    """Give the thousands of instructions a light curve."""
    from harmonic_fit import simulate  # needs the peers

    curves = folder / "curves.npz"
    names = ("offsets", "time", "mag", "error")
    *arrays, truth = simulate(kind, N_STARS, 45, seed=1)
    np.savez(curves, **dict(zip(names, arrays, strict=True)), period=truth["period"])
    environment = {**os.environ, **TARGET, "NUMBA_CACHE_DIR": str(folder), "OMP_NUM_THREADS": "1"}
    program = [sys.executable, str(Path(__file__).with_name("_counted.py")), kernel, str(curves)]
    # Compiled outside, since everything takes fifty times as long inside.
    subprocess.run(program, env=environment, check=True)
    out = folder / "counts"
    callgrind = ["valgrind", "--quiet", "--tool=callgrind", "--instr-atstart=no"]
    marks = ["--zero-before=getsid*", "--dump-before=getpgid*", f"--callgrind-out-file={out}"]
    subprocess.run(
        [*callgrind, *marks, *program, "count"],
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    dump = out.with_name("counts.1").read_text(encoding="utf-8")
    total = re.search(r"^(?:totals|summary): (\d+)", dump, re.MULTILINE)
    assert total, "callgrind wrote no total"
    return int(total[1]) / N_STARS / 1e3


def rows() -> Iterator[Row]:
    if not shutil.which("valgrind"):
        raise NotMeasured("valgrind is not installed")
    for what, (kernel, kind, taken) in COUNTS.items():
        with tempfile.TemporaryDirectory() as folder:
            thousands = count(kernel, kind, Path(folder))
        most = ALLOWED * taken
        reached = f"{thousands:,.0f} thousand a light curve"
        yield Row(what, reached, f"≤ {most:,.0f} thousand", thousands <= most)
