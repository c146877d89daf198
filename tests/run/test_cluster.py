"""A dask cluster of this machine does the work of a build, to the same bytes."""

import json
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from rrcat.cli.main import main
from rrcat.errors import RunError
from rrcat.run.build import build_catalogue
from rrcat.run.cluster import ClusterExecutor, connected
from rrcat.run.partition import Partition, partitions
from rrcat.run.parts import read_parts
from rrcat.run.progress import progress_bars
from rrcat.run.stage import run_stage
from rrcat.run.workspace import Request
from rrcat.simulate import write_survey

CUT = partitions(np.arange(60), 10)


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    """Two workers of one thread each."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=logging.CRITICAL
    ) as cluster:
        yield cluster.scheduler_address


def test_the_bytes_are_those_of_one_process(scheduler: str, tmp_path: Path) -> None:
    recipe = write_survey(tmp_path / "survey", n_stars=60)
    build_catalogue(Request(recipe, tmp_path / "here", workers=1, partition_size=60))
    build_catalogue(Request(recipe, tmp_path / "there", scheduler=scheduler, partition_size=15))
    for file in ("catalogue.parquet", "features.parquet", "predictions.parquet", "candidate.json"):
        assert (tmp_path / "there" / file).read_bytes() == (tmp_path / "here" / file).read_bytes()
    assert not list((tmp_path / "there").glob(".workers*"))


class Once:
    """Work that kills its process the first time, for one of the units."""

    def __init__(self, marks: Path) -> None:
        self.marks = marks

    def __call__(self, unit: Partition) -> pl.DataFrame:
        mark = self.marks / unit.name
        if unit.index == 2 and not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return pl.DataFrame({"source_id": [unit.first]})


def test_a_worker_that_dies_costs_nothing_but_time(scheduler: str, tmp_path: Path) -> None:
    (tmp_path / "marks").mkdir()
    with progress_bars() as progress, connected(scheduler) as client:
        run_stage(
            "Dying",
            Once(tmp_path / "marks"),
            CUT,
            tmp_path / "parts",
            executor=ClusterExecutor(client),
            progress=progress,
        )
    assert read_parts(CUT, tmp_path / "parts")["source_id"].to_list() == [0, 10, 20, 30, 40, 50]


def fail(unit: Partition) -> pl.DataFrame:
    if unit.index == 2:
        raise ValueError("a plugin fails")
    return pl.DataFrame({"source_id": [unit.first]})


def test_a_unit_that_fails_is_named_and_the_others_finish(scheduler: str, tmp_path: Path) -> None:
    with (
        progress_bars() as progress,
        connected(scheduler) as client,
        pytest.raises(RunError, match=r"other 5 .*\n  stars 20–29: ValueError: a plugin"),
    ):
        run_stage(
            "Failing", fail, CUT, tmp_path, executor=ClusterExecutor(client), progress=progress
        )
    assert len(list(tmp_path.iterdir())) == 5


def test_the_address_may_be_in_a_scheduler_file(scheduler: str, tmp_path: Path) -> None:
    file = tmp_path / "scheduler.json"
    file.write_text(json.dumps({"address": scheduler}))
    for name in (str(file), f"file:{file}"):
        with connected(name) as client:
            assert ClusterExecutor(client).submit(abs, -1).result() == 1


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:{}", "127.0.0.1:{}", "gopher://here"])
def test_nobody_at_the_address_is_told_at_once(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    address: str,
) -> None:
    monkeypatch.setattr("rrcat.run.cluster.SECONDS_TO_CONNECT", 1)
    recipe = write_survey(tmp_path / "survey", n_stars=5)
    address = address.format(free_port())
    args = ["build", str(recipe), "--output", str(tmp_path / "out"), "--scheduler", address]
    assert main(args) == 1
    assert f"no dask scheduler answers at {address}" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("said", [b"", b"HTTP/1.0 400 Bad Request\r\n\r\n"])
def test_another_server_at_the_address_is_none_of_dask(
    monkeypatch: pytest.MonkeyPatch, said: bytes
) -> None:
    monkeypatch.setattr("rrcat.run.cluster.SECONDS_TO_CONNECT", 1)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            other, _ = server.accept()
            with other:
                other.sendall(said)
                while other.recv(1 << 16):
                    pass

        threading.Thread(target=answer, daemon=True).start()
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(RunError, match="no dask scheduler answers"), connected(address):
            pass


def test_a_connection_that_is_lost_is_told_as_such(scheduler: str) -> None:
    from distributed.comm import CommClosedError

    class Lost:
        async def result(self) -> None:
            raise CommClosedError

    future: Future[Any] = Future()
    with connected(scheduler) as client:
        client.sync(ClusterExecutor(client)._carry, Lost(), future)
    assert future.cancelled()


def test_what_was_given_up_may_still_end(scheduler: str) -> None:
    class Late:
        async def result(self) -> int:
            return 1

    future: Future[Any] = Future()
    future.set_exception(RunError("no workers"))
    with connected(scheduler) as client:
        client.sync(ClusterExecutor(client)._carry, Late(), future)
    assert isinstance(future.exception(), RunError)


@pytest.mark.parametrize("content", [None, "{}", "address"])
def test_a_file_that_is_none_of_a_scheduler_is_named(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "scheduler.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(RunError, match=r"scheduler\.json"), connected(str(file)):
        pass


def test_without_dask_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(RunError, match="needs dask") as caught, connected("tcp://127.0.0.1:1"):
        pass
    assert caught.value.hint == "python -m pip install 'rrcat[dask]'"
