"""Queries to a TAP service: synchronous where the answer is small, a job on the server else."""

from pathlib import Path

import polars as pl
import requests
from pydantic import Field

from rrcat.archive.http import Policy


class TapService(Policy):
    """A TAP service, and what it allows."""

    url: str = Field(
        pattern=r"^https?://[^/\s]+", description="The service, as in https://gaia.aip.de/tap."
    )
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
    raise NotImplementedError
