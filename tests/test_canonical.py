"""The same content gives the same bytes."""

import io
import os
import subprocess
import sys

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from rrcat.canonical import json_bytes, parquet_bytes

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
