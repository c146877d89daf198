import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rrcat.errors import ReleaseError
from rrcat.release import cells as cells_module
from rrcat.release.cells import (
    Encoding,
    check_storable,
    fits_text,
    header_text,
    numbers,
    packed,
    row_type,
    text,
    text_width,
)
from rrcat.schema import load


def test_number_that_stands_for_null_is_refused(frame, table):
    cells = pl.Series("n_harmonics", [-32768] * frame.height, dtype=pl.Int16)
    with pytest.raises(ReleaseError, match="stands for null") as error:
        check_storable(frame.with_columns(cells), table)
    assert error.value.where["column"] == "n_harmonics"


@pytest.mark.parametrize("bad", ["a\0b", "line\nbreak", "\x1b[31m", "\x7f"])
def test_control_characters_are_refused(frame, table, bad):
    with pytest.raises(ReleaseError, match="1 cells hold control characters"):
        check_storable(
            frame.with_columns(band=pl.Series([bad] + [None] * (frame.height - 1))), table
        )


def test_lists_of_any_length_are_refused_before_anything_is_written():
    table = load("sequences")
    with pytest.raises(ReleaseError, match="lists of any length") as error:
        check_storable(table.empty(), table)
    assert error.value.where["column"] == "phase"
    with pytest.raises(ReleaseError, match="lists of any length"):
        numbers(table.empty()["phase"], table["phase"])


def test_odd_text_can_be_stored(frame, table):
    check_storable(frame, table)


def test_null_becomes_nan_or_the_null_value(every_type):
    assert np.isnan(numbers(pl.Series([None, 1.0]), every_type["ra"])[0])
    assert numbers(pl.Series([None, 1], dtype=pl.Int32), every_type["number"]).tolist() == [
        999999,
        1,
    ]


def test_numbers_are_big_endian(every_type):
    (rows,) = packed({"ra": numbers(pl.Series([1.0]), every_type["ra"])})
    assert rows.tobytes() == b"\x3f\xf0" + bytes(6)


def test_text_is_padded_to_the_longest():
    cells = pl.Series(["a", None, "abc"])
    assert text_width(cells, Encoding(str.encode)) == 3
    assert text(cells, Encoding(str.encode), 3).tobytes() == b"a\0\0\0\0\0abc"


@settings(deadline=None)
@given(st.lists(st.none() | st.text(max_size=4), min_size=1, max_size=5))
def test_text_is_stored_as_each_cell_is_encoded(texts):
    cells = pl.Series(texts, dtype=pl.String)
    for encoding in (
        Encoding(str.encode),
        Encoding(lambda cell: cell.encode("utf-16-be"), letter=2),
        Encoding(fits_text, drops_blanks=True),
    ):
        each = [encoding.encode(cell or "") for cell in texts]
        width = text_width(cells, encoding)
        assert width == max(map(len, each))
        stored = text(cells, encoding, width + encoding.letter)
        assert stored.tobytes() == b"".join(
            one.ljust(width + encoding.letter, b"\0") for one in each
        )


def test_rows_are_packed_alike_however_many_at_a_time(monkeypatch):
    columns = {"a": np.arange(10), "b": np.arange(30.0).reshape(10, 3)}
    whole = b"".join(map(bytes, packed(columns)))
    monkeypatch.setattr(cells_module, "ROWS_IN_CACHE", 3)
    assert b"".join(map(bytes, packed(columns))) == whole
    assert np.frombuffer(whole, row_type(columns))["b"].tolist() == columns["b"].tolist()


def test_fits_text_escapes_and_drops_trailing_blanks():
    assert fits_text("φ1 ") == rb"\u03c61"


def test_header_text_drops_accents_and_line_breaks():
    assert header_text("Pojmański,\n  Dékány") == "Pojmanski, Dekany"
