"""A stage: the same work for every unit, each result kept as a part."""

import time
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future
from pathlib import Path

import polars as pl
from rich.progress import Progress

from rrcat.errors import RrcatError, RunError
from rrcat.run.partition import AnyUnit, Partition
from rrcat.run.parts import finished_parts, make_part
from rrcat.run.resubmit import SECONDS_OF_SILENCE, Failure, Outcome, Resubmission, attempt

SHOWN = 5
SECONDS_TO_APPEAR = 120.0
SECONDS_BETWEEN_LOOKS = 1.0


def run_stage(
    title: str,
    work: Callable[[AnyUnit], pl.DataFrame],
    units: list[AnyUnit],
    folder: Path,
    *,
    executor: Executor,
    progress: Progress,
) -> None:
    """Do the work of every unit that has no part yet.

    A unit that fails is set apart: the others are finished, and stay. Then the error names it.
    Whose worker died is tried again, by the law of :mod:`rrcat.run.resubmit`.

    Raises
    ------
    RunError
        Units failed: it names them, and why.
    OSError
        The disk is full, or otherwise no unit can be worked on.
    """
    folder.mkdir(parents=True, exist_ok=True)
    finished = finished_parts(units, folder)
    missing = [unit for unit in units if unit not in finished]
    bar = progress.add_task(title, total=sum(unit.n_stars for unit in units))
    progress.advance(bar, sum(unit.n_stars for unit in finished))
    names = {path.name for path in finished.values()}

    def submit(unit: AnyUnit) -> Future[Outcome]:
        try:
            return executor.submit(attempt, make_part, work, unit, folder)
        except BrokenExecutor as error:
            raise RunError(
                "a worker process was ended from outside, and with it the executor",
                hint="run the same command again to go on",
            ) from error

    def done(unit: AnyUnit, name: str) -> None:
        names.add(name)
        progress.advance(bar, unit.n_stars)

    def suspected(unit: AnyUnit) -> None:
        progress.console.print(
            f"{title}: a worker process died; {called(unit)} will be done again later",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )

    def silent(units: list[AnyUnit]) -> None:
        more = f", and {len(units) - SHOWN} more" if len(units) > SHOWN else ""
        progress.console.print(
            f"{title}: nothing has been finished for {SECONDS_OF_SILENCE / 60:.0f} minutes; waiting"
            f" for {', '.join(map(called, units[:SHOWN]))}{more}. A worker process that hangs may"
            " be ended by `kill`: what it does is done again",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )

    run = Resubmission(submit, done=done, suspected=suspected, silent=silent)
    run.work_off(missing)
    if run.finished < len(missing):
        raise _failed(title, run.failures, run.finished, len(missing))
    _keep_only(names, folder)


def called(unit: AnyUnit) -> str:
    """Give the name of a unit for people."""
    if isinstance(unit, Partition):
        return f"stars {unit.first}–{unit.last}"
    return f"{type(unit).__name__.lower()} {unit.name}"


def _failed(title: str, failures: dict[AnyUnit, Failure], finished: int, units: int) -> RunError:
    """Give the error that names the units that failed, the first few of many."""
    if not failures:
        return RunError(
            f"{title}: worker processes died, and work that was interrupted by it succeeds alone; "
            f"{units - finished} of {units} units of work were not tried",
            hint="perhaps memory ran out: run the same command again to go on, with fewer workers "
            "or a smaller --partition-size",
        )
    untried = units - finished - len(failures)
    others = f"the other {finished} are finished" if finished else "none succeeded"
    if untried:
        others += f", and {untried} were not tried"
    lines = [f"\n  {called(unit)}: {failure.reason}" for unit, failure in failures.items()]
    if len(lines) > SHOWN:
        lines[SHOWN:] = [f"\n  and {len(lines) - SHOWN} more"]
    hints = {one.error.hint: None for one in failures.values() if isinstance(one.error, RrcatError)}
    died = any(not failure.traceback for failure in failures.values())
    if died:
        hints["where memory ran out, take fewer workers or a smaller --partition-size"] = None
    hints["run the same command again to do only what is missing"] = None
    if len(failures) > died:
        hints["--debug shows the traceback"] = None
    plugins = {getattr(one.error, "where", {}).get("plugin") for one in failures.values()}
    error = RunError(
        f"{title}: {len(failures)} of {units} units of work failed; {others}{''.join(lines)}",
        hint="; ".join(hint for hint in hints if hint),
        plugin=plugins.pop() if len(plugins) == 1 else None,
    )
    for failure in failures.values():
        if failure.traceback:
            error.add_note(failure.traceback)
            break
    return error


def _keep_only(names: set[str], folder: Path) -> None:
    """Wait until the parts of a stage are all seen here, and remove what else is in the folder.

    A network may be late with what workers elsewhere have written. A worker of an earlier build
    that was lost and lives on may have left a part as well, and of other settings.
    """
    deadline = time.monotonic() + SECONDS_TO_APPEAR
    while names - (seen := {path.name for path in folder.iterdir()}):
        if time.monotonic() > deadline:
            raise RunError(
                "workers have written parts that are not seen here",
                file=folder,
                hint="give an --output on a file system that this machine shares with the workers",
            )
        time.sleep(SECONDS_BETWEEN_LOOKS)
    for other in seen - names:
        (folder / other).unlink(missing_ok=True)
