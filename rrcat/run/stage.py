"""A stage: the same work for every partition, each result kept as a part."""

from collections.abc import Callable
from concurrent.futures import Executor, Future, as_completed
from pathlib import Path

import polars as pl
from rich.progress import Progress

from rrcat.run.partition import Partition
from rrcat.run.parts import finished_parts, make_part


def run_stage(
    title: str,
    work: Callable[[Partition], pl.DataFrame],
    partitions: list[Partition],
    folder: Path,
    *,
    executor: Executor,
    progress: Progress,
) -> None:
    """Do the work of every partition that has no part yet.

    What is finished stays when a partition fails: the first error is raised once the partitions
    under way have ended.
    """
    folder.mkdir(parents=True, exist_ok=True)
    finished = finished_parts(partitions, folder)
    bar = progress.add_task(title, total=sum(partition.n_stars for partition in partitions))
    progress.advance(bar, sum(partition.n_stars for partition in finished))
    futures: dict[Future[str], Partition] = {}
    try:
        for partition in partitions:
            if partition not in finished:
                future = executor.submit(make_part, work, partition, folder)
                futures[future] = partition
                if future.done():  # a serial executor has worked already
                    progress.advance(bar, partition.n_stars)
                    future.result()
                    del futures[future]
        for future in as_completed(futures):
            future.result()
            progress.advance(bar, futures[future].n_stars)
    finally:
        for future in futures:
            future.cancel()
