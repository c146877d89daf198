"""Whether a cluster whose workers are killed comes to the bytes of an undisturbed build."""

import hashlib
import logging
import os
import random
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from run import Row

from rrcat.run.build import build_catalogue
from rrcat.run.workspace import Request
from rrcat.simulate import write_survey

STARS, PARTITION = 40_000, 400
SECONDS_BETWEEN_KILLS = (20, 2)
TABLES = ("catalogue", "features", "predictions")


@dataclass
class Killed:
    """How many workers have been killed."""

    workers: int = 0


@contextmanager
def killing(cluster: Any, seconds: float | None) -> Iterator[Killed]:
    """Kill a worker of a cluster every so many seconds; None spares them.

    Its process must have come up: dask does not restart one that dies while it starts.
    """
    told, ended, chosen = Killed(), threading.Event(), random.Random(0)

    def kill() -> None:
        while not ended.wait(seconds):
            started = [nanny.process for nanny in cluster.workers.values() if nanny.process]
            up = [one.pid for one in started if one.status.name == "running" and one.pid]
            if up:
                os.kill(chosen.choice(up), signal.SIGKILL)
                told.workers += 1

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        yield told
    finally:
        ended.set()
        thread.join()


def digests(candidate: Path) -> list[str]:
    """Give the SHA-256 of the tables of a candidate."""
    files = [candidate / f"{name}.parquet" for name in TABLES]
    return [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]


def rows() -> Iterator[Row]:
    import dask
    from distributed import LocalCluster

    # Otherwise a worker that is starting again 15 s after it died is given up for ever.
    patient = dask.config.set({"distributed.deploy.lost-worker-timeout": "1h"})
    with patient, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        recipe = write_survey(folder / "survey", STARS)
        started = time.monotonic()
        build_catalogue(Request(recipe, folder / "here", workers=2, partition_size=PARTITION))
        seconds = time.monotonic() - started
        what = f"{STARS:,} stars, {STARS // PARTITION} partitions"
        yield Row(f"{what}, 2 processes", f"{seconds:.0f} s")
        for between in (None, *SECONDS_BETWEEN_KILLS):
            there = folder / f"there-{between}"
            with (
                LocalCluster(
                    n_workers=2,
                    threads_per_worker=1,
                    dashboard_address=":0",
                    silence_logs=logging.CRITICAL,
                ) as cluster,
                killing(cluster, between) as killed,
            ):
                started = time.monotonic()
                request = Request(recipe, there, partition_size=PARTITION)
                build_catalogue(replace(request, scheduler=cluster.scheduler_address))
                seconds = time.monotonic() - started
            same = digests(there) == digests(folder / "here")
            met = same and (between is None or killed.workers > 0)
            how = "undisturbed" if between is None else f"one killed every {between} s"
            reached = f"{seconds:.0f} s, {killed.workers or 'nobody'} killed"
            if not same:
                reached += ", other bytes"
            required = "the same bytes" if between is None else "some killed, the same bytes"
            yield Row(f"{what}, 2 workers of dask, {how}", reached, required, met)
