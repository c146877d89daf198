"""Queries to a TAP service: answered at once where they are small, as a job on the server else."""

import base64
import hashlib
import io
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import requests
from pydantic import Field

from rrcat.archive.adql import UPLOAD, UPLOAD_COLUMN
from rrcat.archive.config import Url
from rrcat.archive.described import near
from rrcat.archive.http import Policy
from rrcat.archive.jobs import Server, collect
from rrcat.canonical import json_bytes
from rrcat.errors import ArchiveError

UPLOADED = """\
<?xml version="1.0" encoding="UTF-8"?>
<VOTABLE version="1.3" xmlns="http://www.ivoa.net/xml/VOTable/v1.3">
<RESOURCE><TABLE><FIELD name="{name}" {type}/>
<DATA><BINARY2><STREAM encoding="base64">{stream}</STREAM></BINARY2></DATA>
</TABLE></RESOURCE></VOTABLE>
"""


class TapService(Policy):
    """A TAP service, and what it allows."""

    url: Url = Field(description="The service, as in https://gaia.aip.de/tap.")
    sync_rows: int = Field(
        2000,
        ge=0,
        description="Answers of at most so many rows are asked for at once; larger ones are jobs, "
        "which the server keeps until they are collected.",
    )
    max_upload_rows: int = Field(
        0, ge=0, description="How many identifiers a query may bring along; 0: none."
    )


def query(
    session: requests.Session,
    service: TapService,
    adql: str,
    *,
    to: Path,
    jobs: Path,
    maxrec: int,
    rows_expected: int | None = None,
    upload: pl.DataFrame | None = None,
) -> None:
    """Write the answer to a query to a file, as the VOTable that the server sent.

    It is a job on the server (UWS) unless at most ``service.sync_rows`` rows are expected. The
    URL of a job stands in the folder ``jobs`` until its answer is on disk, so that the same query,
    asked again after an interruption, collects the job that runs or has finished.

    Parameters
    ----------
    upload
        One column ``id`` of integers or text, which the query sees as ``TAP_UPLOAD.ids``.
    maxrec
        The server cuts the answer after so many rows, and says so in it.

    Raises
    ------
    ArchiveError
        The server refuses the query, or gives no answer within the service's policy.
    """
    at_once = rows_expected is not None and rows_expected <= service.sync_rows
    table = b"" if upload is None else uploaded(upload[UPLOAD_COLUMN])
    try:
        _ask(session, service, adql, maxrec, table, to=to, jobs=None if at_once else jobs)
    except ArchiveError as error:
        if error.where.pop("file", None):
            error.where["url"] = service.url  # of the file nothing is left
        if meant := near(session, service.url, service, adql, error.message):
            error.hint = f"check the query: {meant}"
        raise


def _ask(
    session: requests.Session,
    service: TapService,
    adql: str,
    maxrec: int,
    table: bytes,
    *,
    to: Path,
    jobs: Path | None,
) -> None:
    from pyvo.dal import TAPQuery

    server = Server(session, service, time.monotonic() + service.budget)
    request = TAPQuery(
        service.url.rstrip("/"),
        adql,
        mode="sync" if jobs is None else "async",
        maxrec=maxrec,
        uploads={UPLOAD: io.BytesIO(table)} if table else None,
        session=session,
    )
    content: dict[str, Any] = {"data": dict(request)}
    if table:
        content["files"] = {UPLOAD: (f"{UPLOAD}.vot", table, "application/x-votable+xml")}
    if jobs is None:
        server.download("POST", request.queryurl, to=to, **content)
        return
    asked = json_bytes([service.url, dict(request)]) + table
    record = jobs / f"{hashlib.sha256(asked).hexdigest()}.json"
    collect(server, lambda: server.ask("POST", request.queryurl, **content), record=record, to=to)


def uploaded(ids: pl.Series) -> bytes:
    """Give identifiers, integers or text, as a VOTable with one column for an upload."""
    if ids.dtype.is_integer():
        described, dtype = 'datatype="long"', ">i8"
        values = ids.to_numpy()
    else:
        texts = ids.to_list()
        if not all(text.isascii() for text in texts):
            raise ArchiveError(
                "identifiers with letters beyond ASCII cannot be uploaded",
                hint="set `max_upload_rows = 0` in [archive.service]",
            )
        width = max(1, *map(len, texts)) if texts else 1
        described, dtype = f'datatype="char" arraysize="{width}"', f"S{width}"
        values = np.array(texts, dtype=dtype)
    rows = np.zeros(len(ids), dtype=[("is_null", "u1"), ("id", dtype)])
    rows["id"] = values
    stream = base64.b64encode(rows.tobytes()).decode()
    return UPLOADED.format(name=UPLOAD_COLUMN, type=described, stream=stream).encode()
