"""How fast a fetch is against bare pyvo asking the same, and how much memory it takes.

    python benchmarks/fetch.py rrcat ARGUMENTS      the command line of rrcat
    python benchmarks/fetch.py pyvo URL QUERIES     queries from a JSON file, one after another

Both ask a private TAP server on this machine (tests/servers) for the light curves of 20,000 stars:
one query for the stars, and then one for each chunk of them, with their identifiers uploaded, as
the built-in profile says. The times are of whole processes, the better of two; memory is the peak
of the process, which it writes in the end.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests" / "servers"))

STARS, MORE_STARS = 20_000, 60_000
TIMES = 1.3  # of the peer
MEMORY = 500.0  # MB
ROUNDS = 2


@dataclass(frozen=True)
class Run:
    """What a process took: seconds, and at its peak MB."""

    seconds: float
    memory: float


def rows() -> Iterator[Any]:
    import archive_tables
    import dachs
    from run import NotMeasured, Row

    data = Path(os.environ.get("RRCAT_TEST_DATA", HERE.parents[1] / "shared" / "data"))
    lacking = dachs.missing() or (None if data.is_dir() else f"there is no {data}")
    if lacking:
        raise NotMeasured(lacking)
    with (
        dachs.serving(archive_tables.survey_tables(data, MORE_STARS)) as server,
        tempfile.TemporaryDirectory() as folder,
    ):
        place = Path(folder)
        rounds = [_round(server.url, place / str(number)) for number in range(ROUNDS)]
        rrcat, alone, peer = zip(*rounds, strict=True)
        ours, one, theirs = (min(run.seconds for run in runs) for runs in (rrcat, alone, peer))
        yield Row(f"pyvo, {STARS:,} stars, no files written", f"{theirs:.1f} s")
        yield Row(
            f"`rrcat fetch`, {STARS:,} stars, one query at a time",
            f"{one:.1f} s, {one / theirs:.2f} × pyvo",
            f"≤ {TIMES} × pyvo",
            one <= TIMES * theirs,
        )
        yield Row(
            f"`rrcat fetch`, {STARS:,} stars, two queries at a time",
            f"{ours:.1f} s, {ours / theirs:.2f} × pyvo",
            f"≤ {TIMES} × pyvo",
            ours <= TIMES * theirs,
        )
        more = _fetch(server.url, place / "more", at_once=2, limit=MORE_STARS)
        for stars, memory in ((STARS, max(r.memory for r in rrcat)), (MORE_STARS, more.memory)):
            yield Row(
                f"peak memory of `rrcat fetch`, {stars:,} stars",
                f"{memory:.0f} MB",
                f"≤ {MEMORY:.0f} MB",
                memory <= MEMORY,
            )
        yield Row(f"peak memory of pyvo, {STARS:,} stars", f"{max(r.memory for r in peer):.0f} MB")


def _round(url: str, folder: Path) -> tuple[Run, Run, Run]:
    both = _fetch(url, folder / "two", at_once=2)
    alone = _fetch(url, folder / "one", at_once=1)
    queries = folder / "queries.json"
    queries.write_text(json.dumps(_queries(folder / "two")))
    return both, alone, _timed("pyvo", url, str(queries))


def _fetch(url: str, folder: Path, *, at_once: int, limit: int = STARS) -> Run:
    import tap_recipes

    archive = tap_recipes.gaia(url, "survey", service={"concurrency": at_once})
    recipe = tap_recipes.write_recipe(folder, archive)
    return _timed("rrcat", "fetch", str(recipe), "--limit", str(limit))


def _queries(fetched: Path) -> list[dict[str, Any]]:
    """Give the queries of a fetch: what, of which stars, and whether as a job."""
    from rrcat.archive.store import LocalStore
    from rrcat.catalogue.recipe import read_recipe

    archive = read_recipe(fetched / "recipe.toml").archive
    store = LocalStore.open(fetched / "fetched")
    stars, curves = (text.partition("\n")[2] for text in store.description["adql"])
    page = stars.replace("SELECT", f"SELECT TOP {STARS + 1}", 1) + " ORDER BY c1"
    count = "SELECT COUNT(*) AS n" + stars[stars.index(" FROM ") :]
    ids, size = store.source_ids().tolist(), archive.stars_in_chunk
    job = size > archive.service.sync_rows
    chunks = [ids[start : start + size] for start in range(0, len(ids), size)]
    return [
        {"adql": count, "ids": [], "job": False},
        {"adql": page, "ids": [], "job": True},
        *({"adql": curves, "ids": chunk, "job": job} for chunk in chunks),
    ]


def _timed(*arguments: str) -> Run:
    started = time.perf_counter()
    done = subprocess.run([sys.executable, __file__, *arguments], capture_output=True, text=True)
    seconds = time.perf_counter() - started
    if done.returncode != 0:
        raise RuntimeError(f"{arguments} failed:\n{done.stderr}")
    return Run(seconds, float(done.stdout.split()[-1]))


def _rrcat(*arguments: str) -> int:
    from rrcat.cli.main import main

    return main(list(arguments))


def _peak() -> float:
    """Give the peak of this process's memory [MB]; getrusage would count that of its parent."""
    told = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", told)[1]) / 1024


def _pyvo(url: str, queries: str) -> int:
    """Ask as the documentation of pyvo does, and keep all tables."""
    import pyvo
    from astropy.table import Table

    service = pyvo.dal.TAPService(url)
    tables = []
    for query in json.loads(Path(queries).read_text()):
        uploads = {"ids": Table({"id": query["ids"]})} if query["ids"] else None
        ask = service.run_async if query["job"] else service.run_sync
        tables.append(ask(query["adql"], maxrec=20_000_000, uploads=uploads).to_table())
    return 0 if sum(map(len, tables[2:])) == STARS else 1


if __name__ == "__main__":
    code = {"rrcat": _rrcat, "pyvo": _pyvo}[sys.argv[1]](*sys.argv[2:])
    print(_peak())
    sys.exit(code)
