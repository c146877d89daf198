"""Run every benchmark and write one table, `benchmarks/results.md`.

    python benchmarks/run.py [NAME ...]

A benchmark is a file beside this one with a function `rows()` that yields a `Row` for each thing it
measured. The exit code is 1 where a requirement is missed. Those that take hours run only when they
are named.
"""

import importlib
import os
import platform
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).resolve().parent
LONG = ("few_calibrators", "learning_curve", "robustness", "scale")


@dataclass(frozen=True)
class Row:
    """One line of the table; `passed` is None where nothing is required."""

    what: str
    reached: str
    required: str = ""
    passed: bool | None = None


def names() -> list[str]:
    return sorted(path.stem for path in HERE.glob("[!_]*.py") if path.stem != "run")


def table(rows: list[Row]) -> str:
    lines = ["| what | reached | required | |", "|---|---|---|---|"]
    for row in rows:
        mark = {True: "✓", False: "**missed**", None: ""}[row.passed]
        lines.append(f"| {row.what} | {row.reached} | {row.required} | {mark} |")
    return "\n".join(lines) + "\n"


def machine() -> str:
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        models = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        cpu = models[0].partition(": ")[2] if models else cpu
    used = ", ".join(f"{name} {version(name)}" for name in ("rrcat", "polars", "numpy", "numba"))
    return f"{cpu}, {os.cpu_count()} cores; Python {platform.python_version()}, {used}"


def measured(chosen: list[str]) -> Iterator[tuple[str, list[Row]]]:
    for name in chosen:
        print(f"{name} ...", flush=True)
        rows = list(importlib.import_module(name).rows())
        print(table(rows), flush=True)
        yield name, rows


def main(arguments: list[str]) -> int:
    if unknown := sorted(set(arguments) - set(names())):
        print(f"there is no benchmark {', '.join(unknown)}; there are {', '.join(names())}")
        return 2
    results = dict(measured(arguments or [name for name in names() if name not in LONG]))
    if not arguments:
        sections = [f"## {name}\n\n{table(rows)}" for name, rows in results.items()]
        head = f"# Results\n\nWritten by `tox run -e bench`. {machine()}\n"
        (HERE / "results.md").write_text("\n".join([head, *sections]), encoding="utf-8")
    missed = [row for rows in results.values() for row in rows if row.passed is False]
    return 1 if missed else 0


if __name__ == "__main__":
    sys.modules["run"] = sys.modules["__main__"]  # so that `from run import Row` is this Row
    sys.exit(main(sys.argv[1:]))
