"""A TAP service without a server: it answers the queries of pages and chunks from a frame.

It takes the place of `rrcat.archive.answers.Service`, so that its limits can be set to anything.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
from astropy.io.votable import from_table
from astropy.io.votable.tree import Info
from astropy.table import MaskedColumn, Table

from rrcat.archive.tap import TapService
from rrcat.errors import ArchiveError


@dataclass
class MemoryTap:
    """Answers queries for columns of one table.

    Parameters
    ----------
    rows
        The table, in the order in which the service sorts it.
    folder
        Where answers go.
    hard_limit
        Most rows of an answer, whatever is asked for.
    tells
        Whether it says of an answer that it was cut.
    broken
        Queries, counted from 0, to which there is no answer.
    """

    rows: pl.DataFrame
    folder: Path
    hard_limit: int = 10**9
    tells: bool = True
    broken: frozenset[int] = frozenset()
    config: TapService = field(
        default_factory=lambda: TapService(url="http://tap.example", max_upload_rows=10**6)
    )
    asked: list[str] = field(default_factory=list)
    asked_ids: list[list[int | str]] = field(default_factory=list)

    def ask(
        self,
        adql: str,
        *,
        maxrec: int,
        rows_expected: int | None = None,
        ids: Sequence[int | str] = (),
    ) -> Path:
        number = len(self.asked)
        self.asked.append(adql)
        self.asked_ids.append(list(ids))
        if number in self.broken:
            raise ArchiveError("the server answered 503")
        found = self._found(adql, ids)
        overflow = found.height > min(maxrec, self.hard_limit)
        path = self.folder / f"answer{number}.vot"
        _write(found.head(min(maxrec, self.hard_limit)), path, overflow and self.tells)
        return path

    def _found(self, adql: str, ids: Sequence[int | str]) -> pl.DataFrame:
        if "COUNT(*)" in adql:
            return pl.DataFrame({"n": [self.rows.height]})
        found = self.rows
        if after := re.search(r"\((\w+) > (?:(\d+)|'(.*?)')\)", adql):
            last = int(after[2]) if after[2] else after[3]
            found = found.filter(pl.col(after[1]) > last)
        if joined := re.search(r"JOIN TAP_UPLOAD.ids ON (\w+) = ids.id", adql):
            found = found.filter(pl.col(joined[1]).is_in(list(ids)))
        if listed := re.search(r"(\w+) IN \((.*?)\)", adql):
            values = [word.strip(" '") for word in listed[2].split(",")]
            found = found.filter(pl.col(listed[1]).cast(pl.String).is_in(values))
        if top := re.match(r"SELECT TOP (\d+)", adql):
            found = found.head(int(top[1]))
        return found.select(
            pl.col(name).alias(alias) for name, alias in re.findall(r"(\w+) AS (c\d+)", adql)
        )


def _write(frame: pl.DataFrame, path: Path, overflow: bool) -> None:
    document = from_table(Table([_masked(column) for column in frame], names=frame.columns))
    status = Info(name="QUERY_STATUS", value="OVERFLOW" if overflow else "OK")
    document.resources[0].infos.append(status)
    document.to_xml(str(path))


def _masked(column: pl.Series) -> MaskedColumn:
    filler = "" if column.dtype == pl.String else 0
    return MaskedColumn(column.fill_null(filler).to_list(), mask=column.is_null().to_list())
