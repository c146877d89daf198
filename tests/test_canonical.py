"""The same content gives the same bytes."""

import errno
import io
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from rrcat.canonical import json_bytes, parquet_bytes, write_parquet

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=3), PLAIN))
def test_the_order_of_keys_does_not_matter(content: dict[str, object]) -> None:
    backwards = dict(reversed(content.items()))
    assert json_bytes(content) == json_bytes(backwards)
    assert json_bytes(content).endswith(b"\n")


def test_nan_is_no_json() -> None:
    with pytest.raises(ValueError, match="Out of range float"):
        json_bytes({"x": float("nan")})


def test_chunks_and_threads_do_not_change_the_bytes() -> None:
    frame = pl.DataFrame({"source_id": range(300_000), "mag": [17.5, None, 18.25] * 100_000})
    chunked = pl.concat([frame.slice(0, 7), frame.slice(7)], rechunk=False)
    expected = parquet_bytes(frame)
    assert parquet_bytes(chunked) == expected
    script = (
        "import polars as pl, sys; from rrcat.canonical import parquet_bytes\n"
        "frame = pl.DataFrame("
        "{'source_id': range(300_000), 'mag': [17.5, None, 18.25] * 100_000})\n"
        "sys.stdout.buffer.write(parquet_bytes(frame))"
    )
    for threads in ("1", "3"):
        env = os.environ | {"POLARS_MAX_THREADS": threads}
        run = subprocess.run(
            [sys.executable, "-c", script], env=env, capture_output=True, check=True
        )
        assert run.stdout == expected


def test_a_frame_comes_back_with_its_metadata() -> None:
    frame = pl.DataFrame({"source_id": [1, 2], "band": ["G", None]})
    written = parquet_bytes(frame, metadata={"unit": "mag"})
    assert_frame_equal(pl.read_parquet(io.BytesIO(written)), frame)
    assert pl.read_parquet_metadata(io.BytesIO(written))["unit"] == "mag"


@pytest.mark.parametrize("size", [7_777, 40_000, 150_000])
def test_rows_that_are_written_as_they_are_read_give_the_same_bytes(
    size: int, tmp_path: Path
) -> None:
    n = 150_000  # more than two groups of rows
    frame = pl.DataFrame(
        {
            "source_id": range(n),
            "mag": [17.5, None] * (n // 2),
            "band": ["G", "BP", "RP"] * (n // 3),
        }
    )
    parts = [tmp_path / f"{start:06}.parquet" for start in range(0, n, size)]
    for start, part in zip(range(0, n, size), parts, strict=True):
        part.write_bytes(parquet_bytes(frame[start : start + size]))
    write_parquet(pl.scan_parquet(parts), tmp_path / "whole", metadata={"unit": "mag"})
    assert (tmp_path / "whole").read_bytes() == parquet_bytes(frame, metadata={"unit": "mag"})


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no file that is always full")
def test_a_full_disk_is_told_as_the_operating_system_tells_it() -> None:
    rows = pl.LazyFrame({"source_id": range(1000)})
    with pytest.raises(OSError, match="No space left") as caught:
        write_parquet(rows, Path("/dev/full"))
    assert caught.value.errno == errno.ENOSPC


def test_rows_that_cannot_be_read_are_no_matter_of_the_disk(tmp_path: Path) -> None:
    (tmp_path / "part").write_bytes(b"no Parquet")
    with pytest.raises(pl.exceptions.ComputeError):
        write_parquet(pl.scan_parquet(tmp_path / "part"), tmp_path / "whole")
