"""A VOTable without its rows, and where they are."""

import base64

from rrcat.release.votable import write_votable
from rrcat.release.votable_outline import outline_of


def test_the_rows_lie_between_the_places_that_are_told(tmp_path, frame, table, about):
    path = tmp_path / "a.vot"
    write_votable(frame, table, about, path)
    outline = outline_of(path)
    assert [field.attributes["name"] for field in outline.fields] == table.names
    start, end = outline.stream
    rows = base64.b64decode(path.read_bytes()[start:end])
    assert len(rows) % frame.height == 0
    assert outline.refused == []


def test_what_is_cut_is_refused(tmp_path, frame, table, about):
    path = tmp_path / "a.vot"
    write_votable(frame, table, about, path)
    path.write_bytes(path.read_bytes()[:-20])
    assert "not well-formed" in outline_of(path).refused[0]


def test_rows_without_base64_have_no_place(tmp_path):
    path = tmp_path / "a.vot"
    path.write_text("<VOTABLE><TABLE><STREAM>abc</STREAM></TABLE></VOTABLE>")
    assert outline_of(path).stream is None
