"""The same bytes for the same content: JSON and Parquet as this project writes them."""

import io
import json
from collections.abc import Mapping
from typing import Any

import polars as pl

ROWS_IN_GROUP = 65_536


def json_bytes(content: Any) -> bytes:
    """Give plain data as JSON: sorted keys, no NaN, one newline at the end."""
    text = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False)
    return f"{text}\n".encode()


def parquet_bytes(
    frame: pl.DataFrame,
    *,
    rows_in_group: int = ROWS_IN_GROUP,
    metadata: Mapping[str, str] | None = None,
) -> bytes:
    """Give a frame as Parquet, with ``metadata`` in the footer of the file.

    It goes through memory because Polars, on a full disk, speaks of a damaged file, where the
    operating system speaks of a full disk.
    """
    buffer = io.BytesIO()
    # Sizes of groups and pages that are left open follow the number of threads.
    frame.rechunk().write_parquet(
        buffer,
        compression="zstd",
        compression_level=3,
        row_group_size=rows_in_group,
        data_page_size=1 << 20,
        statistics=True,
        metadata=dict(metadata) if metadata else None,
    )
    return buffer.getvalue()
