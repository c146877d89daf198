"""What an archive gave becomes a local store, part by part."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from rrcat import atomic
from rrcat.archive.account import received
from rrcat.archive.ingest import Ingest
from rrcat.archive.store import ACCOUNT, ASKED, DESCRIPTION, FORMAT, TABLES, LocalStore, StorePart
from rrcat.canonical import json_bytes, parquet_bytes
from rrcat.schema import load

STARS_IN_PART = 5_000
# Small enough that a partition of some hundred stars reads little more than its own rows.
ROWS_IN_GROUP = 16_384
HASH_LENGTH = 16


def write_store(ingest: Ingest, folder: Path) -> LocalStore:
    """Write what an archive gave to a folder, whole or not at all, and open it.

    Equal input gives equal bytes.

    Raises
    ------
    FileExistsError
        The folder is there already.
    """
    frames = {name: frame for name in TABLES if (frame := getattr(ingest, name)) is not None}
    ids = ingest.stars["source_id"]
    starts = range(0, len(ids), STARS_IN_PART)
    ranges = [(ids[at], ids[min(at + STARS_IN_PART, len(ids)) - 1]) for at in starts]
    photometry = ingest.features if ingest.light_curves is None else ingest.light_curves
    with atomic.new_folder(folder) as temporary:
        parts = {
            name: [
                write_part(temporary, name, rows)
                for lo, hi in ranges
                if (rows := _between(frame, lo, hi)).height
            ]
            for name, frame in frames.items()
        }
        close_store(
            temporary,
            parts,
            bands=[] if photometry is None else sorted(photometry["band"].unique()),
            inputs=ingest.inputs,
            account=ingest.account,
        )
    return LocalStore.open(folder)


def write_part(
    folder: Path,
    table: str,
    frame: pl.DataFrame,
    *,
    metadata: Mapping[str, str] | None = None,
) -> StorePart:
    """Write rows of a table as a part of the store in a folder, whole or not at all.

    Equal rows give an equal part. It belongs to the store once :func:`close_store` names it.

    Parameters
    ----------
    frame
        Conforming rows, at least one, sorted as the table is, and all that their stars have.
    metadata
        What the footer of the file says besides.
    """
    content = parquet_bytes(frame, rows_in_group=ROWS_IN_GROUP, metadata=metadata)
    sha256 = hashlib.sha256(content).hexdigest()
    lo, hi = frame["source_id"][0], frame["source_id"][-1]
    file = f"{table}/{lo}-{hi}.{sha256[:HASH_LENGTH]}.parquet"
    atomic.write_bytes(folder / file, content)
    return StorePart(file=file, lo=lo, hi=hi, rows=frame.height, sha256=sha256, size=len(content))


def close_store(
    folder: Path,
    parts: Mapping[str, Sequence[StorePart]],
    *,
    bands: Sequence[str],
    inputs: Sequence[Mapping[str, Any]],
    account: Mapping[str, Any],
    adql: Sequence[str] = (),
    archive: Mapping[str, Any] | None = None,
) -> None:
    """Make a store of the parts that stand in a folder; opening it shows whether they are sound.

    ``account.parquet`` belongs to the store where it stands in the folder; the account then has
    its counts under ``asked``.

    Parameters
    ----------
    parts
        Those of each table that the archive has, in any order; a table may have none.
    bands, inputs, account
        As in :class:`LocalStore`.
    adql
        The queries that were asked.
    archive
        What of the configuration of the archive the content depends on.
    """
    beside = [ACCOUNT]
    if (folder / ASKED).exists():
        account = {**account, "asked": account.get("asked", {}) | received(folder / ASKED)}
        beside.append(ASKED)
    atomic.write_bytes(folder / ACCOUNT, json_bytes(account))
    description = {
        "format": FORMAT,
        "archive": dict(archive or {}),
        "bands": list(bands),
        "inputs": [dict(each) for each in inputs],
        "adql": list(adql),
        "schemas": {name: load(name).version for name in parts},
        "tables": {
            name: [part.model_dump() for part in sorted(parts[name], key=lambda part: part.lo)]
            for name in parts
        },
        "files": {
            name: {"sha256": atomic.sha256(folder / name), "size": (folder / name).stat().st_size}
            for name in beside
        },
    }
    # The last of all, as it makes a store of the folder.
    atomic.write_bytes(folder / DESCRIPTION, json_bytes(description))


def cut_out(store: LocalStore, source_ids: pl.Series, folder: Path) -> LocalStore:
    """Write the stars of these identifiers, with their tables, as a store of their own.

    The account stays that of the whole store, but for ``selected``, the number of stars.

    Raises
    ------
    FileExistsError
        The folder is there already.
    """
    told = store.description
    with atomic.new_folder(folder) as temporary:
        parts = {
            table: [
                write_part(temporary, table, rows, metadata=_metadata(store.folder / part.file))
                for part in store.parts(table)
                if (rows := store.rows_of(part, source_ids)).height
            ]
            for table in told["tables"]
        }
        about = {key: told[key] for key in ("archive", "bands", "inputs", "adql")}
        selected = {"selected": sum(part.rows for part in parts["stars"])}
        account = store.account | {"stars": store.account.get("stars", {}) | selected}
        close_store(temporary, parts, account=account, **about)
    return LocalStore.open(folder)


def _metadata(part: Path) -> dict[str, str]:
    """Give what the footer of a part says besides, such as that its stars are simulated."""
    footer = pl.read_parquet_metadata(part)
    return {key: said for key, said in footer.items() if key != "ARROW:schema"}


def _between(frame: pl.DataFrame, lo: int, hi: int) -> pl.DataFrame:
    """Give the rows with lo <= source_id <= hi of a frame that is sorted by it."""
    ids = frame["source_id"]
    first = ids.search_sorted(lo, side="left")
    return frame.slice(first, ids.search_sorted(hi, side="right") - first)
