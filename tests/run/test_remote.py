"""A worker is looked at before it works: software, folders, and whether there is still a build."""

import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import pytest

from rrcat import __version__
from rrcat.errors import RunError
from rrcat.run.code import code_digest
from rrcat.run.remote import RemoteExecutor, Terms, terms


@pytest.fixture(scope="module")
def pool() -> Iterator[ProcessPoolExecutor]:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        yield pool


@pytest.fixture
def agreed(tmp_path: Path) -> Iterator[Terms]:
    store = tmp_path / "store.json"
    store.write_text("{}")
    with terms(tmp_path, store, {"rrcat": __version__}, {"rrcat": code_digest("rrcat")}) as agreed:
        yield agreed


def threads() -> tuple[int, str | None]:
    print("a plugin prints")
    import polars as pl

    return pl.thread_pool_size(), os.environ.get("OMP_NUM_THREADS")


def test_a_worker_has_one_thread_and_prints_elsewhere(
    pool: ProcessPoolExecutor, agreed: Terms, capfd: pytest.CaptureFixture[str]
) -> None:
    assert RemoteExecutor(pool, agreed).submit(threads).result() == (1, "1")
    told = capfd.readouterr()
    assert told.out == ""
    assert "a plugin prints" in told.err


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"versions": (("rrcat", "0.0.1"),)}, f"rrcat {__version__}, in the build 0.0.1"),
        ({"versions": (("rrcat-none", "2.0"),)}, "rrcat-none none, in the build 2.0"),
        ({"code": (("rrcat", "0"),)}, "rrcat of the same version, but with other code"),
        ({"probe": Path("/nowhere/probe")}, "does not see the folder of the build"),
        ({"store": (Path("/nowhere/store.json"), "0")}, "does not see the data of the build"),
    ],
)
def test_a_worker_that_does_not_fit_is_refused(
    pool: ProcessPoolExecutor, agreed: Terms, change: dict[str, object], told: str
) -> None:
    wanted = replace(agreed, **change)  # type: ignore[arg-type]
    with pytest.raises(RunError, match=told) as caught:
        RemoteExecutor(pool, wanted).submit(os.getpid).result()
    assert "process" in caught.value.where["worker"]
    assert caught.value.hint


def test_when_the_build_has_ended_its_tasks_do_nothing(
    pool: ProcessPoolExecutor, tmp_path: Path
) -> None:
    store = tmp_path / "store.json"
    store.write_text("{}")
    with terms(tmp_path, store, {}, {}) as agreed:
        assert RemoteExecutor(pool, agreed).submit(abs, -1).result() == 1
    assert list(tmp_path.iterdir()) == [store]
    with pytest.raises(RunError, match="folder of the build"):
        RemoteExecutor(pool, agreed).submit(abs, -1).result()


def test_the_process_of_the_build_needs_no_looking_at(agreed: Terms) -> None:
    wanted = replace(agreed, probe=Path("/nowhere"))
    with ThreadPoolExecutor(1) as threads:
        assert RemoteExecutor(threads, wanted).submit(abs, -1).result() == 1
