"""The same bytes for the same content: JSON and Parquet as this project writes them."""

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, cast

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
    frame.rechunk().write_parquet(buffer, **_form(rows_in_group, metadata))
    return buffer.getvalue()


def write_parquet(
    rows: pl.LazyFrame, path: Path, *, metadata: Mapping[str, str] | None = None
) -> None:
    """Write rows as they are read, however many: the bytes that :func:`parquet_bytes` gives of all.

    Raises
    ------
    OSError
        The disk is full, for instance.
    """
    with path.open("wb") as file:
        output = _Output(file)
        try:
            rows.sink_parquet(cast("IO[bytes]", output), **_form(ROWS_IN_GROUP, metadata))
        except pl.exceptions.PolarsError as error:
            if output.error is not None:
                raise output.error from error
            raise


class _Output(io.RawIOBase):
    """A file that remembers what the operating system said, which Polars puts in other words."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.error: OSError | None = None

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        try:
            return self.file.write(data)
        except OSError as error:
            self.error = error
            raise

    def flush(self) -> None:
        try:
            self.file.flush()
        except OSError as error:
            self.error = error
            raise


def _form(rows_in_group: int, metadata: Mapping[str, str] | None) -> dict[str, Any]:
    # Sizes of groups and pages that are left open follow the number of threads.
    return {
        "compression": "zstd",
        "compression_level": 3,
        "row_group_size": rows_in_group,
        "data_page_size": 1 << 20,
        "statistics": True,
        "metadata": dict(metadata) if metadata else None,
    }
