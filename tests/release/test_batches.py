"""Batches and pieces are the same rows and bytes, cut otherwise."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rrcat.release import batches as batches_module
from rrcat.release.batches import batches, count, pieces


@given(st.lists(st.binary(max_size=9), max_size=9), st.integers(1, 7))
def test_pieces_are_the_same_bytes_of_one_size(chunks, size):
    found = list(pieces(chunks, size))
    assert b"".join(found) == b"".join(chunks)
    assert all(len(piece) == size for piece in found[:-1])
    assert all(found)


@pytest.mark.parametrize("size", [1, 4, 10, 11])
def test_batches_are_the_rows_in_their_order(tmp_path, monkeypatch, size):
    monkeypatch.setattr(batches_module, "ROWS_IN_GROUP", size)
    frame = pl.DataFrame({"a": range(10), "b": range(10)})
    frame.write_parquet(tmp_path / "a.parquet")
    for rows in (frame, pl.scan_parquet(tmp_path / "a.parquet")):
        found = list(batches(rows, ["b"]))
        assert pl.concat(found).equals(frame.select("b"))
        assert max(one.height for one in found) == min(size, 10)
        assert count(rows) == 10


def test_of_no_rows_there_is_no_batch():
    assert list(batches(pl.DataFrame({"a": []}), ["a"])) == []
