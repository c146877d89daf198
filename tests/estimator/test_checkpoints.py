"""Checkpoints outlive a failure, and nothing outlives success."""

import pytest

from rrcat.estimator.checkpoints import keeping_checkpoints


def test_a_folder_is_there_while_the_estimator_learns_and_gone_afterwards(line, tmp_path):
    estimator = line()
    with keeping_checkpoints(estimator, tmp_path / "toy-line" / "0-1"):
        (estimator.checkpoints / "epoch.bin").write_bytes(b"half")
    assert estimator.checkpoints is None
    assert list(tmp_path.iterdir()) == [tmp_path / "toy-line"]
    assert not any((tmp_path / "toy-line").iterdir())


def test_a_failed_fit_finds_its_checkpoints_again(line, tmp_path):
    folder, estimator = tmp_path / "toy-line", line()

    def killed():
        with keeping_checkpoints(estimator, folder):
            (estimator.checkpoints / "epoch.bin").write_bytes(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        killed()
    assert estimator.checkpoints is None
    with keeping_checkpoints(estimator, folder):
        assert (estimator.checkpoints / "epoch.bin").read_bytes() == b"half"


def test_without_a_folder_there_is_nowhere_to_keep_them(line):
    estimator = line()
    with keeping_checkpoints(estimator, None):
        assert estimator.checkpoints is None
