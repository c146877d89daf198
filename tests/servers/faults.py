"""Faults that a proxy plays between a client and a server, and the requests they are played on."""

import io
import re
import urllib.parse
from collections.abc import Callable

import numpy as np
from astropy.io.votable import parse
from proxies import Act, Answer, Exchange, When

BILLION_LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE VOTABLE [<!ENTITY a0 "ha">'
    + "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 10))
    + ']><VOTABLE version="1.4"><RESOURCE type="results"><INFO name="QUERY_STATUS" value="OK"/>'
    "<TABLE><DESCRIPTION>&a9;</DESCRIPTION></TABLE></RESOURCE></VOTABLE>"
)


def asks_for(text: str) -> When:
    """Choose the requests whose query holds a text, jobs included."""
    return lambda asked: text in asked.adql


def path_ends(text: str) -> When:
    """Choose the requests whose path ends in a text, as in `/results/result`."""
    return lambda asked: urllib.parse.urlsplit(asked.path).path.endswith(text)


def status(code: int, *, retry_after: str | None = None, text: str = "no") -> Act:
    """Answer with a status, and perhaps a wish how long to wait."""
    headers = [("Content-Type", "text/plain")]
    if retry_after is not None:
        headers.append(("Retry-After", retry_after))
    return lambda exchange: exchange.send(Answer(code, headers, text.encode()))


def html(title: str = "Scheduled maintenance") -> Act:
    """Answer 200 with a page for people."""
    page = f"<!DOCTYPE html><html><head><title>{title}</title></head><body>{title}</body></html>"
    return document(page, content_type="text/html; charset=utf-8")


def entity_expansion() -> Act:
    """Answer with XML whose entities grow to two billion bytes."""
    return document(BILLION_LAUGHS)


def document(text: str, *, content_type: str = "application/x-votable+xml") -> Act:
    """Answer 200 with a text."""
    answer = Answer(200, [("Content-Type", content_type)], text.encode())
    return lambda exchange: exchange.send(answer)


def reset(after: float = 0.5) -> Act:
    """Pass on a part of the server's answer, then reset the connection."""

    def act(exchange: Exchange) -> None:
        answer = exchange.upstream()
        exchange.begin(answer, len(answer.body))
        exchange.write(answer.body[: int(after * len(answer.body))])
        exchange.close(reset=True)

    return act


def truncated(after: float = 0.5, *, announced: bool = True) -> Act:
    """Pass on a part of the server's answer and close; its whole length was announced, or none."""

    def act(exchange: Exchange) -> None:
        answer = exchange.upstream()
        exchange.begin(answer, len(answer.body) if announced else None)
        exchange.write(answer.body[: int(after * len(answer.body))])
        exchange.close()

    return act


def trickle(pause: float = 0.05) -> Act:
    """Begin an answer and go on with a byte at a time, without an end."""
    return endless(b" ", pause)


def flood() -> Act:
    """Begin an answer and go on as fast as the client reads, without an end."""
    return endless(b"<!-- more and more -->\n" * 4096, 0.0)


def endless(piece: bytes, pause: float) -> Act:
    """Answer with a piece over and over, until the client goes."""

    def act(exchange: Exchange) -> None:
        exchange.begin(Answer(200, [("Content-Type", "application/x-votable+xml")], b""), None)
        exchange.write(b'<?xml version="1.0"?>\n')
        while not exchange.stopped.wait(pause):
            exchange.write(piece)

    return act


def rows(change: Callable[[np.ma.MaskedArray], np.ma.MaskedArray]) -> Act:
    """Pass on the server's table with other rows than it has."""

    def act(exchange: Exchange) -> None:
        answer = exchange.upstream()
        votable = parse(io.BytesIO(answer.body))
        table = votable.get_first_table()
        table.array = change(table.array)
        changed = io.BytesIO()
        votable.to_xml(changed, tabledata_format="binary2")
        exchange.send(Answer(answer.status, answer.headers, changed.getvalue()))

    return act


def capped(maxrec: int) -> Act:
    """Have the server answer as if its own limit were so many rows: cut, and with its OVERFLOW."""

    def act(exchange: Exchange) -> None:
        number = str(maxrec).encode()
        form = re.sub(rb"(?i)\b(MAXREC=)\d+", rb"\g<1>" + number, exchange.asked.body)
        body = re.sub(rb'(?i)(name="MAXREC"\r\n\r\n)\d+', rb"\g<1>" + number, form)
        exchange.send(exchange.upstream(body))

    return act
