"""Requests over HTTP that always end: with the whole answer, or with the reason why there is none.

One request is bounded in five ways, all of them in :class:`Policy`. Connecting takes at most
``connect_timeout``. A server that sends nothing for ``read_timeout`` has stalled. One attempt, from
the first byte of the answer's headers to the last of its body, takes at most ``request_timeout``,
however steadily it trickles in. The answer holds at most ``max_bytes``, counted after decompression
and written as it comes, so that it is never in memory. All attempts, with the waits between them,
take at most ``budget``; a server that asks by ``Retry-After`` for more than is left of it ends the
request at once.

Attempts that may do better the next time are repeated: refused and broken connections, stalls,
bodies shorter than announced, and the statuses 429, 500, 502, 503 and 504. Redirects lead to http
and https only. No credentials are asked for or kept.
"""

import email.utils
import io
import logging
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any, TypeVar

import requests
import stamina
from pydantic import Field

from rrcat import __version__
from rrcat.archive import connections
from rrcat.archive.connections import Watch
from rrcat.archive.failures import AGAIN, MAX_EXCERPT, Failure, excerpt, failure_of, one_line
from rrcat.archive.strict import Strict
from rrcat.atomic import new_file
from rrcat.errors import ArchiveError

# Stamina tells of every retry through this logger; without a handler that goes to the terminal.
logging.getLogger("stamina").addHandler(logging.NullHandler())

TRANSIENT = frozenset({429, 500, 502, 503, 504})
PIECE = 1 << 18
UNSOUND_ATTEMPTS = 3
MAX_REPLY = 1 << 22
MIN_TIMEOUT = 1e-3
LONGEST = 1e7
"""Seconds, four months: clocks and sockets count no further than some centuries."""

Headers = Mapping[str, str]
T = TypeVar("T")


class Policy(Strict):
    """How long, how often and how much is asked of a server."""

    connect_timeout: float = Field(
        10.0, gt=0, le=LONGEST, description="Longest wait for a connection [s]."
    )
    read_timeout: float = Field(
        60.0,
        gt=0,
        le=LONGEST,
        description="Longest silence of the server before it counts as stalled [s].",
    )
    request_timeout: float = Field(
        600.0,
        gt=0,
        le=LONGEST,
        description="Longest time for one attempt, until its answer is whole [s].",
    )
    budget: float = Field(
        3600.0,
        gt=0,
        le=LONGEST,
        description="Longest time for one request with all its attempts and waits, and for a "
        "query with the time in the queue of the server [s].",
    )
    attempts: int = Field(8, ge=1, description="How often a request is tried at most.")
    max_bytes: int = Field(
        200_000_000, ge=1, description="Largest answer to one request, decompressed [byte]."
    )
    concurrency: int = Field(4, ge=1, le=16, description="How many requests run at once.")


@dataclass(frozen=True)
class Reply:
    """A small answer in memory, and the URL that gave it after all redirects."""

    url: str
    headers: Headers
    body: bytes


def new_session(policy: Policy) -> requests.Session:
    """Give a session that keeps connections open and is bounded by a policy."""
    session = connections.new_session(
        connect_timeout=policy.connect_timeout,
        read_timeout=policy.read_timeout,
        concurrency=policy.concurrency,
    )
    session.headers["User-Agent"] = f"rrcat/{__version__}"
    return session


def download(
    session: requests.Session,
    method: str,
    url: str,
    *,
    to: Path,
    policy: Policy,
    deadline: float | None = None,
    final: str | None = None,
    check: Callable[[Path], None] | None = None,
    **request: Any,
) -> Headers:
    """Write the body of an answer to a file, which is there whole or not at all; give the headers.

    Parameters
    ----------
    deadline
        When the budget ends, on the clock of :func:`time.monotonic`; by default, a budget from now.
    final
        Words of the server that no other attempt will change, whatever the status.
    check
        Raises ValueError if the file is not what was asked for: a page for people, or a part of
        the answer. It is asked for once or twice more then.
    **request
        What :meth:`requests.Session.request` takes: ``params``, ``data``, ``files``, ``headers``.

    Raises
    ------
    ArchiveError
        There is no answer within the policy, or it says that the request failed.
    """
    with new_file(to) as temporary, temporary.open("wb") as file:

        def attempt(watch: Watch) -> Headers:
            send = partial(session.request, method, url, stream=True, **request)
            response = _receive(send, file, watch, policy.max_bytes)
            if check is not None:
                file.flush()
                try:
                    check(temporary)
                except ValueError as error:
                    raise Failure(str(error), attempts=UNSOUND_ATTEMPTS) from error
            return response.headers

        return _insist(attempt, url, policy, deadline, final)


def ask(
    session: requests.Session,
    method: str,
    url: str,
    *,
    policy: Policy,
    deadline: float | None = None,
    **request: Any,
) -> Reply:
    """Give an answer of at most 4 MiB in memory; otherwise as :func:`download`."""

    def attempt(watch: Watch) -> Reply:
        body = io.BytesIO()
        send = partial(session.request, method, url, stream=True, **request)
        response = _receive(send, body, watch, MAX_REPLY)
        return Reply(response.url, response.headers, body.getvalue())

    return _insist(attempt, url, policy, deadline)


def _insist(
    attempt: Callable[[Watch], T],
    url: str,
    policy: Policy,
    deadline: float | None,
    final: str | None = None,
) -> T:
    """Repeat an attempt until it succeeds, or another is of no use or beyond the budget."""
    end = time.monotonic() + policy.budget if deadline is None else deadline
    last = Failure(f"no time is left of the {policy.budget:.3g} s for it")
    made = 0

    def again(error: Exception) -> bool | float:
        left = end - time.monotonic()
        if not isinstance(error, Failure) or made == error.attempts or left <= 0:
            return False
        if final is not None and final in str(error):
            return False
        return error.again if error.again is True or error.again < left else False

    attempts = stamina.retry_context(
        on=again,
        attempts=policy.attempts,
        timeout=max(end - time.monotonic(), MIN_TIMEOUT),
        wait_initial=0.5,
        wait_max=30.0,
    )
    try:
        for turn in attempts:
            with turn:
                left = end - time.monotonic()
                if left <= 0:
                    raise last
                made += 1
                try:
                    with connections.watched(min(policy.request_timeout, left)) as watch:
                        return attempt(watch)
                except Failure as error:
                    last = error
                    raise
        raise AssertionError("unreachable")
    except Failure as error:
        often = f" (attempt {made} of {policy.attempts})" if made > 1 else ""
        raise ArchiveError(
            f"{error}{often}", url=url, status=error.status, hint=error.hint
        ) from error


def _receive(
    send: Callable[[], requests.Response], sink: IO[bytes], watch: Watch, max_bytes: int
) -> requests.Response:
    """Send a request and write the whole body of its answer."""
    sink.seek(0)
    sink.truncate()
    try:
        with send() as response:
            # Cut headers can look like whole ones.
            _check_time(watch)
            _check_status(response)
            _check_size(int(response.headers.get("Content-Length", 0)), max_bytes)
            size = 0
            for piece in response.iter_content(PIECE):
                size += len(piece)
                _check_size(size, max_bytes)
                sink.write(piece)
    except requests.RequestException as error:
        _check_time(watch)
        raise failure_of(error) from error
    # So can a cut body whose length was not announced.
    _check_time(watch)
    return response


def _check_time(watch: Watch) -> None:
    if watch.late:
        raise Failure(f"the answer was not whole after {watch.seconds:.3g} s")


def _check_status(response: requests.Response) -> None:
    if response.ok and not response.is_redirect:
        return
    said = f"the server answered {response.status_code} {one_line(response.reason, MAX_EXCERPT)}"
    again: bool | float = response.status_code in TRANSIENT
    wait = _retry_after(response.headers.get("Retry-After", ""))
    if again and wait is not None:
        said += f" and asks to wait for {wait:.0f} s"
        again = wait
    with suppress(requests.RequestException):
        words = excerpt(next(response.iter_content(PIECE), b""))
        said += f": {words}" if words else ""
    hint = AGAIN if again else "check the URL and the query"
    raise Failure(said, again=again, hint=hint, status=response.status_code)


def _retry_after(value: str) -> float | None:
    """Give the seconds that a header asks to wait; it states seconds or a date."""
    if value.strip().isdecimal():
        return float(value)
    try:
        date = email.utils.parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(date.timestamp() - time.time(), 0.0)


def _check_size(size: int, max_bytes: int) -> None:
    if size > max_bytes:
        raise Failure(
            f"the answer is larger than {max_bytes} bytes",
            again=False,
            hint="ask for fewer rows at once, or raise `max_bytes` in [archive.service]",
        )
