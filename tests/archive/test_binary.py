import base64
import io
import struct
import warnings
from typing import Any

import polars as pl
import pytest
from astropy.io.votable import parse
from hypothesis import given, settings
from hypothesis import strategies as st

from rrcat.archive.binary import decode, layout
from rrcat.archive.readers import from_astropy

NULL = 77
FORMATS = {"unsignedByte": "B", "short": "h", "int": "i", "long": "q", "float": "f", "double": "d"}
INTEGERS = ("unsignedByte", "short", "int", "long")
NUMBERS = {
    "unsignedByte": st.integers(0, 255) | st.just(NULL),
    "short": st.integers(-(2**15), 2**15 - 1) | st.just(NULL),
    "int": st.integers(-(2**31), 2**31 - 1),
    "long": st.integers(-(2**63), 2**63 - 1),
    "float": st.floats(width=32),
    "double": st.floats(),
}
TRUTHS = {b"T": True, b"t": True, b"1": True, b"F": False, b"f": False, b"0": False} | {
    b"?": None,
    b" ": None,
    b"\0": None,
}
ELEMENTS = {
    **NUMBERS,
    "boolean": st.sampled_from(sorted(TRUTHS)),
    "char": st.sampled_from("aZ9 -"),
    "unicodeChar": st.sampled_from("aé星 "),
}
LENGTHS = {None: (1, 1), "1": (1, 1), "3": (3, 3), "*": (0, 4), "6*": (0, 6)}

Kind = tuple[str, str | None]
Rows = list[list[list[Any]]]


@st.composite
def tables(draw) -> tuple[list[Kind], Rows, list[list[bool]]]:
    """Draw fields, the elements in the cells of each row, and which cells are flagged as null."""
    kind = st.tuples(st.sampled_from(sorted(ELEMENTS)), st.sampled_from(list(LENGTHS)))
    kinds = draw(st.lists(kind, min_size=1, max_size=10))
    row = st.tuples(
        *(
            st.lists(ELEMENTS[datatype], min_size=LENGTHS[shape][0], max_size=LENGTHS[shape][1])
            for datatype, shape in kinds
        )
    )
    rows = draw(st.lists(row, max_size=4))
    flags = draw(
        st.lists(
            st.lists(st.booleans(), min_size=len(kinds), max_size=len(kinds)),
            min_size=len(rows),
            max_size=len(rows),
        )
    )
    return kinds, [list(row) for row in rows], flags


def encoded(kind: Kind, cell: list[Any]) -> bytes:
    """Give the bytes of a cell after section 6 of the VOTable standard."""
    datatype, shape = kind
    count = struct.pack(">I", len(cell)) if shape and shape.endswith("*") else b""
    if datatype == "boolean":
        return count + b"".join(cell)
    if datatype in ("char", "unicodeChar"):
        return count + "".join(cell).encode("ascii" if datatype == "char" else "utf-16-be")
    return count + struct.pack(f">{len(cell)}{FORMATS[datatype]}", *cell)


def stream(kinds: list[Kind], rows: Rows, flags: list[list[bool]] | None) -> bytes:
    """Give the bytes of all rows."""
    content = b""
    for number, row in enumerate(rows):
        if flags is not None:
            bits = "".join("01"[flag] for flag in flags[number])
            width = -(-len(bits) // 8)
            content += int(bits.ljust(8 * width, "0"), 2).to_bytes(width, "big")
        content += b"".join(map(encoded, kinds, row))
    return content


def document(kinds: list[Kind], content: bytes, form: str) -> bytes:
    fields = ""
    for number, (datatype, shape) in enumerate(kinds):
        size = f' arraysize="{shape}"' if shape else ""
        null = f'<VALUES null="{NULL}"/>' if datatype in INTEGERS else ""
        fields += f'<FIELD name="c{number}" datatype="{datatype}"{size}>{null}</FIELD>'
    return (
        f'<VOTABLE version="1.4"><RESOURCE><TABLE>{fields}<DATA><{form}><STREAM encoding="base64">'
        f"{base64.b64encode(content).decode()}</STREAM></{form}></DATA></TABLE></RESOURCE></VOTABLE>"
    ).encode()


def read_by_astropy(kinds: list[Kind], content: bytes, form: str):
    """Give the table element, and the values as astropy reads them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        element = parse(io.BytesIO(document(kinds, content, form))).get_first_table()
        return element, from_astropy(element.to_table()).frame


def expected(kind: Kind, cell: list[Any], *, is_flagged: bool) -> Any:
    datatype, shape = kind
    if datatype in ("char", "unicodeChar"):
        return "".join(cell) or None
    if is_flagged:
        return None
    if datatype == "boolean":
        values = [TRUTHS[element] for element in cell]
    else:
        missing = NULL if datatype in INTEGERS else None
        values = [None if x != x or x == missing else x for x in cell]
    return values[0] if shape is None else values


def one_kind_of_null(cell: Any) -> Any:
    """Give a cell with NaN as null, and lists of nothing too, where astropy knows masks only."""
    if isinstance(cell, list):
        plain = [one_kind_of_null(element) for element in cell]
        return plain if any(element is not None for element in plain) else None
    return None if cell != cell else cell


@settings(deadline=None)
@given(tables(), st.sampled_from(["BINARY", "BINARY2"]))
def test_decoded_rows_are_the_encoded_ones(table, form):
    kinds, rows, flags = table
    used = flags if form == "BINARY2" else [[False] * len(kinds) for _ in rows]
    content = stream(kinds, rows, flags if form == "BINARY2" else None)
    element, by_astropy = read_by_astropy(kinds, content, form)
    frame = decode(content, list(map(layout, element.fields)), null_flags=form == "BINARY2")
    assert frame.height == len(rows)
    for number, kind in enumerate(kinds):
        cells = frame[f"c{number}"].to_list()
        pairs = zip(rows, used, strict=True)
        assert cells == [expected(kind, row[number], is_flagged=f[number]) for row, f in pairs]
        theirs = by_astropy[f"c{number}"].to_list()
        assert [*map(one_kind_of_null, cells)] == [*map(one_kind_of_null, theirs)]


@settings(deadline=None)
@given(tables(), st.sampled_from(["BINARY", "BINARY2"]), st.data())
def test_a_stream_that_ends_within_a_row_is_refused(table, form, data):
    kinds, rows, flags = table
    flags_used = flags if form == "BINARY2" else None
    element, _ = read_by_astropy(kinds, b"", form)
    ends = {
        len(stream(kinds, rows[:n], flags_used[:n] if flags_used else None))
        for n in range(len(rows) + 1)
    }
    content = stream(kinds, rows, flags_used)
    cut = data.draw(st.integers(0, len(content)))
    layouts = list(map(layout, element.fields))
    if cut in ends:
        decode(content[:cut], layouts, null_flags=form == "BINARY2")
    else:
        with pytest.raises(ValueError, match="the last row is cut"):
            decode(content[:cut], layouts, null_flags=form == "BINARY2")


def fields_of(*kinds: Kind):
    element, _ = read_by_astropy(list(kinds), b"", "BINARY")
    return element.fields


def test_what_archives_do_not_send_is_left_to_astropy():
    kinds = [("bit", None), ("doubleComplex", None), ("double", "2x3")]
    assert [layout(field) for field in fields_of(*kinds)] == [None] * 3


def test_a_count_beyond_the_stream_is_refused():
    layouts = list(map(layout, fields_of(("double", "*"))))
    with pytest.raises(ValueError, match="the last row is cut"):
        decode(struct.pack(">I", 2**32 - 1) + bytes(16), layouts, null_flags=False)


def test_a_cell_that_is_neither_true_nor_false_is_refused():
    layouts = list(map(layout, fields_of(("boolean", None))))
    with pytest.raises(ValueError, match="c0 is neither true nor false"):
        decode(b"TFy", layouts, null_flags=False)


def test_texts_end_at_the_first_null():
    layouts = list(map(layout, fields_of(("char", "5"), ("unicodeChar", "3"))))
    row = b"ab\0c " + "\0é ".encode("utf-16-be")
    assert decode(row, layouts, null_flags=False).rows() == [("ab", None)]


def test_columns_of_no_rows_have_their_types():
    kinds: list[Kind] = [("long", None), ("double", "*"), ("boolean", "*"), ("char", "*")]
    layouts = list(map(layout, fields_of(*kinds)))
    for flags in (False, True):
        frame = decode(b"", layouts, null_flags=flags)
        assert frame.dtypes == [pl.Int64, pl.List(pl.Float64), pl.List(pl.Boolean), pl.String]
