"""Run every benchmark and write one table, `benchmarks/results.md` and `benchmarks/results.json`.

    python benchmarks/run.py [NAME ...]

A benchmark is a file beside this one with a function `rows()` that yields a `Row` for each thing it
measured. Those that were run replace what the table held of them; one that lacks what it needs is
told and leaves the table as it is. The exit code is 1 where a requirement is missed.
"""

import argparse
import importlib
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
# They take hours, an evaluation that was made before, or a gigabyte of the disk.
ONLY_NAMED = ("few_calibrators", "learning_curve", "robustness", "scale")
LIBRARIES = ("rrcat", "polars", "numpy", "numba")
HEAD = """# Results

Written by `tox run -e bench`, with `results.json`. Times are of one core and the least of some
repeats, where it is not said otherwise; the spread is that of the repeats.
"""


@dataclass(frozen=True)
class Spread:
    """What repeats of one measurement gave."""

    minimum: float
    median: float
    maximum: float
    unit: str

    @classmethod
    def of(cls, values: list[float], unit: str) -> "Spread":
        return cls(min(values), statistics.median(values), max(values), unit)

    def __str__(self) -> str:
        return f"{self.minimum:.3g} – {self.median:.3g} – {self.maximum:.3g} {self.unit}"


@dataclass(frozen=True)
class Row:
    """One line of the table; `passed` is None where nothing is required."""

    what: str
    reached: str
    required: str = ""
    passed: bool | None = None
    spread: Spread | None = None


class NotMeasured(Exception):
    """A benchmark lacks what it needs: a program, data or a server."""


def names() -> list[str]:
    return sorted(path.stem for path in HERE.glob("[!_]*.py") if path.stem != "run")


def table(rows: list[Row]) -> str:
    spread = any(row.spread for row in rows)
    lines = [
        f"| what | reached | {'min – median – max | ' if spread else ''}required | |",
        f"|---|---|---|---|{'---|' if spread else ''}",
    ]
    for row in rows:
        mark = {True: "✓", False: "**missed**", None: ""}[row.passed]
        between = f"{row.spread or ''} | " if spread else ""
        lines.append(f"| {row.what} | {row.reached} | {between}{row.required} | {mark} |")
    return "\n".join(lines) + "\n"


def machine() -> str:
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        models = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        cpu = models[0].partition(": ")[2] if models else cpu
    used = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return f"{cpu}, {os.cpu_count()} cores; Python {platform.python_version()}, {used}"


def measured(chosen: list[str]) -> Iterator[tuple[str, list[Row]]]:
    for name in chosen:
        print(f"{name} ...", flush=True)
        started = time.monotonic()
        try:
            rows = list(importlib.import_module(name).rows())
        except NotMeasured as lacking:
            print(f"{name} is not measured, and its results stay as they were: {lacking}\n")
            continue
        print(f"{table(rows)}\n{(time.monotonic() - started) / 60:.1f} min\n", flush=True)
        yield name, rows


def keep(results: dict[str, list[Row]]) -> None:
    """Put what was measured in place of what the files held of it."""
    path = HERE / "results.json"
    kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    for name, rows in results.items():
        kept[name] = {"machine": machine(), "rows": [asdict(row) for row in rows]}
    kept = {name: kept[name] for name in names() if name in kept}
    text = json.dumps(kept, indent=1, ensure_ascii=False, default=bool)  # numpy has its own bool
    path.write_text(text + "\n", encoding="utf-8")
    sections = [
        f"## {name}\n\n{section['machine']}\n\n{table([_row(row) for row in section['rows']])}"
        for name, section in json.loads(text).items()
    ]
    (HERE / "results.md").write_text("\n".join([HEAD, *sections]), encoding="utf-8")


def _row(kept: dict[str, Any]) -> Row:
    spread = kept.pop("spread")
    return Row(**kept, spread=Spread(**spread) if spread else None)


def main(arguments: list[str]) -> int:
    usual = [name for name in names() if name not in ONLY_NAMED]
    parser = argparse.ArgumentParser(
        prog="benchmarks/run.py",
        description="Run benchmarks, and write what they measure to results.md and results.json.",
        epilog=f"Without a NAME: {', '.join(usual)}. Only by NAME: {', '.join(ONLY_NAMED)}.",
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="a benchmark to run")
    chosen = parser.parse_args(arguments).names
    if unknown := sorted(set(chosen) - set(names())):
        parser.error(f"there is no benchmark {', '.join(unknown)}; there are {', '.join(names())}")
    results = {}
    for name, rows in measured(chosen or usual):
        results[name] = rows
        keep({name: rows})
    missed = [row for rows in results.values() for row in rows if row.passed is False]
    return 1 if missed else 0


if __name__ == "__main__":
    sys.modules["run"] = sys.modules["__main__"]  # so that `from run import Row` is this Row
    sys.exit(main(sys.argv[1:]))
