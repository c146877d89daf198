"""Half of a training on disk."""

import numpy as np
from rrcat_keras.checkpoint import load_checkpoint, save_checkpoint

ARRAYS = {
    "state": [np.arange(6, dtype=np.float32).reshape(2, 3), np.array(7), np.uint32([1, 2])],
    "best": [np.float32([0.1])] * 12,
}
FACTS = {"loss": [0.1, 1 / 3], "best": 1}


def test_what_is_saved_comes_back_in_its_order(tmp_path):
    save_checkpoint(tmp_path / "half", ARRAYS, FACTS)
    arrays, facts = load_checkpoint(tmp_path / "half")
    assert facts == FACTS
    for name, several in ARRAYS.items():
        assert len(arrays[name]) == len(several)
        for found, saved in zip(arrays[name], several, strict=True):
            assert found.dtype == saved.dtype
            assert np.array_equal(found, saved)


def test_without_a_file_there_is_nothing(tmp_path):
    assert load_checkpoint(tmp_path / "half") is None


def test_a_damaged_file_counts_as_none(tmp_path):
    path = tmp_path / "half"
    save_checkpoint(path, ARRAYS, FACTS)
    for damaged in (path.read_bytes()[:-3], b"", b"no checkpoint at all"):
        path.write_bytes(damaged)
        assert load_checkpoint(path) is None
