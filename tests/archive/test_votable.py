import gzip
import io
import json
import threading
import warnings
from pathlib import Path

import polars as pl
import pytest
from astropy.io import votable
from astropy.io.votable import from_table
from astropy.table import MaskedColumn, Table
from polars.testing import assert_frame_equal

from rrcat.archive.readers import StatedTime, from_astropy, read
from rrcat.archive.votable import Answer, check, read_answer
from rrcat.errors import ArchiveError

PLACE = Path("answer.vot")
FORMS = ["tabledata", "binary", "binary2"]
FRAME = pl.DataFrame({"source_id": [2**62 + 1, 12, 13], "mag": [15.25, None, -1.5]})


def table(form: str) -> bytes:
    """Write FRAME with astropy."""
    columns = [
        MaskedColumn(FRAME[name].fill_null(7).to_numpy(), name, mask=FRAME[name].is_null())
        for name in FRAME.columns
    ]
    written = io.BytesIO()
    document = from_table(Table(columns))
    document.get_first_table().fields[1].unit = "mag"
    document.to_xml(written, tabledata_format=form)
    return written.getvalue()


def marked(document: bytes, *, before: str = "", behind: str = "") -> bytes:
    """Put elements before and behind the table."""
    return document.replace(b"<TABLE", before.encode() + b"<TABLE", 1).replace(
        b"</TABLE>", b"</TABLE>" + behind.encode(), 1
    )


def status(value: str, text: str = "") -> str:
    return f'<INFO name="QUERY_STATUS" value="{value}">{text}</INFO>'


def answer(document: bytes, **more) -> Answer:
    return read_answer(io.BytesIO(document), place=PLACE, **more)


def told(document: bytes, **more) -> str:
    with pytest.raises(ArchiveError) as caught:
        answer(document, **more)
    assert str(PLACE) in str(caught.value)
    assert caught.value.hint
    return caught.value.message


@pytest.mark.parametrize("form", FORMS)
def test_every_serialisation_gives_the_same_frame(form):
    got = answer(table(form))
    assert_frame_equal(got.raw.frame, FRAME)
    assert got.raw.units == {"mag": "mag"}
    assert not got.overflow


def test_arrays_become_lists():
    document = (
        '<VOTABLE version="1.4"><RESOURCE><TABLE><FIELD name="time" datatype="double" '
        'arraysize="*"/><FIELD name="good" datatype="boolean" arraysize="*"/><DATA><TABLEDATA>'
        "<TR><TD>1.5 NaN</TD><TD>T F ?</TD></TR><TR><TD/><TD>F</TD></TR>"
        "</TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>"
    )
    assert answer(document.encode()).raw.frame.to_dict(as_series=False) == {
        "time": [[1.5, None], []],
        "good": [[True, False, None], [False]],
    }


@pytest.mark.parametrize("form", FORMS)
def test_a_document_cut_anywhere_is_refused(form):
    document = marked(table(form), before=status("OK"), behind=status("OVERFLOW")).rstrip()
    assert answer(document).overflow
    for end in range(len(document)):
        with pytest.raises(ArchiveError):
            answer(document[:end])


def test_rows_that_are_cut_in_a_whole_document_are_refused():
    document = table("binary2")
    assert "the answer cannot be read" in told(document.replace(b"</STREAM>", b"AAAA</STREAM>"))
    start = document.index(b">", document.index(b"<STREAM")) + 1
    shorter = document[: start + 13] + document[document.index(b"</STREAM>") :]
    assert "the last row is cut" in told(shorter)


def test_fewer_rows_than_promised_are_refused_unless_the_server_cut_them():
    document = table("tabledata").replace(b"<TABLE", b'<TABLE nrows="4"', 1)
    assert "the table says that it has 4 rows, and has 3" in told(document)
    assert answer(marked(document, behind=status("OVERFLOW"))).raw.frame.height == 3


def test_a_promise_of_more_rows_than_the_document_could_hold_is_refused():
    document = table("tabledata").replace(b"<TABLE", b'<TABLE nrows="99999999999999"', 1)
    assert "99999999999999 rows, and cannot have" in told(document)


def test_an_overflow_is_told():
    assert answer(marked(table("binary"), behind=status("OVERFLOW"))).overflow
    assert not answer(marked(table("binary"), before=status("OK"))).overflow


@pytest.mark.parametrize("where", ["before", "behind"])
def test_what_the_server_says_of_a_failure_is_told(where):
    document = marked(table("tabledata"), **{where: status("ERROR", "No such\n field: raa")})
    assert told(document) == "the server refused the query: No such field: raa"


def test_a_failure_needs_neither_table_nor_reason():
    document = f'<VOTABLE><RESOURCE type="results">{status("ERROR")}</RESOURCE></VOTABLE>'
    assert told(document.encode()) == "the server refused the query: it gives no reason"


OTHER = {
    "nothing": (b"", "the answer cannot be read: it is empty"),
    "text": (b"Service is busy\n", "it is no VOTable, and says: Service is busy"),
    "JSON": (json.dumps({"error": "no"}).encode(), 'it is no VOTable, and says: {"error": "no"}'),
    "HTML": (b"<html><body><p>Down for <br>today</body>", "it is no VOTable, and says: Down for"),
    "HTML with its type": (
        b"<!DOCTYPE html><html><title>Maintenance</title></html>",
        "it is no VOTable, and says: Maintenance",
    ),
    "another XML": (b"<job><phase>ERROR</phase></job>", "it is no VOTable, and says: ERROR"),
    "bytes": (bytes(range(256)), "it is no VOTable, and says: "),
    "no table": (b"<VOTABLE><RESOURCE/></VOTABLE>", "the file has 0 tables"),
}


@pytest.mark.parametrize("name", OTHER)
def test_what_came_instead_of_a_votable_is_shown(name):
    document, said = OTHER[name]
    assert said in told(document)


def test_entities_are_never_expanded():
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    for inside in (f'<!ENTITY e0 "ha">{entities}', '<!ENTITY e9 SYSTEM "file:///etc/passwd">'):
        document = f"<!DOCTYPE VOTABLE [{inside}]><VOTABLE><INFO>&e9;</INFO></VOTABLE>"
        assert "it declares a document type" in told(document.encode())


@pytest.mark.parametrize("form", ["BINARY", "BINARY2", "FITS", "PARQUET"])
def test_rows_elsewhere_are_not_fetched(tmp_path, form):
    (tmp_path / "rows").write_bytes(b"secret")
    stream = f'<STREAM href="file://{tmp_path}/rows"/>'
    document = (
        '<VOTABLE version="1.4"><RESOURCE><TABLE><FIELD name="a" datatype="int"/>'
        f"<DATA><{form}>{stream}</{form}></DATA></TABLE></RESOURCE></VOTABLE>"
    )
    assert "its rows are elsewhere" in told(document.encode())


def test_astropy_reads_what_is_not_decoded_here():
    document = (
        b'<VOTABLE version="1.4"><RESOURCE><TABLE><FIELD name="a" datatype="bit"/>'
        b'<FIELD name="a" datatype="short"/><DATA><BINARY><STREAM encoding="base64">iAEA'
        b"</STREAM></BINARY></DATA></TABLE></RESOURCE></VOTABLE>"
    )
    assert answer(document).raw.frame.rows() == [(True, 256)]


def test_tables_are_counted_in_order():
    first, second = (table("binary").replace(b"mag", name) for name in (b"one", b"two"))
    element = second[second.index(b"<TABLE") : second.index(b"</TABLE>") + 8].decode()
    document = marked(first, behind=element)
    assert answer(document).raw.frame.columns == ["source_id", "one"]
    assert answer(document, table=2).raw.frame.columns == ["source_id", "two"]
    assert_frame_equal(answer(document, table=2).raw.frame.rename({"two": "mag"}), FRAME)
    assert "table 3 is asked for" in told(document, table=3)


def test_values_for_all_rows_are_given(data_dir):
    got = read_answer(data_dir / "esa_epoch_photometry" / "dr3_wide_first5rows.vot", place=PLACE)
    assert got.params["source_id"] == 1457486023639239296
    assert got.params["release"] == "Gaia DR3"
    assert "source_id" not in got.raw.frame.columns


def test_values_of_other_tables_are_not_given():
    param = '<PARAM name="source_id" datatype="long" value="{}"/>'
    document = table("tabledata").decode()
    first = document.replace("<FIELD", param.format(1) + "<FIELD", 1)
    element = document[document.index("<TABLE") : document.index("</TABLE>") + 8]
    second = element.replace("<FIELD", param.format(2) + "<FIELD", 1)
    both = marked(first.encode(), behind=second)
    assert answer(both).params == {"source_id": 1}
    assert answer(both, table=2).params == {"source_id": 2}


def test_the_time_system_of_a_column_is_kept(data_dir):
    path = data_dir / "esa_epoch_photometry" / "dr3_long_4057091150787104896.xml"
    got = read_answer(path, place=PLACE)
    assert got.raw.times == {"time": StatedTime("TCB", "BARYCENTER", 2455197.5)}


@pytest.mark.parametrize(
    "name", ["dr2_long_5813181197970338560.xml", "dr3_long_4057091150787104896.xml"]
)
def test_genuine_tables_have_the_values_that_astropy_reads(data_dir, name):
    path = data_dir / "esa_epoch_photometry" / name
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = from_astropy(votable.parse_single_table(path).to_table())
    ours = read_answer(path, place=path).raw
    assert_frame_equal(ours.frame, theirs.frame, check_exact=True)
    assert ours.units == theirs.units


@pytest.mark.parametrize("form", FORMS)
def test_prefixes_and_encodings_do_not_matter(form):
    document = table(form).decode()
    root, _, rest = document.partition("<VOTABLE")
    prefixed = (root + "<VOTABLE" + rest).replace('encoding="utf-8"', 'encoding="utf-16"')
    assert_frame_equal(answer(prefixed.encode("utf-16")).raw.frame, FRAME)


@pytest.mark.parametrize("form", FORMS)
def test_a_packed_file_is_read(tmp_path, form):
    path = tmp_path / "a.vot.gz"
    path.write_bytes(gzip.compress(table(form)))
    assert_frame_equal(read(path).frame, FRAME)


def test_a_check_tells_a_page_from_an_answer(tmp_path):
    (tmp_path / "a").write_bytes(table("binary"))
    check(tmp_path / "a")
    (tmp_path / "a").write_bytes(b"<html>busy</html>")
    with pytest.raises(ValueError, match="busy"):
        check(tmp_path / "a")
    (tmp_path / "a").write_bytes(marked(table("binary"), behind=status("ERROR", "too slow")))
    with pytest.raises(ArchiveError, match="too slow"):
        check(tmp_path / "a")


def test_threads_that_read_at_once_leave_the_warnings_as_they_were():
    document = table("tabledata").replace(b'unit="mag"', b'unit="no unit"')
    before = list(warnings.filters)
    frames: list[pl.DataFrame] = []

    def work() -> None:
        frames.extend(answer(document).raw.frame for _ in range(10))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(frames) == 40
    assert all(frame.equals(FRAME) for frame in frames)
    assert list(warnings.filters) == before
