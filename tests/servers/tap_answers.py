"""What a TAP service answers of a catalogue, to be compared with its release."""

import tempfile
from pathlib import Path

import polars as pl
import pyvo
from through_astropy import read_votable

from rrcat.schema import Table

Words = dict[str, tuple[str, str, str]]
EVERY_ROW = 1_000_000


def rows(service: pyvo.dal.TAPService, name: str, table: Table) -> pl.DataFrame:
    """Give all rows of a table of a service, read as a release is, sorted by ``source_id``."""
    query = service.create_query(f"SELECT * FROM {name}", maxrec=EVERY_ROW)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "answer.vot"
        path.write_bytes(query.execute_stream().read())
        return read_votable(path, table).sort("source_id")


def words(service: pyvo.dal.TAPService, name: str) -> Words:
    """Give unit, UCD and description of every column, in the order of an answer."""
    fields = service.run_sync(f"SELECT TOP 1 * FROM {name}").fielddescs
    return {
        field.name: (str(field.unit or ""), field.ucd, " ".join(field.description.split()))
        for field in fields
    }


def words_of(table: Table) -> Words:
    """Give what they must be."""
    return {
        column.name: (column.unit_in("votable"), column.ucd, column.full_description)
        for column in table.column
    }
