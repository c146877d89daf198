import io

import polars as pl
from astropy.io import votable
from hypothesis import given, settings
from hypothesis import strategies as st

from rrcat.release.parquet import CONTENT_KEY, VERSION_KEY, write_parquet


@settings(deadline=None)
@given(data=st.data())
def test_any_frame_comes_back(tmp_path_factory, any_frame, every_type, about, data):
    frame = data.draw(any_frame)
    path = tmp_path_factory.mktemp("any") / "any.parquet"
    write_parquet(frame, every_type, about, path)
    found = pl.read_parquet(path)
    assert found.schema == frame.schema
    assert found.equals(frame)


def test_columns_are_described_by_a_votable_without_rows(tmp_path, frame, table, about):
    path = tmp_path / "a.parquet"
    write_parquet(frame, table, about, path)
    told = pl.read_parquet_metadata(path)
    assert told[VERSION_KEY] == "1.0"
    described = votable.parse(io.BytesIO(told[CONTENT_KEY].encode()), verify="exception")
    fields = described.get_first_table().fields
    assert [field.name for field in fields] == frame.columns
    assert [str(field.unit or "") for field in fields] == [
        column.unit_in("votable") for column in table.column
    ]
    assert [field.ucd for field in fields] == [column.ucd for column in table.column]


def test_chunks_of_the_frame_leave_the_bytes_alone(tmp_path, frame, table, about):
    write_parquet(frame, table, about, tmp_path / "one.parquet")
    pieces = pl.concat([frame[:100], frame[100:]], rechunk=False)
    write_parquet(pieces, table, about, tmp_path / "two.parquet")
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()
