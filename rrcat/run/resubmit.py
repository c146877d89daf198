"""What becomes of units whose work fails or whose worker dies: one law for every executor.

- Work that raises is not done again: it would raise again. The other units go on.
- Work whose worker died may be innocent: memory ran out, a node was lost, or the worker held it
  beside the guilty one (dask's ``KilledWorker`` does not tell which it was). It is put aside until
  all others have ended. What was put aside is submitted again, as long as that finishes some of it.
  The rest is submitted alone, up to five times: what is alone when its worker dies, every time, is
  guilty.
- Where the first few units all fail, the fault is hardly theirs: the rest is left untried. So it is
  where the machine is at fault, as with a full disk.
"""

import errno
import sys
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Future, as_completed
from dataclasses import dataclass
from typing import Generic

from rrcat.errors import RrcatError, RunError
from rrcat.run.partition import AnyUnit

RESUBMISSIONS = 5
HOPELESS = 10
SECONDS_OF_SILENCE = 600.0
OF_THE_MACHINE = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.ESTALE, errno.EMFILE}


@dataclass(frozen=True)
class Failure:
    """Why the work of a unit failed, as data that crosses process borders.

    ``error`` is what was raised, where it survives the crossing.
    """

    reason: str
    traceback: str = ""
    error: RrcatError | OSError | None = None


Outcome = str | Failure


def attempt(work: Callable[..., str], *args: object) -> Outcome:
    """Do work in a worker, and give its result or why there is none.

    What a plugin raises stays behind: its class may not exist, or not unpickle, elsewhere.
    """
    try:
        return work(*args)
    except (Exception, SystemExit) as error:
        reason = f"{type(error).__name__}: {error}".partition("\nhint: ")[0]
        return Failure(reason, traceback.format_exc(), _portable(error))


class Resubmission(Generic[AnyUnit]):
    """The units of a stage on their way through an executor.

    Parameters
    ----------
    submit
        Gives the future of :func:`attempt` for a unit.
    done
        Told each unit that has succeeded, with its result.
    suspected
        Told each unit that is put aside because its worker died.
    silent
        Told the units that are waited for each time that none has ended for 10 minutes.
    """

    def __init__(
        self,
        submit: Callable[[AnyUnit], Future[Outcome]],
        *,
        done: Callable[[AnyUnit, str], None],
        suspected: Callable[[AnyUnit], None],
        silent: Callable[[list[AnyUnit]], None],
    ) -> None:
        self.submit, self.done, self.suspected, self.silent = submit, done, suspected, silent
        self.finished = 0
        self.failures: dict[AnyUnit, Failure] = {}
        self._suspects: set[AnyUnit] = set()

    def work_off(self, units: list[AnyUnit]) -> None:
        """Wait until each unit has ended: it is finished, among the failures, or left untried.

        Raises
        ------
        RrcatError, OSError
            No unit can be worked on. What is finished stays.
        """
        aside = self._together(units)
        while len(aside) > 1 and not self.hopeless:
            before, aside = aside, self._together(aside)
            if len(aside) == len(before):
                break
        for unit in aside:
            self._alone(unit)

    @property
    def hopeless(self) -> bool:
        """Whether so many have failed, and none succeeded, that the rest is left untried."""
        return not self.finished and len(self.failures) + len(self._suspects) >= HOPELESS

    def _together(self, units: list[AnyUnit]) -> list[AnyUnit]:
        """Wait until each unit has ended; give those whose worker died, in the order given."""
        waiting: dict[Future[Outcome], AnyUnit] = {}
        aside: set[AnyUnit] = set()

        def settle(future: Future[Outcome]) -> None:
            # A future that is kept keeps its result on the cluster, and when the worker that holds
            # it dies, dask would do the finished work again.
            unit = waiting.pop(future)
            if not self._settle(unit, future):
                aside.add(unit)
                if unit not in self._suspects:
                    self._suspects.add(unit)
                    self.suspected(unit)

        try:
            for unit in units:
                future = self.submit(unit)
                waiting[future] = unit
                if future.done():  # a serial executor has worked already
                    settle(future)
                if self.hopeless:
                    break
            else:
                for future in self._ended(waiting):
                    settle(future)
                    if self.hopeless:
                        break
        finally:
            for future in waiting:
                future.cancel()
        return [unit for unit in units if unit in aside]

    def _ended(self, waiting: dict[Future[Outcome], AnyUnit]) -> Iterator[Future[Outcome]]:
        """Yield each future when it has ended, until none is waited for; tell of long silence."""
        while waiting:
            before = len(waiting)
            try:
                yield from as_completed(list(waiting), timeout=SECONDS_OF_SILENCE)
            except TimeoutError:
                if len(waiting) == before:
                    in_hand = [unit for future, unit in waiting.items() if future.running()]
                    self.silent(in_hand or list(waiting.values()))

    def _alone(self, unit: AnyUnit) -> None:
        for _ in range(RESUBMISSIONS):
            future = self.submit(unit)
            try:
                if self._settle(unit, future):
                    return
            finally:
                future.cancel()
        self.failures[unit] = Failure(
            f"its worker process died, and again each of {RESUBMISSIONS} times that it was alone"
        )

    def _settle(self, unit: AnyUnit, future: Future[Outcome]) -> bool:
        """Wait for a unit and note how it ended; tell whether it did, or its worker died."""
        try:
            outcome = future.result()
        except CancelledError as error:
            raise RunError(
                "the connection to the executor of the work was lost",
                hint="see that the scheduler runs, and run the same command again to go on",
            ) from error
        except (RrcatError, OSError):
            raise
        except Exception as error:
            if not worker_died(error):
                raise RunError(
                    f"a worker cannot do its work: {type(error).__name__}: {error}",
                    hint="install the same software for all workers",
                ) from error
            return False
        if isinstance(outcome, str):
            self.finished += 1
            self.done(unit, outcome)
        elif isinstance(outcome.error, OSError) and outcome.error.errno in OF_THE_MACHINE:
            raise outcome.error
        else:
            self.failures[unit] = outcome
        return True


def worker_died(error: BaseException) -> bool:
    """Tell whether a future failed because its worker did, on this machine or of dask."""
    dask = sys.modules.get("distributed")
    return isinstance(error, BrokenExecutor) or (
        dask is not None and isinstance(error, dask.KilledWorker)
    )


def _portable(error: BaseException) -> RrcatError | OSError | None:
    """Give what was raised, of text and numbers alone, and of a class that is known anywhere."""
    if isinstance(error, RrcatError):
        own = type(error).__module__ == RrcatError.__module__
        where = {key: str(value) for key, value in error.where.items()}
        return (type(error) if own else RunError)(error.message, hint=error.hint, **where)
    if isinstance(error, OSError) and error.errno is not None:
        name = None if error.filename is None else str(error.filename)
        return OSError(error.errno, error.strerror, name)
    return None
