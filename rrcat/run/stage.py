"""A stage: the same work for every unit, each result kept as a part."""

from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future, as_completed
from pathlib import Path

import polars as pl
from rich.progress import Progress

from rrcat.errors import RunError
from rrcat.run.partition import AnyUnit
from rrcat.run.parts import finished_parts, make_part


def run_stage(
    title: str,
    work: Callable[[AnyUnit], pl.DataFrame],
    units: list[AnyUnit],
    folder: Path,
    *,
    executor: Executor,
    progress: Progress,
) -> None:
    """Do the work of every unit that has no part yet.

    What is finished stays when one fails: the first error is raised once the units
    under way have ended.

    Raises
    ------
    RunError
        A worker process died.
    """
    folder.mkdir(parents=True, exist_ok=True)
    finished = finished_parts(units, folder)
    bar = progress.add_task(title, total=sum(unit.n_stars for unit in units))
    progress.advance(bar, sum(unit.n_stars for unit in finished))
    futures: dict[Future[str], AnyUnit] = {}
    try:
        for unit in units:
            if unit not in finished:
                future = executor.submit(make_part, work, unit, folder)
                futures[future] = unit
                if future.done():  # a serial executor has worked already
                    progress.advance(bar, unit.n_stars)
                    future.result()
                    del futures[future]
        for future in as_completed(futures):
            future.result()
            progress.advance(bar, futures[future].n_stars)
    except BrokenExecutor as error:
        raise RunError(
            "a worker process was ended from outside, perhaps because memory ran out",
            hint="run the same command again to go on, with fewer --workers or a smaller "
            "--partition-size",
        ) from error
    finally:
        for future in futures:
            future.cancel()
