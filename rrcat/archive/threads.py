"""Work on many items, some at once, that an interruption by the user does not wait for."""

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_threads(
    work: Callable[[Item], Result], items: Sequence[Item], at_once: int
) -> Iterator[tuple[Item, Result]]:
    """Give each item with what the work made of it, in the order in which they are done.

    The first error ends the work: nothing further is begun, what runs is waited for, and the error
    is raised. A KeyboardInterrupt waits for nothing; the threads end with the process, so the work
    must leave nothing half done wherever it is cut off.
    """
    waiting: queue.SimpleQueue[Item] = queue.SimpleQueue()
    for item in items:
        waiting.put(item)
    done: queue.SimpleQueue[tuple[Item, Result] | BaseException] = queue.SimpleQueue()
    ended = threading.Event()

    def run() -> None:
        while not ended.is_set():
            try:
                item = waiting.get_nowait()
            except queue.Empty:
                return
            try:
                done.put((item, work(item)))
            except BaseException as error:
                done.put(error)

    # An executor's threads are waited for when the process ends, and with them the answer of a
    # server that may take an hour.
    threads = [threading.Thread(target=run, daemon=True) for _ in range(min(at_once, len(items)))]
    for thread in threads:
        thread.start()
    try:
        for _ in items:
            result = done.get()
            if isinstance(result, BaseException):
                ended.set()
                for thread in threads:
                    thread.join()
                raise result
            yield result
    finally:
        ended.set()
