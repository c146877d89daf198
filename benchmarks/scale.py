"""How long the whole chain takes and what it holds in memory, for 30, 90 and 270 thousand stars.

    tox run -e bench -- scale
    python benchmarks/scale.py [--stars N ...] [--workers N] [--cache FOLDER]      of other numbers

Simulated stars in G, BP and RP, with as many observations as Gaia DR3 has, stand in a local store;
from there they become a catalogue by three estimators, a release in three formats, and are
verified, each step a process of its own. There are as many spectra for any number of stars, those
of the first ten thousand. Memory is the proportional share (PSS) of that process and all its
workers, looked at twice a second.

The simulated surveys, about 1 GB, stay in the cache and are used until `rrcat.simulate` changes.
What is no longer wanted may be removed there; what lacks is simulated anew.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from unittest.mock import patch

import polars as pl
from run import Row

from rrcat.release.candidate import read_candidate
from rrcat.release.publish import publish
from rrcat.release.verify import verify
from rrcat.run import data
from rrcat.run.build import build_catalogue
from rrcat.run.code import code_digest
from rrcat.run.workspace import Request
from rrcat.simulate.archive import write_archive
from rrcat.simulate.config import SimulatedArchive

STARS = (30_000, 90_000, 270_905)
WORKERS = 2
WITH_SPECTRA = 10_000
MOST_SECONDS, MOST_GIB = 300, 3.0
UNEVEN, MORE_MEMORY = 0.05, 1.10
CACHE = Path(tempfile.gettempdir()) / "rrcat-scale"
BETWEEN_LOOKS = 0.5
STEPS = ("build", "release", "verify")
RECIPE = """
[catalogue]
name = "demo"
title = "Metallicities of simulated RR Lyrae stars"
scale = "C21"
band = "G"

[archive]
kind = "simulated"
stars = {n_stars}

[calibration]
file = "spectra.parquet"
scale = "C21"
error_floor = 0.05

[calibration.columns]
source_id = "source_id"
other_id = "other_id"
name = "name"
feh = "feh"
feh_error = "feh_error"
shift = "shift"
source = "source"
instrument = "instrument"
pulsation_type = "pulsation_type"

[distance]
relation = "muraveva18"
extinction = [{ kind = "ebv", system = "SF11" }]
scatter = 0.09

[[estimator]]
id = "fourier-xgboost"
params = { band = "G", n_trials = 2, max_rounds = 150, n_boosters = 2 }

[[estimator]]
id = "bayes-relation"
params = { band = "G", sampler = { chains = 2, warmup = 500, draws = 500 } }

[[estimator]]
id = "literature-relations"
params = { relations = ["muraveva25"] }
"""


def simulated(n_stars: int, cache: Path) -> Path:
    """Give the folder of a simulated survey, made once by the code that simulates now."""
    folder = cache / f"survey-{n_stars}-{code_digest('rrcat.simulate')[:8]}"
    if not folder.exists():
        write_archive(SimulatedArchive(kind="simulated", stars=n_stars), folder)
    return folder


def written_recipe(n_stars: int, folder: Path) -> Path:
    """Write the recipe for so many stars."""
    recipe = folder / "recipe.toml"
    recipe.write_text(RECIPE.replace("{n_stars}", str(n_stars)), encoding="utf-8")
    return recipe


def step(name: str, folder: Path, survey: Path, workers: int) -> None:
    """Do one step of the chain, in the process that is measured."""
    candidate, release = folder / "candidate", folder / "demo-1.0.0"
    if name == "build":
        # A simulated archive belongs to its build; here it is taken from the cache.
        def linked(_: object, into: Path) -> data.LocalStore:
            shutil.copytree(survey, into, copy_function=os.link)
            spectra = into / "spectra.parquet"
            few = pl.read_parquet(spectra).filter(pl.col("source_id") <= WITH_SPECTRA)
            spectra.unlink()
            few.write_parquet(spectra)
            return data.LocalStore.open(into / data.STORE)

        with patch.object(data, "write_archive", linked):
            build_catalogue(Request(folder / "recipe.toml", candidate, workers=workers))
    elif name == "release":
        failed = read_candidate(candidate).failed
        publish(candidate, "1.0.0", into=folder, override="a benchmark" if failed else None)
    elif findings := verify(release):
        raise SystemExit("\n".join(map(str, findings)))


def measured(command: Sequence[str]) -> dict[str, float]:
    """Run a command; give its seconds, also those of the processor, and the most memory [GiB].

    Seconds of the processor and memory are those of the process and all its children.
    """
    started, before, most = time.perf_counter(), os.times(), 0
    process = subprocess.Popen(command)
    while process.poll() is None:
        most = max(most, sum(map(proportional, family(process.pid))))
        time.sleep(BETWEEN_LOOKS)
    seconds, after = time.perf_counter() - started, os.times()
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed")
    worked = after.children_user + after.children_system
    worked -= before.children_user + before.children_system
    return {"seconds": seconds, "processor": worked, "GiB": most / 2**20}


def family(pid: int) -> list[int]:
    """Give a process and all that it started."""
    found = [pid]
    for one in found:
        with suppress(OSError):
            for thread in Path(f"/proc/{one}/task").iterdir():
                found += map(int, (thread / "children").read_text().split())
    return found


def proportional(pid: int) -> int:
    """Give the proportional share of memory [KiB] of a process; 0 where it has ended."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0


def chain(n_stars: int, workers: int, cache: Path) -> dict[str, Any]:
    """Give what each step and all of them take, and the number of observations."""
    survey = simulated(n_stars, cache)
    tables = json.loads((survey / "store" / "store.json").read_bytes())["tables"]
    taken: dict[str, Any] = {
        "stars": n_stars,
        "observations": sum(part["rows"] for part in tables["light_curves"]),
    }
    with tempfile.TemporaryDirectory(dir=cache) as name:
        written_recipe(n_stars, Path(name))
        for each in STEPS:
            asked = ["--step", each, "--folder", name, "--stars", str(n_stars)]
            asked += ["--workers", str(workers), "--cache", str(cache)]
            found = measured([sys.executable, __file__, *asked])
            taken[each] = {key: round(value, 2) for key, value in found.items()}
    for key, together in (("seconds", sum), ("processor", sum), ("GiB", max)):
        taken[key] = round(together(taken[each][key] for each in STEPS), 2)
    return taken


def rows(
    stars: Sequence[int] = STARS, workers: int = WORKERS, cache: Path = CACHE
) -> Iterator[Row]:
    cache.mkdir(parents=True, exist_ok=True)
    chains = []
    for n_stars in stars:
        taken = chain(n_stars, workers, cache)
        chains.append(taken)
        print(json.dumps(taken), flush=True)
        told = ", ".join(f"{each} {taken[each]['seconds']} s" for each in STEPS)
        whole = n_stars == STARS[-1]
        yield Row(
            f"{n_stars:,} stars, {taken['observations'] / 1e6:.1f} million observations, "
            f"{workers} workers",
            f"{taken['seconds']:.0f} s ({told}), {taken['GiB']:.2f} GiB",
            f"{MOST_SECONDS} s, {MOST_GIB:g} GiB" if whole else "",
            taken["seconds"] <= MOST_SECONDS and taken["GiB"] <= MOST_GIB if whole else None,
        )
    if len(chains) < 3:
        return
    small, middle, large = chains[-3:]
    early, late = (
        1e3 * (more["processor"] - fewer["processor"]) / (more["stars"] - fewer["stars"])
        for fewer, more in ((small, middle), (middle, large))
    )
    yield Row(
        "a star more, processor time",
        f"{early:.3f} ms from {small['stars']:,} on, {late:.3f} ms from {middle['stars']:,} on",
        f"equal within {UNEVEN:.0%}",
        abs(late / early - 1) <= UNEVEN,
    )
    memories = [taken["GiB"] for taken in chains]
    most = max(memories) / min(memories)
    yield Row(
        "memory of " + ", ".join(f"{taken['stars']:,}" for taken in chains) + " stars",
        ", ".join(f"{gib:.2f}" for gib in memories) + f" GiB, the most {most:.2f} × the least",
        f"≤ {MORE_MEMORY:.2f} ×",
        most <= MORE_MEMORY,
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stars", type=int, nargs="+", default=STARS)
    parser.add_argument("--workers", type=int, default=WORKERS)
    parser.add_argument("--cache", type=Path, default=CACHE, help="folder of simulated surveys")
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.step:
        survey = simulated(given.stars[0], given.cache)
        step(given.step, given.folder, survey, given.workers)
    else:
        for row in rows(given.stars, given.workers, given.cache):
            print(f"{row.what}: {row.reached}")
