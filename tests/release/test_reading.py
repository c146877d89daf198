"""Rows come back in batches, and what cannot be read is refused."""

import base64
import re

import polars as pl
import pytest

from rrcat.release import reading
from rrcat.release.fits import write_fits
from rrcat.release.reading import as_read, fits_batches, votable_batches
from rrcat.release.votable import write_votable

FORMS = {"votable": (write_votable, votable_batches), "fits": (write_fits, fits_batches)}


@pytest.fixture(params=FORMS)
def form(request, tmp_path, frame, table, about):
    """Name of a format, a file of it and its reader."""
    write, batches = FORMS[request.param]
    path = tmp_path / request.param
    write(frame, table, about, path)
    return request.param, path, batches


@pytest.mark.parametrize("size", [1, 7, 299, 300, 1000])
def test_batches_of_any_size_are_the_same_rows(form, frame, table, monkeypatch, size):
    name, path, batches = form
    monkeypatch.setattr(reading, "ROWS_IN_GROUP", size)
    monkeypatch.setattr(reading, "BASE64_CHUNK", 1001)
    found = list(batches(path, table))
    assert [one.height for one in found[:-1]] == [size] * (len(found) - 1)
    assert pl.concat(found).equals(as_read(frame, table, name))


def rewritten(path, change):
    """Change the rows of a VOTable."""
    text = path.read_text()
    stream = re.search(r"(<STREAM[^>]*>)(.*)(</STREAM>)", text, re.DOTALL)
    rows = base64.b64encode(change(base64.b64decode(stream[2]))).decode()
    path.write_text(text[: stream.start()] + stream[1] + rows + stream[3] + text[stream.end() :])


@pytest.fixture
def votable(tmp_path, frame, table, about):
    path = tmp_path / "a.vot"
    write_votable(frame, table, about, path)
    return path


def test_a_row_that_is_cut_is_refused(votable, table):
    rewritten(votable, lambda rows: rows[:-1])
    with pytest.raises(ValueError, match="the last row is cut"):
        list(votable_batches(votable, table))


def test_another_number_of_rows_than_there_are_is_refused(votable, table):
    votable.write_text(votable.read_text().replace('nrows="300"', 'nrows="299"'))
    with pytest.raises(ValueError, match="tells 299 rows, and holds 300"):
        list(votable_batches(votable, table))


def test_what_is_no_base64_is_refused(votable, table):
    votable.write_text(re.sub(r"(<STREAM[^>]*>\s*)", r"\1*", votable.read_text()))
    with pytest.raises(ValueError, match="base64"):
        list(votable_batches(votable, table))


def test_a_text_that_goes_on_behind_its_end_is_refused(votable, table):
    # Of the status of the first star, "ok" and more that astropy would not show.
    rewritten(votable, lambda rows: rows.replace(b"ok\0\0\0", b"ok\0k\0", 1))
    with pytest.raises(ValueError, match="feh_status: a text goes on after its end"):
        list(votable_batches(votable, table))


def test_a_fits_file_that_is_cut_is_refused(tmp_path, frame, table, about):
    path = tmp_path / "a.fits"
    write_fits(frame, table, about, path)
    path.write_bytes(path.read_bytes()[:-5760])
    with (
        pytest.warns(UserWarning, match="truncated"),
        pytest.raises(ValueError, match="last row is cut"),
    ):
        list(fits_batches(path, table))
