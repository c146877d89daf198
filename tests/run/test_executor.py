"""Workers run apart, and do not outlive the build."""

import os
import subprocess
import sys
import time
from concurrent.futures import BrokenExecutor
from pathlib import Path

import pytest

from rrcat.run.executor import SerialExecutor, executor

ORPHANS = """
import os, time
from rrcat.run.executor import executor
if __name__ == "__main__":
    pool = executor(2)
    print(*{pool.submit(os.getpid).result() for _ in range(4)}, flush=True)
    time.sleep(60)
"""


def test_one_worker_is_this_process() -> None:
    with executor(1) as serial:
        assert isinstance(serial, SerialExecutor)
        assert serial.submit(os.getpid).result() == os.getpid()


def test_more_workers_are_other_processes() -> None:
    with executor(2) as pool:
        assert pool.submit(os.getpid).result() != os.getpid()


def test_a_process_that_dies_takes_its_own_task_alone() -> None:
    with executor(2) as pool:
        dies, lives = pool.submit(os._exit, 1), pool.submit(time.sleep, 0.5)
        assert isinstance(dies.exception(), BrokenExecutor)
        assert lives.exception() is None
        assert [future.result() for future in [pool.submit(abs, -n) for n in range(4)]] == [
            *range(4)
        ]


def test_ctrl_c_does_not_wait_for_work_that_hangs() -> None:
    pool = executor(2)
    hangs = pool.submit(time.sleep, 60)
    pool.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert isinstance(hangs.exception(), BrokenExecutor)


def test_a_serial_error_waits_in_its_future() -> None:
    future = SerialExecutor().submit(int, "x")
    with pytest.raises(ValueError, match="invalid literal"):
        future.result()


def test_workers_end_when_the_build_is_killed(tmp_path_factory: pytest.TempPathFactory) -> None:
    script = tmp_path_factory.mktemp("orphans") / "orphans.py"
    script.write_text(ORPHANS)
    parent = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    workers = [int(pid) for pid in parent.stdout.readline().split()]
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert workers
    deadline = time.monotonic() + 20
    while any(_alive(pid) for pid in workers):
        assert time.monotonic() < deadline, "a worker outlived its build"
        time.sleep(0.1)


INTERRUPTED = """
import os, threading, time
import polars  # it changes what Ctrl-C does
from rrcat.run.executor import executor

def work(mark):
    print("a plugin prints", flush=True)
    open(mark, "w").close()
    time.sleep(60)

def interrupt(marks):
    while not all(map(os.path.exists, marks)):
        time.sleep(0.05)
    os.killpg(0, 2)

if __name__ == "__main__":
    with executor(2) as pool:
        marks = [f"{__file__}.{number}" for number in range(2)]
        threading.Thread(target=interrupt, args=(marks,)).start()
        futures = [pool.submit(work, mark) for mark in marks]
        futures[0].result()
"""


def test_workers_say_nothing_of_ctrl_c_and_nothing_on_stdout(tmp_path: Path) -> None:
    script = tmp_path / "interrupted.py"
    script.write_text(INTERRUPTED)
    done = subprocess.run(
        [sys.executable, script],
        capture_output=True,
        text=True,
        check=False,
        process_group=0,
        timeout=50,
    )
    assert done.stdout == ""
    assert done.stderr.count("a plugin prints") == 2
    assert done.stderr.count("KeyboardInterrupt") == 1, done.stderr  # that of the parent


def _alive(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"
