"""The folder of a fetch: what is in it, and which archive it belongs to.

Beside the store it holds ``fetch.json``, which says what is fetched, and without which nothing in a
folder is touched; ``tables``, the answers to
queries for published tables; and, until all is safe, ``work``: pages of stars, chunks, jobs and
answers.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl

from rrcat import atomic
from rrcat.archive.store import ACCOUNT, ASKED, DESCRIPTION, TABLES
from rrcat.archive.tap_config import TapArchive
from rrcat.canonical import json_bytes
from rrcat.errors import RunError
from rrcat.lock import LOCK

IDENTITY = "fetch.json"
PUBLISHED = "tables"
WORK = "work"
OURS = (DESCRIPTION, WORK, ACCOUNT, ASKED, *TABLES, PUBLISHED, IDENTITY)
"""In the order in which a restart removes them: none outlives what tells what it is."""

NO_ARCHIVE: dict[str, Any] = {"archive": None, "limit": None}


def require_ours(folder: Path) -> None:
    """Refuse a folder that is neither empty nor one of a fetch, without a trace in it.

    Raises
    ------
    RunError
        The folder holds something else, or something of it is a link, which leads elsewhere.
    """
    there = {path.name for path in folder.iterdir() if not path.name.endswith(atomic.SUFFIX)}
    ours = OURS if IDENTITY in there else ()
    if strangers := sorted(there - {LOCK, *ours}):
        raise RunError(
            f"the folder is not one of a fetch: it holds {', '.join(strangers[:5])}",
            file=folder,
            hint="choose another --output",
        )
    if links := sorted(name for name in there if (folder / name).is_symlink()):
        raise RunError(
            f"in the folder of a fetch stands a link, {links[0]}",
            file=folder,
            hint="put what it leads to in its place, or choose another --output",
        )


def claim(folder: Path, archive: TapArchive | None, limit: int | None, *, restart: bool) -> None:
    """Claim a locked folder for what is fetched into it, or find that it is already.

    It has passed :func:`require_ours`.

    Parameters
    ----------
    archive
        None if only published tables are asked for; they go with any archive.
    restart
        Whether all that an earlier fetch has left is thrown away first.

    Raises
    ------
    RunError
        The folder holds another archive, or another number of stars.
    """
    for path in [folder, *(each for each in folder.rglob("*") if each.is_dir())]:
        atomic.sweep(path)
    if restart:
        for name in OURS:
            path = folder / name
            atomic.remove_folder(path) if path.is_dir() else path.unlink(missing_ok=True)
    record = folder / IDENTITY
    earlier = _read(record) if record.exists() else None
    if archive is None:
        identity = earlier or NO_ARCHIVE
    else:
        identity = {"archive": archive.identity(), "limit": limit}
        if earlier not in (None, NO_ARCHIVE):
            _refuse_another(earlier, identity, folder)
    if identity != earlier:
        atomic.write_bytes(record, json_bytes(identity))


def limit_of(folder: Path) -> int | None:
    """Give how many stars were asked for at most in a folder; None where it holds no such fetch."""
    record = folder / IDENTITY
    limit: int | None = _read(record)["limit"] if record.exists() else None
    return limit


@contextmanager
def unfinished(path: Path) -> Iterator[None]:
    """Let a file of an unfinished fetch that is not as it was written say so."""
    try:
        yield
    except (ValueError, TypeError, KeyError, pl.exceptions.PolarsError):
        raise RunError(
            "a file of the unfinished fetch has changed since it was written",
            file=path,
            hint="fetch again with --restart",
        ) from None


def _read(record: Path) -> dict[str, Any]:
    try:
        told = json.loads(record.read_bytes())
        return {"archive": told["archive"], "limit": told["limit"]}
    except (ValueError, TypeError, KeyError):
        raise RunError(
            "the file does not say what was fetched into its folder",
            file=record,
            hint="it is damaged; throw all of the folder away with --restart",
        ) from None


def _refuse_another(earlier: dict[str, Any], identity: dict[str, Any], folder: Path) -> None:
    one, other = earlier["archive"], identity["archive"]
    differing = sorted(key for key in {*one, *other} if one.get(key) != other.get(key))
    if differing:
        what = "was fetched by another [archive], which differs in " + ", ".join(differing)
    elif earlier["limit"] != identity["limit"]:
        limit = earlier["limit"]
        held = "all stars" if limit is None else f"the first {limit:,} stars"
        what = f"is that of a fetch of {held}"
    else:
        return
    raise RunError(
        f"what the folder holds {what}",
        file=folder,
        hint="choose another --output, or throw the earlier one away with --restart",
    )
