"""A stage does what is missing, and keeps what is done."""

import errno
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from rrcat.errors import PluginError, RunError
from rrcat.run.executor import SerialExecutor, executor
from rrcat.run.partition import Partition, partitions
from rrcat.run.parts import read_parts
from rrcat.run.progress import progress_bars
from rrcat.run.stage import run_stage

CUT = partitions(np.arange(50), 10)
EXECUTORS = [SerialExecutor, ThreadPoolExecutor]


class Work:
    """Squares, with a memory of what was asked; a partition may fail, or always every one."""

    def __init__(
        self, poisoned: int | None = None, error: Exception | None = None, always: bool = False
    ) -> None:
        self.asked: list[int] = []
        self.poisoned, self.error, self.always = poisoned, error, always

    def __call__(self, partition: Partition) -> pl.DataFrame:
        self.asked.append(partition.index)
        if self.always or partition.index == self.poisoned:
            raise self.error or ValueError(f"poisoned partition {partition.name}")
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
def test_a_unit_that_fails_is_named_and_the_others_finish(tmp_path: Path, kind: type) -> None:
    with pytest.raises(RunError) as caught:
        run(Work(poisoned=2), tmp_path, kind)
    assert caught.value.message == (
        "Squaring: 1 of 5 units of work failed; the other 4 are finished\n"
        "  stars 20–29: ValueError: poisoned partition 20-29-10"
    )
    assert caught.value.hint is not None
    assert "run the same command again" in caught.value.hint
    assert "in __call__" in caught.value.__notes__[0]  # where the plugin raised, for --debug
    again = Work()
    run(again, tmp_path, kind)
    assert again.asked == [2]
    assert read_parts(CUT, tmp_path).height == 50


def test_an_error_with_a_hint_keeps_it(tmp_path: Path) -> None:
    work = Work(poisoned=2, error=PluginError("too few stars", star=21, hint="ask for more"))
    with pytest.raises(
        RunError, match=r"  stars 20–29: PluginError: too few stars \[star: 21\]\n"
    ) as caught:
        run(work, tmp_path)
    assert caught.value.hint is not None
    assert caught.value.hint.startswith("ask for more; ")


def test_an_error_that_one_plugin_made_names_it(tmp_path: Path) -> None:
    with pytest.raises(RunError) as caught:
        run(Work(poisoned=2, error=PluginError("too few stars", plugin="alpha")), tmp_path)
    assert caught.value.where == {"plugin": "alpha"}


def test_a_full_disk_is_no_fault_of_a_unit(tmp_path: Path) -> None:
    work = Work(poisoned=2, error=OSError(errno.ENOSPC, "no space left on device"))
    with pytest.raises(OSError, match="no space left"):
        run(work, tmp_path)
    assert work.asked == [0, 1, 2]


def test_where_all_fail_most_are_not_tried(tmp_path: Path) -> None:
    work = Work(poisoned=None, error=KeyError("feh"), always=True)
    cut = partitions(np.arange(1000), 10)
    with (
        progress_bars() as progress,
        pytest.raises(RunError, match="none succeeded, and 90 were not tried") as caught,
    ):
        run_stage("Failing", work, cut, tmp_path, executor=SerialExecutor(), progress=progress)
    assert "\n  and 5 more" in caught.value.message


def die(partition: Partition) -> pl.DataFrame:
    if partition.index == 2:
        os._exit(1)
    return pl.DataFrame({"source_id": [partition.first]})


def test_a_unit_that_kills_its_process_is_named_and_the_others_finish(tmp_path: Path) -> None:
    with (
        progress_bars() as progress,
        executor(2) as pool,
        pytest.raises(
            RunError, match=r"other 4 .*\n  stars 20–29: its worker process died"
        ) as told,
    ):
        run_stage("Dying", die, CUT, tmp_path, executor=pool, progress=progress)
    assert told.value.hint is not None
    assert "memory" in told.value.hint
    assert len(list(tmp_path.iterdir())) == 4


def test_what_no_unit_of_the_stage_has_made_is_removed(tmp_path: Path) -> None:
    def strange(partition: Partition) -> pl.DataFrame:
        (tmp_path / f"{partition.name}.0123456789abcdef.parquet").touch()
        return pl.DataFrame({"source_id": [partition.first]})

    with progress_bars() as progress:
        run_stage("Cuckoo", strange, CUT, tmp_path, executor=SerialExecutor(), progress=progress)
    assert read_parts(CUT, tmp_path)["source_id"].to_list() == [0, 10, 20, 30, 40]


def test_the_letters_of_a_glob_are_letters(tmp_path: Path) -> None:
    for name in ("run[1]", "run1"):
        run(Work(), tmp_path / name)
        assert read_parts(CUT, tmp_path / name).height == 50
