"""Parts are whole, or made again."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from rrcat.run.partition import Partition, partitions
from rrcat.run.parts import finished_parts, make_part, read_parts

CUT = partitions(np.arange(25), 10)


def ids(partition: Partition) -> pl.DataFrame:
    return pl.DataFrame({"source_id": range(partition.first, partition.last + 1)})


def test_parts_are_read_in_the_order_of_the_stars(tmp_path: Path) -> None:
    for partition in reversed(CUT):
        make_part(ids, partition, tmp_path)
    assert_frame_equal(read_parts(CUT, tmp_path), pl.DataFrame({"source_id": range(25)}))


def test_a_damaged_part_is_removed(tmp_path: Path) -> None:
    path = tmp_path / make_part(ids, CUT[0], tmp_path)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert finished_parts(CUT, tmp_path) == {}
    assert not path.exists()


def test_parts_of_other_partitions_and_leftovers_are_removed(tmp_path: Path) -> None:
    make_part(ids, partitions(np.arange(25), 7)[0], tmp_path)
    (tmp_path / ".0-9-10.0123.parquet.abc.rrcat-tmp").write_bytes(b"half")
    (tmp_path / "0-9-10.parquet").write_bytes(b"no hash in its name")
    (tmp_path / "10-19-10.0123.parquet").mkdir()
    (tmp_path / "20-24-5.0123.parquet").symlink_to("nowhere")
    name = make_part(ids, CUT[0], tmp_path)
    assert finished_parts(CUT, tmp_path) == {CUT[0]: tmp_path / name}
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_work_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def fail(partition: Partition) -> pl.DataFrame:
        raise ValueError(partition.name)

    with pytest.raises(ValueError, match="0-9-10"):
        make_part(fail, CUT[0], tmp_path)
    assert list(tmp_path.iterdir()) == []
