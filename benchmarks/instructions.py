"""Instructions that the hot kernels execute, a light curve, counted by callgrind.

A count does not feel what else the machine does: the same code on the same light curves gives the
same to a part in thousands, so that a change of a few per cent is one of the code. It is compared
with what `results.json` holds from before; who has a reason to make it slower commits the new one.

Code is compiled for x86-64-v3 (AVX2), which callgrind understands, whatever the machine. Needs
`valgrind`.

    tox run -e bench -- instructions
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from harmonic_fit import simulate
from run import HERE, Row

ALLOWED = 1.05
N_STARS = 40
TARGET = {"NUMBA_CPU_NAME": "x86-64-v3", "NUMBA_CPU_FEATURES": "+avx,+avx2,+bmi,+bmi2,+fma"}
# What is counted, of `_counted.py`, and on which light curves.
COUNTS = {
    "harmonic fit, RRab, 45 epochs": ("fit", "RRab"),
    "harmonic fit, RRc, 45 epochs": ("fit", "RRc"),
    "periodogram and its peaks, 1–5 c/d, 45 epochs": ("periodogram", "RRab"),
}


def count(kernel: str, kind: str, folder: Path) -> float:
    """Give the thousands of instructions a light curve."""
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


def before() -> dict[str, float]:
    """Give the thousands that the table holds, by what was counted."""
    path = HERE / "results.json"
    kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    rows = kept.get("instructions", {"rows": []})["rows"]
    return {row["what"]: float(row["reached"].split()[0]) for row in rows if row["what"] in COUNTS}


def rows() -> Iterator[Row]:
    if not shutil.which("valgrind"):
        yield Row("none", "valgrind is not installed")
        return
    known = before()
    for what, (kernel, kind) in COUNTS.items():
        with tempfile.TemporaryDirectory() as folder:
            thousands = count(kernel, kind, Path(folder))
        limit = ALLOWED * known.get(what, np.inf)
        required = (f"≤ {limit:.0f} thousand", thousands <= limit) if what in known else ()
        yield Row(what, f"{thousands:.0f} thousand a light curve", *required)
