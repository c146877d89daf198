"""Workers of a dask cluster, which somebody else has started."""

import asyncio
import importlib
import json
import logging
import re
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rrcat.errors import RunError
from rrcat.run.remote import Terms, look

ADDRESS = re.compile(r"((tcp|tls|ucx|ws|wss)://)?[^/\s]+:\d+(/\S*)?")
SECONDS_TO_CONNECT = 15
SECONDS_FOR_A_WORKER = 600
SECONDS_BETWEEN_LOOKS = 5


@contextmanager
def connected(scheduler: str) -> Iterator[Any]:
    """Give a client of a dask scheduler, until the context ends: what it asked for ends with it.

    Parameters
    ----------
    scheduler
        Address, ``tcp://HOST:PORT``, or the scheduler file: ``file:PATH`` or ``PATH.json``.

    Raises
    ------
    RunError
        Dask is not installed, the address cannot be, or nobody answers there.
    """
    try:
        distributed: Any = importlib.import_module("distributed")
    except ImportError as error:
        raise RunError(
            "--scheduler needs dask", hint="python -m pip install 'rrcat[dask]'"
        ) from error
    address = _address(scheduler)
    if not ADDRESS.fullmatch(address):  # dask would leave a traceback behind
        raise _nobody(address)
    try:
        with ThreadPoolExecutor(1) as aside:  # where a notebook runs no loop of its own
            aside.submit(asyncio.run, _reached(address)).result()
        client = distributed.Client(
            address, timeout=SECONDS_TO_CONNECT, set_as_default=False, name="rrcat"
        )
    except Exception as error:  # whatever dask makes of what another server says
        raise _nobody(address) from error
    logger = logging.getLogger("distributed.client")
    level = logger.level
    logger.setLevel(logging.CRITICAL)  # of a lost scheduler it shows a traceback; we tell of it
    try:
        yield client
    finally:
        client.close()
        logger.setLevel(level)


class ClusterExecutor(Executor):
    """The workers of a dask cluster, through a client of its scheduler.

    It does what ``Client.get_executor()`` does, but for two things. There a future stays unfinished
    for ever when a result is lost with its worker and, worked out again, fails; and when no worker
    is left.
    """

    def __init__(self, client: Any) -> None:
        self.client = client
        self._waiting: set[Future[Any]] = set()
        client.loop.add_callback(self._watch)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Hand a task to the scheduler."""
        future: Future[Any] = Future()
        asked = self.client.submit(fn, *args, pure=False, **kwargs)
        self._waiting.add(future)

        def ended(future: Future[Any]) -> None:
            if future.cancelled() and future in self._waiting:  # by who waits for it
                asked.cancel()
            self._waiting.discard(future)

        future.add_done_callback(ended)
        self.client.loop.add_callback(self._carry, asked, future)
        return future

    def look(self, terms: Terms) -> None:
        """See that the workers a cluster has now fulfil the terms, or wait for the first.

        Those that come later are looked at when they come.

        Raises
        ------
        RunError
            One does not, or there is none.
        """
        # A task, since some clusters start workers only when there is something to do.
        asked = self.client.submit(version, "dask", pure=False)
        if not self.client.nthreads():
            print("waiting for the first worker of the scheduler", file=sys.stderr)
        try:
            asked.result(timeout=SECONDS_FOR_A_WORKER)
        except TimeoutError:
            raise _no_workers() from None
        for worker, threads in self.client.nthreads().items():
            if threads != 1:
                raise RunError(
                    f"a worker has {threads} threads, and plugins may count on one",
                    worker=worker,
                    hint="start workers of one thread, as with `dask worker ADDRESS --nworkers N "
                    "--nthreads 1`",
                )
        for what, asked in (
            ("a worker has no rrcat", (version, "rrcat")),
            ("a worker cannot be looked at", (look, terms)),
        ):
            _raise_first(what, self.client.run(*asked, on_error="return"))

    async def _carry(self, asked: Any, future: Future[Any]) -> None:
        """Bring what comes of a task from dask's future to ours."""
        error, result = None, None
        closed: type[OSError] = importlib.import_module("distributed.comm").CommClosedError
        try:
            result = await asked.result()
        except (asyncio.CancelledError, closed):  # by the scheduler, or because it is gone
            self._waiting.discard(future)
            future.cancel()
        except Exception as raised:
            error = raised
        given_up = future.done() and not future.cancelled()
        if given_up or not future.set_running_or_notify_cancel():
            return
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)

    async def _watch(self) -> None:
        """Give up what waits when there has been no worker for long."""
        seen = time.monotonic()
        while self.client.status in ("running", "connecting"):
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
            if not self._waiting or await self._any_worker():
                seen = time.monotonic()
            elif time.monotonic() - seen > SECONDS_FOR_A_WORKER:
                for future in list(self._waiting):
                    if future.set_running_or_notify_cancel():
                        future.set_exception(_no_workers())

    async def _any_worker(self) -> bool:
        try:
            asked = self.client.scheduler.ncores()
            return bool(await asyncio.wait_for(asked, SECONDS_TO_CONNECT))
        except TimeoutError:  # as long as it is silent, nobody knows of a worker
            return False
        except OSError:  # no scheduler: the client tells of that itself
            return True


async def _reached(address: str) -> None:
    """Raise unless dask answers at an address. A client that did not find it may never end."""
    comm: Any = importlib.import_module("distributed.comm")
    security: Any = importlib.import_module("distributed.security")
    how = security.Security().get_connection_args("client")
    found = await asyncio.wait_for(
        comm.connect(address, timeout=SECONDS_TO_CONNECT, **how), SECONDS_TO_CONNECT + 1
    )
    found.abort()


def _nobody(address: str) -> RunError:
    return RunError(
        f"no dask scheduler answers at {address}",
        hint="give the address that `dask scheduler` prints, as tcp://HOST:PORT, or its "
        "--scheduler-file",
    )


def _no_workers() -> RunError:
    return RunError(
        "the dask scheduler has had no workers, or has not answered, for "
        f"{SECONDS_FOR_A_WORKER // 60} minutes",
        hint="start some, as with `dask worker ADDRESS --nworkers N --nthreads 1`, and run the "
        "same command again to go on",
    )


def _raise_first(what: str, answers: dict[str, Any]) -> None:
    """Raise the first error among the answers of workers, which are by address."""
    for worker, answer in sorted(answers.items()):
        if isinstance(answer, RunError):
            raise answer
        if isinstance(answer, Exception):
            raise RunError(
                f"{what}: {answer}",
                worker=worker,
                hint="install for all workers what is installed here",
            ) from answer


def _address(scheduler: str) -> str:
    """Give the address that is meant by one, or by the name of a scheduler file."""
    path = Path(scheduler.removeprefix("file:"))
    if "://" in scheduler or not (scheduler.startswith("file:") or path.suffix == ".json"):
        return scheduler
    try:
        return str(json.loads(path.read_text(encoding="utf-8"))["address"])
    except FileNotFoundError:
        what = "there is no such scheduler file"
    except (OSError, ValueError, KeyError, TypeError):
        what = "this is no scheduler file"
    raise RunError(
        what, file=path, hint="start the scheduler with `dask scheduler --scheduler-file FILE`"
    )
