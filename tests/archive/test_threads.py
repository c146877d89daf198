import threading

import pytest

from rrcat.archive.threads import in_threads


@pytest.mark.parametrize("at_once", [1, 3, 100])
def test_every_item_comes_back_with_its_result(at_once):
    assert dict(in_threads(lambda n: n * n, range(20), at_once)) == {n: n * n for n in range(20)}


def test_nothing_is_no_work():
    assert list(in_threads(lambda n: n, [], 4)) == []


def test_at_most_so_many_run_at_once():
    here, most = [], []
    full = threading.Barrier(3, timeout=10)

    def work(n: int) -> None:
        here.append(n)
        most.append(len(here))
        full.wait()  # passes only when three run
        here.remove(n)
        full.wait()

    assert len(list(in_threads(work, range(9), 3))) == 9
    assert max(most) == 3


def test_an_error_is_raised_once_what_runs_has_ended():
    begun, ended = [], []
    other_runs = threading.Event()

    def work(n: int) -> None:
        begun.append(n)
        if n == 0:
            assert other_runs.wait(10)
            raise ValueError("broken")
        other_runs.set()
        ended.append(n)

    with pytest.raises(ValueError, match="broken"):
        list(in_threads(work, range(50), 2))
    assert {*begun} == {0, *ended}
