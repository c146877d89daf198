"""The stars of an archive, page by page: which there are, and their rows on disk.

Pages are ordered by the identifier, and each begins behind the last one of the page before (keyset
paging): it costs the service no more than the first, and a page that is on disk is never asked for
again. The rows of a star are never split between two pages.
"""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from rrcat import atomic
from rrcat.archive import adql
from rrcat.archive.answers import Service, aliases, read
from rrcat.archive.config import TimeSystem
from rrcat.archive.fetch_folder import unfinished
from rrcat.archive.identity import identifiers
from rrcat.archive.mapping import ROW, map_table
from rrcat.archive.readers import RawTable
from rrcat.archive.tap_config import TapStars
from rrcat.canonical import json_bytes, parquet_bytes
from rrcat.errors import ArchiveError

WHOLE = "whole.json"
"""File beside the pages that says that no further one follows."""

Told = Callable[[int, int | None, int], None]
"""What is told of the progress: stars so far, stars there will be, bytes received."""


@dataclass(frozen=True)
class Stars:
    """The stars of an archive, and their mapped rows on disk.

    ``ids`` has a row a star with ``source_id`` and, where stars are named by text, ``archive_id``,
    sorted by ``source_id``.
    """

    pages: list[Path]
    ids: pl.DataFrame

    @property
    def key(self) -> str:
        """Name of the column that the archive names its stars by."""
        return self.ids.columns[-1]

    def rows(self, ids: pl.DataFrame) -> pl.DataFrame:
        """Give all rows of some stars in our columns, numbered in ``ROW``."""
        wanted = ids[self.key]
        low, high = wanted.min(), wanted.max()
        scan = pl.scan_parquet(self.pages, glob=False)
        near = scan.filter(pl.col(self.key).is_between(pl.lit(low), pl.lit(high))).collect()
        return numbered(near.filter(pl.col(self.key).is_in(wanted.implode())))


def numbered(rows: pl.DataFrame) -> pl.DataFrame:
    """Give rows in an order that is their own, whichever they came in, and numbered in ``ROW``."""
    rows = rows.drop(ROW, strict=False)
    order = [name for name, dtype in rows.schema.items() if not dtype.is_nested()]
    return rows.sort(order).with_row_index(ROW, offset=1)


def fetch_stars(
    service: Service,
    table: TapStars,
    time: TimeSystem,
    *,
    survey: str,
    folder: Path,
    limit: int | None = None,
    tell: Told = lambda *_: None,
) -> Stars:
    """Fetch the pages that are missing, and give the stars.

    Parameters
    ----------
    folder
        Where the pages are kept.
    limit
        At most so many stars, the first ones in the order of the service.

    Raises
    ------
    ArchiveError
        The service gives no answer, one that cannot be mapped, fewer rows than it has, or no star.
    """
    pages = _Pages(service, table, time, folder, limit)
    whole = folder / WHOLE
    if whole.exists():
        with unfinished(whole):
            if json.loads(whole.read_bytes())["rows"] != pages.n_rows:
                raise ValueError("pages are gone")
    else:
        promised = pages.count()
        wanted = promised if limit is None else min(promised, limit)
        tell(pages.n_stars, wanted, 0)
        while pages.n_rows < promised and (limit is None or pages.n_stars < limit):
            size = pages.fetch_next(promised)
            tell(min(pages.n_stars, wanted), wanted, size)
        atomic.write_bytes(whole, json_bytes({"rows": pages.n_rows}))
    if not pages.files:
        raise ArchiveError(
            "the service has no such star",
            table=table.from_,
            hint=f"check the conditions: {' AND '.join(table.conditions) or 'there are none'}",
        )
    keys = pl.scan_parquet(pages.files, glob=False).select(pages.key).collect().to_series()
    keys = keys.unique(maintain_order=True).head(limit or len(keys))
    if pages.key == "archive_id":
        ids = identifiers(survey, keys).select("source_id", "archive_id")
    else:
        ids = keys.sort().to_frame()
    return Stars(pages.files, ids)


class _Pages:
    """The pages that are on disk, and the next one."""

    def __init__(
        self,
        service: Service,
        table: TapStars,
        time: TimeSystem,
        folder: Path,
        limit: int | None,
    ) -> None:
        self.files = sorted(folder.glob("*.parquet"))
        self.key = "source_id" if "source_id" in table.columns else "archive_id"
        self.n_rows = self.n_stars = 0
        self._last: int | str | None = None
        for file in self.files:
            with unfinished(file):
                self._count(pl.read_parquet(file, columns=[self.key], glob=False))
        self._service, self._table, self._time, self._folder = service, table, time, folder
        self._place = Path(table.from_)
        (self._expression,) = table.columns[self.key].asked
        others = (name for source in table.columns.values() for name in source.asked)
        self._names = aliases([self._expression, *others])
        # One more than wanted, since the last star of a full page is left for the next.
        self._top = table.page_rows if limit is None else min(table.page_rows, limit + 1)
        self._most = sys.maxsize

    def count(self) -> int:
        """Ask how many rows there are in all."""
        query = adql.select({"n": "COUNT(*)"}, self._table.from_, self._table.conditions)
        answer = self._service.ask(query, maxrec=1, rows_expected=1)
        raw, _ = read(answer, {}, self._place)
        answer.unlink()
        count = raw.frame.item() if raw.frame.shape == (1, 1) else None
        if not isinstance(count, int | float) or not float(count).is_integer():
            raise ArchiveError(
                "the service does not say how many rows it has",
                table=self._table.from_,
                hint=f"its answer to {query!r} should be one whole number",
            )
        return int(count)

    def fetch_next(self, promised: int) -> int:
        """Put the next page on disk, and give the bytes that were received.

        Raises
        ------
        ArchiveError
            The service gives no page, though there are more rows.
        """
        received = 0
        while True:
            top = self._top
            expected = min(top, promised - self.n_rows)
            answer = self._service.ask(self._query(), maxrec=top + 1, rows_expected=expected)
            raw, overflow = read(answer, self._names, self._place)
            received += answer.stat().st_size
            answer.unlink()
            n_rows = raw.frame.height
            if overflow and n_rows < top:
                # The service allows fewer rows than it was asked for.
                self._top = self._most = n_rows
                stuck = self._top < 2
            else:
                page = self._mapped(raw, last=self.n_rows + n_rows >= promised)
                if page.height:
                    self._keep(page)
                    return received
                self._top = 2 * top
                stuck = not n_rows or top > promised or self._top > self._most
            if stuck:
                raise ArchiveError(
                    f"the service has {promised:,} rows of stars and gave {self.n_rows:,}",
                    table=self._table.from_,
                    hint="the table may have changed meanwhile: fetch again with --restart; or the "
                    "service gives fewer rows than one star has",
                )

    def _query(self) -> str:
        where = [*self._table.conditions]
        if self._last is not None:
            where.append(adql.after(self._expression, self._last))
        return adql.select(self._names, self._table.from_, where, order_by="c1", top=self._top)

    def _mapped(self, raw: RawTable, *, last: bool) -> pl.DataFrame:
        """Give the rows in our columns, without those of a star that may go on in the next page."""
        if raw.frame.is_empty():
            return raw.frame
        page = map_table(raw, self._table, self._time, self._place).drop(ROW)
        keys = page[self.key]
        disordered = keys.dtype.is_integer() and not keys.is_sorted()
        if disordered or (self._last is not None and keys.eq(self._last).any()):
            raise ArchiveError(
                "the service does not keep to WHERE and ORDER BY",
                table=self._table.from_,
                hint="its pages cannot be told apart; name another service",
            )
        return page if last else page.filter(keys != keys[-1])

    def _keep(self, page: pl.DataFrame) -> None:
        file = self._folder / f"{len(self.files):06d}.parquet"
        atomic.write_bytes(file, parquet_bytes(page))
        self.files.append(file)
        self._count(page.select(self.key))

    def _count(self, keys: pl.DataFrame) -> None:
        self.n_rows += keys.height
        self.n_stars += keys[self.key].n_unique()
        self._last = keys[self.key][-1]
