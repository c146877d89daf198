"""The innocent are done again alone, the guilty are named, and whom nobody can help is left."""

import copy
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import BrokenExecutor, Future

import numpy as np
import pytest

from rrcat.errors import PluginError, RunError
from rrcat.run.partition import Partition, partitions
from rrcat.run.resubmit import HOPELESS, RESUBMISSIONS, Failure, Outcome, Resubmission, attempt

CUT = partitions(np.arange(60), 10)


class Submit:
    """What an executor answers; ``deaths`` says how often the worker of a unit dies."""

    def __init__(self, deaths: dict[int, int], failing: Iterable[int] = ()) -> None:
        self.deaths, self.failing = Counter(deaths), set(failing)
        self.asked: list[int] = []

    def __call__(self, unit: Partition) -> Future[Outcome]:
        self.asked.append(unit.index)
        future: Future[Outcome] = Future()
        if self.deaths[unit.index]:
            self.deaths[unit.index] -= 1
            future.set_exception(BrokenExecutor())
        elif unit.index in self.failing:
            future.set_result(Failure("ValueError: bad", "Traceback"))
        else:
            future.set_result(unit.name)
        return future


def run(
    submit: Callable[[Partition], Future[Outcome]],
    cut: list[Partition] = CUT,
    silent: Callable[[list[Partition]], None] = lambda units: None,
) -> tuple[Resubmission[Partition], list[int], list[int]]:
    done: list[int] = []
    suspects: list[int] = []
    stage = Resubmission(
        submit,
        done=lambda unit, name: done.append(unit.index),
        suspected=lambda unit: suspects.append(unit.index),
        silent=silent,
    )
    stage.work_off(cut)
    return stage, done, suspects


def test_whose_worker_died_is_done_alone_when_all_others_are_finished() -> None:
    submit = Submit({3: RESUBMISSIONS})
    stage, done, suspects = run(submit)
    assert done == [0, 1, 2, 4, 5, 3]
    assert suspects == [3]
    assert submit.asked == [0, 1, 2, 3, 4, 5, *[3] * RESUBMISSIONS]
    assert not stage.failures


def test_what_was_put_aside_is_done_together_as_long_as_some_of_it_succeeds() -> None:
    submit = Submit({1: 1, 2: 2, 3: 3, 4: 3})
    stage, done, suspects = run(submit)
    assert done == [0, 5, 1, 2, 3, 4]
    assert suspects == [1, 2, 3, 4]
    assert submit.asked[6:] == [1, 2, 3, 4, 2, 3, 4, 3, 4]
    assert not stage.failures


def test_where_none_of_it_succeeds_each_is_alone() -> None:
    submit = Submit({1: 3, 4: 3})
    run(submit)
    assert submit.asked[6:] == [1, 4, 1, 1, 4, 4]


def test_whose_worker_dies_five_times_more_is_guilty() -> None:
    submit = Submit({3: RESUBMISSIONS + 1})
    stage, done, _ = run(submit)
    assert done == [0, 1, 2, 4, 5]
    assert [unit.index for unit in stage.failures] == [3]
    assert "died" in stage.failures[CUT[3]].reason
    assert submit.asked.count(3) == 1 + 5


def test_what_hangs_is_told_until_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rrcat.run.resubmit.SECONDS_OF_SILENCE", 0.01)
    hangs: Future[Outcome] = Future()
    hangs.set_running_or_notify_cancel()
    queued: Future[Outcome] = Future()
    answers = iter([hangs, queued])
    told: list[list[int]] = []

    def silent(units: list[Partition]) -> None:
        told.append([unit.index for unit in units])
        if len(told) == 2:
            hangs.set_exception(BrokenExecutor())
            queued.set_result("b")

    def submit(unit: Partition) -> Future[Outcome]:
        again: Future[Outcome] = Future()
        again.set_result("a")
        return next(answers, again)

    _, done, suspects = run(submit, CUT[:2], silent)
    assert told == [[0], [0]]
    assert (sorted(done), suspects) == ([0, 1], [0])


def test_what_raises_is_not_done_again() -> None:
    submit = Submit({}, failing=[2])
    stage, _, suspects = run(submit)
    assert not suspects
    assert submit.asked == [0, 1, 2, 3, 4, 5]
    assert {unit.index: failure.reason for unit, failure in stage.failures.items()} == {
        2: "ValueError: bad"
    }


def test_alone_it_may_still_raise() -> None:
    stage, _, _ = run(Submit({2: 1}, failing=[2]))
    assert stage.failures[CUT[2]].reason == "ValueError: bad"


def test_what_memory_allows_one_at_a_time_is_done_but_not_all_is_tried() -> None:
    cut = partitions(np.arange(1000), 10)
    submit = Submit(dict.fromkeys(range(100), 1))
    stage, done, _ = run(submit, cut)
    assert done == list(range(HOPELESS))
    assert not stage.failures


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (RunError("a worker has other software"), "other software"),
        (ModuleNotFoundError("No module named 'rrcat_xgboost'"), "ModuleNotFoundError"),
        (None, "connection"),
    ],
)
def test_where_no_worker_can_work_the_stage_ends(error: Exception | None, told: str) -> None:
    def submit(unit: Partition) -> Future[Outcome]:
        future: Future[Outcome] = Future()
        if error is None:
            future.cancel()
        else:
            future.set_exception(error)
        return future

    with pytest.raises(RunError, match=told):
        run(submit)


class Foreign(Exception):
    """An error that does not unpickle, as some of plugins do not."""

    def __init__(self, one: int, two: int) -> None:
        super().__init__(f"{one} and {two}")


def fail(error: BaseException) -> str:
    raise error


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (Foreign(1, 2), "Foreign: 1 and 2"),
        (PluginError("too few", star=3, hint="more"), "PluginError: too few [star: 3]"),
        (SystemExit(3), "SystemExit: 3"),
    ],
)
def test_every_error_of_a_plugin_crosses_as_text(error: BaseException, reason: str) -> None:
    failure = copy.deepcopy(attempt(fail, error))  # as it is taken apart and rebuilt on the way
    assert failure.reason == reason
    assert f"raise error\n{type(error).__module__}" in failure.traceback.replace(
        "SystemExit", "builtins.SystemExit"
    )
    assert isinstance(failure.error, PluginError) == isinstance(error, PluginError)


def test_ctrl_c_is_no_failure() -> None:
    with pytest.raises(KeyboardInterrupt):
        attempt(fail, KeyboardInterrupt())
