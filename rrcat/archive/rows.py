"""What services have of some stars: their rows in our columns, and for whom there are none why."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock
from typing import Protocol

import polars as pl
import requests

from rrcat.archive import adql, datalink
from rrcat.archive.account import FAILED
from rrcat.archive.answers import Service, aliases, read
from rrcat.archive.config import TimeSystem
from rrcat.archive.datalink import DataServer
from rrcat.archive.epochs import to_rows
from rrcat.archive.failures import AGAIN
from rrcat.archive.halves import by_halves
from rrcat.archive.mapping import ROW, map_table
from rrcat.archive.readers import RawTable
from rrcat.archive.tap_config import TapFeatures, TapLightCurves
from rrcat.errors import ArchiveError

Ids = Sequence[int] | Sequence[str]

IDS_IN_LIST = 500
"""Identifiers in a query to a service that takes no uploads."""

MAXREC = 20_000_000


@dataclass
class Rows:
    """Rows of some stars.

    Parameters
    ----------
    frames
        In our columns; each without row where nothing came.
    failed
        The reason for each star that could not be had.
    not_asked_for
        Rows, or stars, that came unasked and are dropped.
    size
        Bytes received.
    answers
        Files that are of no use once the rows are safe.
    """

    frames: list[pl.DataFrame] = field(default_factory=list)
    failed: dict[int | str, str] = field(default_factory=dict)
    not_asked_for: int = 0
    size: int = 0
    answers: list[Path] = field(default_factory=list)


class Provider(Protocol):
    """Who gives the rows that one table has of stars."""

    def __call__(self, ids: Ids) -> Rows:
        """Ask for stars: each is in the rows, or failed, or the archive has nothing of it."""

    def told(self) -> str:
        """Give what is asked, for the record."""


@dataclass(frozen=True)
class TableRows:
    """Rows of a table of a TAP service.

    Parameters
    ----------
    key
        The expression that names the star.
    expressions
        What is asked for, the key included.
    to_ours
        Maps what came.
    one_each
        Whether a star has one row at most.
    apart
        The expressions that tell rows apart, the key among them; none where nothing does.
    reading
        Held while an answer is in memory, so that it is one at a time.
    """

    service: Service
    from_: str
    conditions: Sequence[str]
    key: str
    expressions: Sequence[str]
    to_ours: Callable[[RawTable], pl.DataFrame]
    one_each: bool
    apart: Sequence[str]
    reading: Lock

    def __call__(self, ids: Ids) -> Rows:
        """Ask for stars, in as many queries as the service needs."""
        rows = Rows()
        most = self.service.config.max_upload_rows or IDS_IN_LIST
        for start in range(0, len(ids), most):
            self._ask(ids[start : start + most], rows)
        return rows

    def told(self) -> str:
        """Give the query, with the service and how the stars enter it."""
        if self.uploads:
            how, query = "uploaded", self._query(())
        else:
            names = aliases(self.expressions)
            how = f"as {self.key} IN (...)"
            query = adql.select(names, self.from_, self.conditions)
        return f"-- {self.service.config.url}, identifiers of the stars {how}\n{query}"

    @property
    def uploads(self) -> bool:
        """Whether identifiers are uploaded; otherwise they stand in the query."""
        return self.service.config.max_upload_rows > 0

    def _query(self, ids: Ids) -> str:
        names = aliases(self.expressions)
        if self.uploads:
            return adql.select(names, adql.join_upload(self.from_, self.key), self.conditions)
        conditions = [*self.conditions, adql.one_of(self.key, ids)]
        return adql.select(names, self.from_, conditions)

    def _ask(self, ids: Ids, rows: Rows) -> None:
        try:
            answer = self.service.ask(
                self._query(ids),
                maxrec=MAXREC,
                rows_expected=len(ids) if self.one_each else None,
                ids=ids if self.uploads else (),
            )
        except ArchiveError as error:
            told = "" if error.hint in (AGAIN, None) else f"; {error.hint}"
            rows.failed |= dict.fromkeys(ids, f"{error.message}{told}")
            return
        rows.size += answer.stat().st_size
        with self.reading:
            try:
                raw, overflow = read(answer, aliases(self.expressions), Path(self.from_))
            except ArchiveError as error:
                rows.failed |= dict.fromkeys(ids, error.message)
                return
            if not overflow:
                self._take(raw, ids, rows)
                rows.answers.append(answer)
                return
        # Nothing is taken of an answer that the service has cut short; fewer stars are asked for.
        answer.unlink()
        if len(ids) == 1:
            rows.failed[ids[0]] = "the service gives fewer rows than the star has"
            return
        for half in (ids[: len(ids) // 2], ids[len(ids) // 2 :]):
            self._ask(half, rows)

    def _take(self, raw: RawTable, ids: Ids, rows: Rows) -> None:
        asked = {str(each): each for each in ids}
        if self.key not in raw.frame.columns:
            raise ArchiveError(
                f"the answer has no column for {self.key!r}, by which the stars were asked for",
                table=self.from_,
                hint="name another service",
            )
        wanted = raw.frame[self.key].cast(pl.String).is_in(list(asked)).fill_null(False)
        foreign = int((~wanted).sum())
        raw = replace(raw, frame=raw.frame.filter(wanted))
        if foreign:
            # Perhaps those of a star that has none, under another name: nobody knows.
            rows.not_asked_for += foreign
            there = set(raw.frame[self.key].cast(pl.String))
            reason = f"no rows of it came, but {foreign:,} of stars that were not asked for"
            rows.failed |= {star: reason for name, star in asked.items() if name not in there}
        if self.apart:
            frame, differing = datalink.once(raw.frame, list(self.apart))
            rows.failed |= {asked[str(star)]: datalink.DIFFERING for star in differing}
            raw = replace(raw, frame=frame.filter(~pl.col(self.key).is_in(differing)))
        if raw.frame.height:
            mapped, failed = by_halves(raw, self.key, self.to_ours)
            rows.frames += mapped
            rows.failed |= {asked[str(star)]: reason for star, reason in failed.items()}


def table_rows(
    service: Service, table: TapLightCurves | TapFeatures, time: TimeSystem, reading: Lock
) -> TableRows:
    """Give the provider of light curves or features from a table of a TAP service."""
    place = Path(table.from_)
    if isinstance(table, TapFeatures):
        # Rows of a star that differ are judged later, as `conflicts` says.
        columns, one_each, judged = table.columns, True, False
        others: Sequence[str] = ()
        expressions = [name for source in columns.values() for name in source.asked]

        def to_ours(raw: RawTable) -> pl.DataFrame:
            return map_table(raw, table, time, place).drop(ROW)

    else:
        (form,) = table.forms
        columns, one_each, others = form.columns, form.kind == "arrays", form.key
        judged = one_each or bool(others)
        expressions = list(form.asked)

        def to_ours(raw: RawTable) -> pl.DataFrame:
            return to_rows(raw, [form], time, place).drop(ROW)

    (key,) = columns["source_id" if "source_id" in columns else "archive_id"].asked
    return TableRows(
        service,
        table.from_,
        table.conditions,
        key,
        [key, *expressions],
        to_ours,
        one_each,
        (key, *others) if judged else (),
        reading,
    )


@dataclass(frozen=True)
class ServerRows:
    """Light curves of a data server."""

    server: DataServer
    session: requests.Session
    folder: Path
    time: TimeSystem
    reading: Lock

    def __call__(self, ids: Ids) -> Rows:
        """Ask for stars, in as many requests as the server needs."""
        rows = Rows()
        most = self.server.ids_per_request
        for start in range(0, len(ids), most):
            asked = [int(each) for each in ids[start : start + most]]
            given = datalink.request(
                self.server,
                asked,
                session=self.session,
                folder=self.folder,
                time=self.time,
                reading=self.reading,
            )
            rows.frames.append(given.rows.drop(ROW))
            failed = given.account.filter(status=FAILED)
            rows.failed |= dict(failed.select("source_id", "reason").iter_rows())
            rows.not_asked_for += given.not_asked_for
            rows.size += given.size
        return rows

    def told(self) -> str:
        """Give what the server is asked."""
        server = self.server
        return (
            f"-- {server.url}, identifiers of the stars in ID\n"
            f"-- RETRIEVAL_TYPE={server.retrieval_type} RELEASE={server.release} "
            f"DATA_STRUCTURE={' or '.join(server.structures)} FORMAT={server.format} "
            f"VALID_DATA={str(server.valid_data).lower()}"
        )
