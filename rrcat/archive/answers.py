"""Answers of a TAP service: asked for once, kept on disk until what they became is safe."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import polars as pl
import requests

from rrcat.archive import tap
from rrcat.archive.adql import UPLOAD_COLUMN
from rrcat.archive.readers import RawTable
from rrcat.archive.tap import TapService
from rrcat.archive.votable import read_answer
from rrcat.errors import ArchiveError

T = TypeVar("T")


@dataclass(frozen=True)
class Service:
    """A TAP service to ask, and the folder in which its jobs and answers wait."""

    config: TapService
    session: requests.Session
    folder: Path

    def ask(
        self,
        adql: str,
        *,
        maxrec: int,
        rows_expected: int | None = None,
        ids: Sequence[int | str] = (),
    ) -> Path:
        """Give the file with the answer to a query, which may be there from an earlier run.

        Parameters
        ----------
        ids
            What the query sees as the uploaded table; none is uploaded where it is empty.

        Raises
        ------
        ArchiveError
            There is no answer within the policy of the service.
        """
        asked = "\n".join([self.config.url, str(maxrec), adql, *map(str, ids)])
        to = self.folder / "answers" / f"{hashlib.sha256(asked.encode()).hexdigest()}.vot"
        if not to.exists():
            upload = pl.DataFrame({UPLOAD_COLUMN: ids}) if ids else None
            to.parent.mkdir(parents=True, exist_ok=True)
            tap.query(
                self.session,
                self.config,
                adql,
                to=to,
                jobs=self.folder / "jobs",
                maxrec=maxrec,
                rows_expected=rows_expected,
                upload=upload,
            )
        return to


def read(answer: Path, names: Mapping[str, str], place: Path) -> tuple[RawTable, bool]:
    """Read an answer with its columns under new names; tell whether the service cut it short.

    An answer that is none is removed, so that it is asked for again.

    Parameters
    ----------
    names
        Name in the answer, in any case, to new name.

    Raises
    ------
    ArchiveError
        The service says that the query failed, or the answer is no whole VOTable.
    """
    try:
        given = read_answer(answer, place=place)
    except ArchiveError:
        answer.unlink()
        raise
    raw = given.raw

    def renamed(by_column: Mapping[str, T]) -> dict[str, T]:
        return {names.get(name.lower(), name): value for name, value in by_column.items()}

    frame = pl.DataFrame(renamed(raw.frame.to_dict()))
    return RawTable(frame, renamed(raw.units), renamed(raw.times)), given.overflow


def aliases(expressions: Iterable[str]) -> dict[str, str]:
    """Give a name for each distinct expression, in their order: names that no dialect reserves."""
    return {f"c{n}": each for n, each in enumerate(dict.fromkeys(expressions), start=1)}
