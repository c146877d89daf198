"""Answers in VOTable, from servers that may send anything: checked before they are parsed."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from rrcat.archive.readers import RawTable


@dataclass(frozen=True)
class Answer:
    """A table, whether the server cut it short, and the values that it gives for all rows."""

    raw: RawTable
    overflow: bool
    params: dict[str, Any]


def read_answer(source: Path | BinaryIO, *, place: Path, table: int = 1) -> Answer:
    """Read a VOTable in any serialisation; arrays in cells become lists.

    Parameters
    ----------
    source
        The file, or its content.
    place
        What messages name as the origin.
    table
        Which table of several; 1 is the first.

    Raises
    ------
    ArchiveError
        The server says that the query failed, or the answer is no whole VOTable; the message
        shows what came instead.
    """
    raise NotImplementedError
