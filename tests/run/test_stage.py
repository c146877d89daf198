"""A stage does what is missing, and keeps what is done."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from rrcat.errors import RunError
from rrcat.run.executor import SerialExecutor, executor
from rrcat.run.partition import Partition, partitions
from rrcat.run.parts import read_parts
from rrcat.run.progress import progress_bars
from rrcat.run.stage import run_stage

CUT = partitions(np.arange(50), 10)
EXECUTORS = [SerialExecutor, ThreadPoolExecutor]


class Work:
    """Squares, with a memory of what was asked and a partition that may fail."""

    def __init__(self, poisoned: int | None = None) -> None:
        self.asked: list[int] = []
        self.poisoned = poisoned

    def __call__(self, partition: Partition) -> pl.DataFrame:
        self.asked.append(partition.index)
        if partition.index == self.poisoned:
            raise ValueError(f"poisoned partition {partition.name}")
        ids = np.arange(partition.first, partition.last + 1)
        return pl.DataFrame({"source_id": ids, "square": ids**2})


def run(work: Work, folder: Path, kind: type = SerialExecutor) -> None:
    with progress_bars() as progress, kind() as executor:
        run_stage("Squaring", work, CUT, folder, executor=executor, progress=progress)


@pytest.mark.parametrize("kind", EXECUTORS)
def test_every_partition_is_worked_once(tmp_path: Path, kind: type) -> None:
    work = Work()
    run(work, tmp_path, kind)
    assert sorted(work.asked) == [0, 1, 2, 3, 4]
    assert read_parts(CUT, tmp_path)["square"].to_list() == [i**2 for i in range(50)]


@pytest.mark.parametrize("kind", EXECUTORS)
def test_after_a_failure_only_what_is_missing_is_done(tmp_path: Path, kind: type) -> None:
    with pytest.raises(ValueError, match="poisoned partition 20-29-10"):
        run(Work(poisoned=2), tmp_path, kind)
    again = Work()
    run(again, tmp_path, kind)
    assert 2 in again.asked
    assert 0 not in again.asked
    assert read_parts(CUT, tmp_path).height == 50


def die(partition: Partition) -> pl.DataFrame:
    os._exit(1)


def test_a_worker_that_dies_is_told_of(tmp_path: Path) -> None:
    with progress_bars() as progress, executor(2) as pool, pytest.raises(RunError, match="ended"):
        run_stage("Dying", die, CUT, tmp_path, executor=pool, progress=progress)


def test_the_letters_of_a_glob_are_letters(tmp_path: Path) -> None:
    for name in ("run[1]", "run1"):
        run(Work(), tmp_path / name)
        assert read_parts(CUT, tmp_path / name).height == 50
