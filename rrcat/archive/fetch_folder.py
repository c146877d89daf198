"""The folder of a fetch: what is in it, and which archive it belongs to.

Beside the store it holds ``fetch.json``, which says what is fetched; ``tables``, the answers to
queries for published tables; and, until all is safe, ``work``: pages of stars, chunks, jobs and
answers.
"""

import json
import shutil
from pathlib import Path
from typing import Any

from rrcat import atomic
from rrcat.archive.store import ACCOUNT, ASKED, DESCRIPTION, TABLES
from rrcat.archive.tap_config import TapArchive
from rrcat.canonical import json_bytes
from rrcat.errors import RunError
from rrcat.lock import LOCK

IDENTITY = "fetch.json"
PUBLISHED = "tables"
WORK = "work"
OURS = (IDENTITY, PUBLISHED, WORK, DESCRIPTION, ACCOUNT, ASKED, *TABLES)


def claim(folder: Path, archive: TapArchive | None, limit: int | None, *, restart: bool) -> None:
    """Claim a locked folder for what is fetched into it, or find that it is ours already.

    Parameters
    ----------
    archive
        None if only published tables are asked for; they go with any archive.
    restart
        Whether all that an earlier fetch has left is thrown away first.

    Raises
    ------
    RunError
        The folder holds something else, or another archive, or another number of stars.
    """
    for path in [folder, *(each for each in folder.rglob("*") if each.is_dir())]:
        atomic.sweep(path)
    strangers = sorted({path.name for path in folder.iterdir()} - {LOCK, *OURS})
    if strangers:
        raise RunError(
            f"the folder is not one of a fetch: it holds {', '.join(strangers[:5])}",
            file=folder,
            hint="choose another --output",
        )
    if restart:
        for name in OURS:
            path = folder / name
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    if archive is None:
        return
    identity = {"archive": archive.identity(), "limit": limit}
    record = folder / IDENTITY
    if record.exists():
        _refuse_another(json.loads(record.read_bytes()), identity, folder)
    else:
        atomic.write_bytes(record, json_bytes(identity))


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
