"""Fetching: what a recipe asks of services becomes a local store, whatever happens on the way."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import polars as pl

from rrcat import atomic
from rrcat.archive import adql
from rrcat.archive.account import STATUSES, received, together
from rrcat.archive.answers import Service, aliases
from rrcat.archive.chunks import Chunks
from rrcat.archive.config import TableQuery
from rrcat.archive.datalink import DataServer
from rrcat.archive.fetch_folder import WORK, claim, require_ours
from rrcat.archive.http import new_session
from rrcat.archive.pages import fetch_stars
from rrcat.archive.published import fetch_table, is_fetched
from rrcat.archive.rows import Provider, ServerRows, table_rows
from rrcat.archive.store import ASKED, DESCRIPTION, TABLES, LocalStore
from rrcat.archive.store_writing import close_store
from rrcat.archive.tap import TapService
from rrcat.archive.tap_config import TapArchive
from rrcat.archive.threads import in_threads
from rrcat.canonical import parquet_bytes
from rrcat.lock import locked


@dataclass(frozen=True)
class Step:
    """How far a stage is: ``done`` of ``total`` (None: not known yet), and the bytes received.

    ``size`` is in bytes, since the step before.
    """

    stage: str
    done: int
    total: int | None
    size: int = 0


Tell = Callable[[Step], None]


@dataclass(frozen=True)
class FetchSummary:
    """What a fetch has left in its folder, for people and for ``--json``.

    ``size`` is in bytes; it and ``seconds`` tell of this time only, the rest of the folder.
    """

    folder: str
    asked: int
    received: int
    empty: int
    failed: int
    reasons: list[dict[str, Any]]
    tables: int
    size: int
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """Give the summary as plain data."""
        return asdict(self)


def fetch(
    archive: TapArchive | None,
    queries: Sequence[TableQuery],
    folder: Path,
    *,
    limit: int | None = None,
    restart: bool = False,
    tell: Tell = lambda step: None,
) -> FetchSummary:
    """Bring an archive and published tables into a folder, or what is still missing of them.

    Interrupted at any moment, it goes on where it stopped. What is in the folder in the end does
    not depend on interruptions, on the order in which answers came, nor on how many were asked for
    at once.

    Parameters
    ----------
    archive
        None if only tables are asked for.
    limit
        At most so many stars, for a first look.
    restart
        Whether all that an earlier fetch has left in the folder is thrown away first.
    tell
        Called after each piece of work.

    Raises
    ------
    RunError
        Another fetch works in the folder, or it holds something else.
    ArchiveError
        A service does not answer, or what it gave cannot be used. What is safe stays.
    """
    started = time.monotonic()
    folder.mkdir(parents=True, exist_ok=True)
    account: dict[str, Any] = {**dict.fromkeys(STATUSES, 0), "reasons": []}
    require_ours(folder)
    with locked(folder, doing="fetch"):
        claim(folder, archive, limit, restart=restart)
        size = _fetch_tables(queries, folder, tell)
        if archive is not None:
            if (folder / WORK).exists() or not (folder / DESCRIPTION).exists():
                size += _fetch_archive(archive, folder, limit, tell)
            else:
                LocalStore.open(folder)
            account = received(folder / ASKED)
        if not account["failed"] and (folder / WORK).exists():
            atomic.remove_folder(folder / WORK)
    return FetchSummary(
        folder=str(folder),
        asked=sum(account[status] for status in STATUSES),
        tables=len(queries),
        size=size,
        seconds=round(time.monotonic() - started, 3),
        **account,
    )


def _fetch_tables(queries: Sequence[TableQuery], folder: Path, tell: Tell) -> int:
    missing = [query for query in queries if not is_fetched(query, folder)]
    received = 0
    for done, query in enumerate(missing, start=1):
        config = TapService(url=query.url)
        service = Service(config, new_session(config), folder / WORK)
        size = fetch_table(query, service, folder)
        tell(Step("Published tables", done, len(missing), size))
        received += size
    return received


def _fetch_archive(archive: TapArchive, folder: Path, limit: int | None, tell: Tell) -> int:
    """Fetch what is missing, and close the store."""
    total = 0

    def count(stage: str, done: int, of: int | None, size: int) -> None:
        nonlocal total
        total += size
        tell(Step(stage, done, of, size))

    work, reading = folder / WORK, Lock()
    service = Service(archive.service, new_session(archive.service), work)
    stars = fetch_stars(
        service,
        archive.stars,
        archive.time,
        survey=archive.survey,
        folder=work / "pages",
        limit=limit,
        tell=lambda done, of, size: count("Stars", done, of, size),
    )
    providers = _providers(archive, service, reading)
    chunks = Chunks(archive, stars, providers, folder, work, reading)
    records = [chunks.record(number) for number in range(len(chunks))]
    open_ones = [n for n, record in enumerate(records) if record is None or record.failed]
    safe = sum(record.n_stars for record in records if record is not None and not record.failed)
    stage = " and ".join(providers).replace("_", " ").capitalize()
    count(stage, safe, stars.ids.height, 0)
    server = archive.light_curves if isinstance(archive.light_curves, DataServer) else None
    at_once = (server or archive.service).concurrency
    for number, size in in_threads(chunks.fetch, open_ones, at_once):
        safe += chunks.ids(number).height
        count(stage, safe, stars.ids.height, size)
    _close(archive, chunks, folder, limit)
    return total


def _providers(archive: TapArchive, service: Service, reading: Lock) -> dict[str, Provider]:
    """Give who provides each table that is used."""
    providers: dict[str, Provider] = {}
    curves = archive.light_curves if "light_curves" in archive.use else None
    if isinstance(curves, DataServer):
        service.folder.mkdir(exist_ok=True)
        session = new_session(curves)
        providers["light_curves"] = ServerRows(
            curves, session, service.folder, archive.time, reading
        )
    elif curves is not None:
        providers["light_curves"] = table_rows(service, curves, archive.time, reading)
    if "features" in archive.use and archive.features is not None:
        providers["features"] = table_rows(service, archive.features, archive.time, reading)
    return providers


def _close(archive: TapArchive, chunks: Chunks, folder: Path, limit: int | None) -> None:
    """Make a store of all chunks, and remove the parts that later ones have replaced."""
    records = [record for n in range(len(chunks)) if (record := chunks.record(n)) is not None]
    asked = pl.concat(pl.read_parquet(chunks.asked(n), glob=False) for n in range(len(chunks)))
    atomic.write_bytes(folder / ASKED, parquet_bytes(asked))
    parts = {
        table: [part for record in records for part in record.parts[table]]
        for table in ("stars", *chunks.providers)
    }
    table = archive.stars
    expressions = [name for source in table.columns.values() for name in source.asked]
    query = adql.select(aliases(expressions), table.from_, table.conditions)
    first = "" if limit is None else f", the first {limit} stars only"
    close_store(
        folder,
        parts,
        bands=sorted({band for record in records for band in record.bands}),
        inputs=[],
        account=together(record.account for record in records) | {"asked": {"limit": limit}},
        adql=[
            f"-- {archive.service.url}, in pages by identifier{first}\n{query}",
            *(provider.told() for provider in chunks.providers.values()),
        ],
        archive=archive.identity(),
    )
    LocalStore.open(folder)  # what was replaced goes only once the store is sound
    current = {folder / part.file for each in parts.values() for part in each}
    for name in TABLES:
        for path in (folder / name).glob("*.parquet"):
            if path not in current:
                path.unlink()
