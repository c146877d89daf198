"""Where the work runs: in this process, or in several on this machine.

Anything that speaks ``concurrent.futures.Executor`` will do, so a cluster's client fits as well.
"""

import importlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

# Libraries that would each start a thread for every core in every worker.
ONE_THREAD = (
    "POLARS_MAX_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
)
SECONDS_BETWEEN_LOOKS = 0.5


class SerialExecutor(Executor):
    """Run each task in the calling process, as it is submitted."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run the task and give its finished future."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


def executor(workers: int) -> Executor:
    """Give an executor with this many worker processes, or none for one worker.

    Processes are spawned: Polars deadlocks in forked children.
    """
    if workers == 1:
        return SerialExecutor()
    # The handler that Polars sets would let a wait for the workers go on.
    signal.siginterrupt(signal.SIGINT, True)
    return ProcessPoolExecutor(
        workers,
        mp_context=get_context("spawn"),
        initializer=_start_worker,
        initargs=(os.getpid(),),
    )


def _start_worker(parent: int) -> None:
    """Keep a new worker to one thread, to stderr, and to the life of its parent."""
    sys.stdout = sys.stderr  # what a plugin prints must not enter what a command prints
    for variable in ONE_THREAD:  # read by the libraries when the first task imports them
        os.environ[variable] = "1"
    # Ctrl-C reaches every process of a terminal: a worker ends in silence, the parent tells of it.
    # Polars, when it is imported, puts a handler of its own in place of the one that is set.
    importlib.import_module("polars")
    signal.signal(signal.SIGINT, signal.SIG_DFL)

    def watch() -> None:
        # A parent that was killed cannot end its workers.
        while os.getppid() == parent:
            time.sleep(SECONDS_BETWEEN_LOOKS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
