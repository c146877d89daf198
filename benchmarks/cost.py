"""What a million stars cost: processor time of each stage, measured, and what follows from it.

    tox run -e bench -- cost

Simulated stars in G, BP and RP with as many observations as Gaia DR3 has, those of `scale`, are
built for two numbers of stars. Stages run in worker processes, whose time is taken partition by
partition, apart from that of the first in each process, which loads libraries and models. The rest
is done by one process; what of it grows with the number of stars is told from what does not, as
learning, by the difference of the two. Memory is the peak of a worker in all its stages.
"""

import json
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import polars as pl
from run import Row
from scale import CACHE, simulated, step, written_recipe

from rrcat.run import stage
from rrcat.run.partition import Unit
from rrcat.run.parts import make_part
from rrcat.run.work import Predict

STARS = (10_000, 30_000)
WORKERS = 2
CORES = (1, 16, 256)
LOG = "RRCAT_COST_LOG"
MILLION = 1e6


def timed_part(work: Callable[[Any], pl.DataFrame], unit: Unit, folder: Path) -> str:
    """Make a part, and note what it took in the file that the environment names."""
    before = time.process_time()
    name = make_part(work, unit, folder)
    told = {
        "work": work.bundle.name if isinstance(work, Predict) else type(work).__name__,
        "of": folder.name,
        "process": os.getpid(),
        "stars": unit.n_stars,
        "processor": time.process_time() - before,
        "GiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
        "bytes": (folder / name).stat().st_size,
    }
    with Path(os.environ[LOG]).open("a", encoding="utf-8") as log:
        log.write(json.dumps(told) + "\n")
    return name


def measured(n_stars: int, folder: Path) -> dict[str, Any]:
    """Build, release and verify so many stars; give what each took of the processor [s]."""
    written_recipe(n_stars, folder)
    os.environ[LOG] = str(folder / "log.jsonl")
    survey = simulated(n_stars, CACHE)
    taken: dict[str, Any] = {}
    for each in ("build", "release", "verify"):
        before = time.process_time()
        step(each, folder, survey, WORKERS)
        taken[each] = time.process_time() - before
    taken["parts"] = [json.loads(line) for line in (folder / "log.jsonl").open()]
    taken["bytes"] = {
        "store": size(survey / "store"),
        "release": size(folder / "demo-1.0.0"),
    }
    return taken


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def stages(parts: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Give what each stage takes a star [s, bytes], and the first partition of a process beyond."""
    found: dict[str, dict[str, float]] = {}
    parts = [part for part in parts if not part["of"].startswith("calibration")]
    for work in dict.fromkeys(part["work"] for part in parts):
        told = found[work] = {}
        its = [part for part in parts if part["work"] == work]
        first: dict[int, dict[str, Any]] = {}
        for part in its:
            first.setdefault(part["process"], part)
        later = [part for part in its if part not in first.values()]
        told["processor"] = statistics.median(part["processor"] / part["stars"] for part in later)
        told["start"] = statistics.median(
            part["processor"] - told["processor"] * part["stars"] for part in first.values()
        )
        told["bytes"] = sum(part["bytes"] for part in its) / sum(part["stars"] for part in its)
    return found


def rows() -> Iterator[Row]:
    CACHE.mkdir(parents=True, exist_ok=True)
    taken = []
    with patch.object(stage, "make_part", timed_part), patch.dict(os.environ):
        for n_stars in (STARS[0], *STARS):  # the first loads libraries, and does not count
            with tempfile.TemporaryDirectory(dir=CACHE) as name:
                taken.append(measured(n_stars, Path(name)))
    _, fewer, more = taken
    yield from told(stages(more["parts"]), fewer, more)


def told(
    parallel: dict[str, dict[str, float]], fewer: dict[str, Any], more: dict[str, Any]
) -> Iterator[Row]:
    """Give the rows of the table, the measured ones and those that follow from them."""
    for work, one in parallel.items():
        yield Row(
            f"{work}, a million stars",
            f"{one['processor'] * MILLION:,.0f} s of a core; {one['bytes'] * MILLION / 1e9:.2f} GB "
            f"written; start of a process {max(0, one['start']):.1f} s",
        )
    most = max(part["GiB"] for part in more["parts"])
    yield Row("a worker, all its stages", f"up to {most:.2f} GiB")
    serial, constant = {}, {}
    for each in ("build", "release", "verify"):
        serial[each] = (more[each] - fewer[each]) / (STARS[1] - STARS[0])
        constant[each] = max(0.0, fewer[each] - serial[each] * STARS[0])
        yield Row(
            f"{each}, in one process",
            f"{serial[each] * MILLION:,.0f} s for a million stars, and {constant[each]:.0f} s",
        )
    for name, total in more["bytes"].items():
        yield Row(f"{name}, a million stars", f"{total / STARS[1] * MILLION / 1e9:.2f} GB")
    spread = sum(one["processor"] for one in parallel.values()) * MILLION
    start = sum(max(0.0, one["start"]) for one in parallel.values())
    alone = sum(serial.values()) * MILLION + sum(constant.values())
    for cores in CORES:
        seconds = spread / cores + start + alone
        yield Row(
            f"computed: a million stars on {cores} core(s)",
            f"{seconds / 60:.1f} min, of them {alone / seconds:.0%} in one process",
        )
