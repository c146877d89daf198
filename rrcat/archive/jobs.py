"""Jobs on a server (UWS): begun once, remembered on disk, collected when they are done.

The URL of a job stands in a file from the moment the server has named it until its answer is on
disk. Whoever asks the same again, after a crash or days later, gets the answer of that job; only
where the server has lost it, a new one begins.
"""

import io
import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from rrcat.archive.failures import AGAIN
from rrcat.archive.http import Policy, Reply, ask, download
from rrcat.archive.readers import quietly
from rrcat.archive.votable import check, require_plain_xml
from rrcat.atomic import write_bytes
from rrcat.canonical import json_bytes
from rrcat.errors import ArchiveError

NOT_BEGUN = frozenset({"PENDING", "HELD"})
ENDED = frozenset({"COMPLETED", "ERROR", "ABORTED", "ARCHIVED"})
FIRST_PAUSE, PAUSE_GROWTH, LONGEST_PAUSE = 0.1, 1.5, 15.0  # s, factor, s
LONG_POLL = 30  # s


@dataclass(frozen=True)
class Server:
    """Whom to ask, how, and until when (on the clock of :func:`time.monotonic`)."""

    session: requests.Session
    policy: Policy
    deadline: float

    def ask(self, method: str, url: str, **request: Any) -> Reply:
        """Ask for a small answer."""
        return ask(self.session, method, url, policy=self.policy, deadline=self.deadline, **request)

    def download(self, method: str, url: str, *, to: Path, **request: Any) -> None:
        """Write an answer that is a VOTable to a file."""
        download(
            self.session,
            method,
            url,
            to=to,
            policy=self.policy,
            deadline=self.deadline,
            check=check,
            **request,
        )


def collect(server: Server, create: Callable[[], Reply], *, record: Path, to: Path) -> None:
    """Write the result of a job to a file: of the one in ``record`` if it lives, or of a new one.

    Parameters
    ----------
    create
        Creates the job and gives the answer of its URL; called at most once.
    record
        The file that remembers the job; gone when the result is there.

    Raises
    ------
    ArchiveError
        The job failed, has not ended by the deadline, or the server does not answer.
    """
    remembered = _remembered(record)
    if remembered is not None:
        try:
            _finish(server, remembered, record, to)
            return
        except ArchiveError as error:
            if not _is_lost(error):
                raise
    url = create().url
    write_bytes(record, json_bytes({"job": url}))
    _finish(server, url, record, to)


def _remembered(record: Path) -> str | None:
    """Give the URL of the job in a file; None where there is none."""
    with suppress(FileNotFoundError, ValueError, TypeError, KeyError):
        return str(json.loads(record.read_bytes())["job"])
    return None


def _is_lost(error: ArchiveError) -> bool:
    """Tell whether the server no longer has the job, or it ended without result."""
    return "phase" in error.where or 400 <= error.where.get("status", 0) < 500


def _finish(server: Server, url: str, record: Path, to: Path) -> None:
    job = _parsed(server.ask("GET", url))
    if job.phase in NOT_BEGUN:
        job = _parsed(server.ask("POST", f"{url}/phase", data={"PHASE": "RUN"}))
    job = _wait(server, url, job)
    if job.phase == "COMPLETED":
        server.download("GET", f"{url}/results/result", to=to)
    _delete(server, url)
    record.unlink()
    if job.phase != "COMPLETED":
        summary = job.errorsummary
        said = f": {summary.message.content}" if summary is not None and summary.message else ""
        raise ArchiveError(
            f"the job on the server did not end well{said}",
            url=url,
            phase=job.phase,
            hint="check the query; if it takes too long for the server, ask for fewer rows at once",
        )


def _wait(server: Server, url: str, job: Any) -> Any:
    """Look at a job until it has ended; a server of UWS 1.1 answers when there is news."""
    policy, pause = server.policy, FIRST_PAUSE
    wait = int(min(LONG_POLL, policy.read_timeout / 2, policy.request_timeout / 2))
    while job.phase not in ENDED:
        try:
            job = _parsed(server.ask("GET", url, params={"WAIT": wait}))
        except ArchiveError:
            if time.monotonic() < server.deadline:
                raise
        if job.phase in ENDED:
            break
        if time.monotonic() + pause >= server.deadline:
            raise ArchiveError(
                f"the job on the server has not ended within {policy.budget:.3g} s",
                url=url,
                hint=AGAIN,
            )
        time.sleep(pause)
        pause = min(pause * PAUSE_GROWTH, LONGEST_PAUSE)
    return job


def _delete(server: Server, url: str) -> None:
    """Free the server of a job that is of no more use; it would forget it some day anyway."""
    once = server.policy.model_copy(update={"attempts": 1})
    with suppress(ArchiveError):
        ask(server.session, "DELETE", url, policy=once, allow_redirects=False)


def _parsed(reply: Reply) -> Any:
    """Give the job that a server describes, as pyvo reads it."""
    from pyvo.io.uws import parse_job

    try:
        require_plain_xml(reply.body)
        job = quietly(lambda: parse_job(io.BytesIO(reply.body).read))
        if not job.phase:
            raise ValueError("it names no phase")
    # pyvo and astropy raise anything on a document that is well-formed XML and no job.
    except Exception as error:
        raise ArchiveError(
            f"the server does not describe the job: {error}", url=reply.url, hint=AGAIN
        ) from error
    return job
