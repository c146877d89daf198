"""Where the work runs on this machine: in this process, or in several.

Those of a cluster are in :mod:`rrcat.run.cluster`; all speak ``concurrent.futures.Executor``.
"""

import contextlib
import importlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import (
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
)
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


class ProcessExecutor(ThreadPoolExecutor):
    """Worker processes that die alone.

    The death of one process of a pool ends the whole pool with all its tasks, and nothing tells
    which of them was to blame. Here each process is a pool of its own: its task alone fails, with
    ``BrokenProcessPool``, and the next task finds a new process.
    """

    def __init__(self, workers: int) -> None:
        super().__init__(workers, thread_name_prefix="rrcat-worker")
        self._own = threading.local()  # a thread for each process
        self._pools: dict[ProcessPoolExecutor, int] = {}  # with the id of its process
        self._interrupted = False

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Hand a task to a process as soon as one is free."""
        return super().submit(self._in_process, fn, args, kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the processes once their tasks are done."""
        super().shutdown(wait, cancel_futures=cancel_futures)
        for pool in list(self._pools):
            pool.shutdown(wait)

    def __exit__(self, kind: type[BaseException] | None, *raised: Any) -> bool | None:
        """End the processes: once their tasks are done, or at once after Ctrl-C."""
        if kind is not None and not issubclass(kind, Exception):
            self._interrupted = True
            for process in list(self._pools.values()):
                _kill(process)
        return super().__exit__(kind, *raised)

    def _in_process(self, fn: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        pool: ProcessPoolExecutor | None = getattr(self._own, "pool", None)
        if pool is None:
            # A process inherits what its thread blocks: Ctrl-C waits until the process is set up.
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
            # Spawned, since Polars deadlocks in forked children.
            pool = self._own.pool = ProcessPoolExecutor(
                1,
                mp_context=get_context("spawn"),
                initializer=_start_worker,
                initargs=(os.getpid(),),
            )
        try:
            if pool not in self._pools:
                self._pools[pool] = pool.submit(os.getpid).result()
                if self._interrupted:
                    _kill(self._pools[pool])
            return pool.submit(fn, *args, **kwargs).result()
        except BrokenExecutor:
            self._own.pool = None
            self._pools.pop(pool, None)
            pool.shutdown()
            raise


def executor(workers: int) -> Executor:
    """Give an executor with this many worker processes, or none for one worker."""
    if workers == 1:
        return SerialExecutor()
    # The handler that Polars sets would let a wait for the workers go on.
    signal.siginterrupt(signal.SIGINT, True)
    return ProcessExecutor(workers)


def _kill(process: int) -> None:
    """End a process, also one that is stopped."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)


def _start_worker(parent: int) -> None:
    """Keep a new worker to one thread, to stderr, and to the life of its parent."""
    sys.stdout = sys.stderr  # what a plugin prints must not enter what a command prints
    for variable in ONE_THREAD:  # read by the libraries when the first task imports them
        os.environ[variable] = "1"
    # Ctrl-C reaches every process of a terminal: a worker ends in silence, the parent tells of it.
    # Polars, when it is imported, puts a handler of its own in place of the one that is set.
    importlib.import_module("polars")
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})

    def watch() -> None:
        # A parent that was killed cannot end its workers.
        while os.getppid() == parent:
            time.sleep(SECONDS_BETWEEN_LOOKS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
