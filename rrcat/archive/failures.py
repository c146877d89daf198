"""What to tell of an answer that did not come, or is not the one that was asked for."""

import html
import re

import requests

AGAIN = "run the same command again: it goes on where it stopped"
LOOKED_AT = 1 << 14
MAX_EXCERPT = 300


class Failure(Exception):
    """One attempt at a request that failed.

    Parameters
    ----------
    again
        Whether another may succeed, or after how many seconds.
    attempts
        How many attempts are enough to believe this, where that is fewer than usual.
    hint
        What to do when there is no other.
    status
        That of the answer, where there was one.
    """

    def __init__(
        self,
        reason: str,
        *,
        again: bool | float = True,
        attempts: int | None = None,
        hint: str = AGAIN,
        status: int | None = None,
    ) -> None:
        super().__init__(reason)
        self.again = again
        self.attempts = attempts
        self.hint = hint
        self.status = status


def failure_of(error: requests.RequestException) -> Failure:
    """Give why a request came to nothing, in the words of its first cause."""
    root: BaseException = error
    while (below := root.__cause__ or root.__context__) is not None:
        root = below
    words = (root.strerror if isinstance(root, OSError) else None) or str(root)
    if isinstance(error, requests.exceptions.SSLError):
        return Failure(f"no secure connection: {words}", again=False, hint="check the URL")
    if isinstance(error, requests.ConnectTimeout):
        return Failure("the server did not take the connection in time")
    if isinstance(root, TimeoutError):
        return Failure("the server has stalled")
    if isinstance(
        error,
        requests.ConnectionError
        | requests.exceptions.ChunkedEncodingError
        | requests.exceptions.ContentDecodingError,
    ):
        return Failure(f"the connection failed: {words}")
    return Failure(f"the request cannot be made: {words}", again=False, hint="check the URL")


def excerpt(body: bytes) -> str:
    """Give the words at the beginning of a text, HTML or XML, without its markup.

    Of a VOTable that says why a query failed, those are the words.
    """
    text = body[:LOOKED_AT].decode("utf-8", errors="replace")
    _, is_status, behind = text.partition("QUERY_STATUS")
    if is_status:
        text = behind.partition(">")[2].partition("</INFO")[0]
    text = re.sub(r"(?s)<(script|style)\b.*?</\1>|<!--.*?-->|<[^>]*>", " ", text)
    return one_line(html.unescape(text), MAX_EXCERPT)


def one_line(text: str, most: int) -> str:
    """Give the words of a text, at most so many characters, without any that steer a terminal."""
    words = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return words if len(words) <= most else f"{words[:most].rstrip()}…"
