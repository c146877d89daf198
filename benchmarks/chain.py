"""How fast a catalogue is built, released and verified, on simulated stars."""

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from run import Row

from rrcat.release.publish import publish
from rrcat.release.verify import verify
from rrcat.run.build import build_catalogue
from rrcat.run.workspace import Request
from rrcat.simulate import write_survey

STARS = 20_000


def timed(action: Callable, *args: object, **kwargs: object) -> tuple:
    started = time.perf_counter()
    return action(*args, **kwargs), time.perf_counter() - started


def rows() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        small = write_survey(folder / "small", 50)
        build_catalogue(Request(small, folder / "warm", workers=1))  # compiles the kernels
        recipe, seconds = timed(write_survey, folder / "survey", STARS)
        yield Row(f"simulate {STARS:,} stars", f"{seconds:.1f} s")
        for workers in (1, 2):
            candidate = folder / f"candidate-{workers}"
            _, seconds = timed(build_catalogue, Request(recipe, candidate, workers=workers))
            rate = STARS / seconds
            yield Row(f"build, {workers} worker(s)", f"{seconds:.1f} s, {rate:,.0f} stars/s")
        release, seconds = timed(publish, candidate, "1.0.0", into=folder)
        yield Row("release", f"{seconds:.1f} s")
        findings, seconds = timed(verify, release)
        yield Row("verify", f"{seconds:.1f} s, {len(findings)} findings", "0", not findings)
