"""A recording proxy on loopback between a client and a real server.

    with proxies.proxy(server.url) as proxy:
        proxy.play(faults.status(503, retry_after="1"), when=faults.asks_for("epoch_photometry"))
        ... ask proxy.url ...
        proxy.asked[0].ids

Every request is recorded. The first rule that fits one acts on it, so often as it says; all other
requests are passed on, and the server's URL in the answers is replaced by the proxy's.
"""

import email
import email.policy
import io
import socket
import struct
import threading
import urllib.parse
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
from astropy.io.votable import parse_single_table

HOP_BY_HOP = {"connection", "transfer-encoding", "content-length", "keep-alive", "date", "server"}
WAIT = 120.0  # s; longer than any answer of the tests takes


@dataclass(frozen=True)
class Asked:
    """A request as it came: path with query string, headers, and body."""

    method: str
    path: str
    content_type: str
    body: bytes

    @property
    def fields(self) -> dict[str, bytes]:
        """Give the parameters by upper-case name; a file that was uploaded, under its own name."""
        query = urllib.parse.urlsplit(self.path).query
        pairs = [(key, value.encode()) for key, value in urllib.parse.parse_qsl(query)]
        if self.content_type.startswith("multipart/"):
            head = f"Content-Type: {self.content_type}\r\n\r\n".encode()
            message = email.message_from_bytes(head + self.body, policy=email.policy.HTTP)
            for part in message.iter_parts():
                name = part.get_param("name", header="content-disposition")
                content = part.get_payload(decode=True)
                assert isinstance(content, bytes)
                pairs.append((str(name), content))
        else:
            form = urllib.parse.parse_qsl(self.body.decode("latin-1"), encoding="utf-8")
            pairs += [(key, value.encode()) for key, value in form]
        return {key.upper(): value for key, value in pairs}

    @property
    def adql(self) -> str:
        """Give the query, empty where the request is none."""
        return self.fields.get("QUERY", b"").decode()

    @property
    def ids(self) -> frozenset[int | str]:
        """Give the identifiers of the uploaded table, none where the request uploads none."""
        for content in self.fields.values():
            if b"<VOTABLE" in content[:500]:
                column = parse_single_table(io.BytesIO(content)).array["id"]
                return frozenset(np.ma.getdata(column).tolist())
        return frozenset()


@dataclass(frozen=True)
class Answer:
    """What a server answered."""

    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes


class Exchange:
    """One request under way: what was asked, the server's answer, and ways to answer the client."""

    def __init__(self, handler: BaseHTTPRequestHandler, asked: Asked, owner: "Proxy") -> None:
        self._handler, self.asked = handler, asked
        self._upstream, self.stopped = owner.upstream, owner.stopped

    def upstream(self, body: bytes | None = None) -> Answer:
        """Give the server's answer to the request, or to another body in its place."""
        target = urllib.parse.urlsplit(self._upstream)
        connection = HTTPConnection(str(target.hostname), target.port, timeout=WAIT)
        headers = {k: v for k, v in self._handler.headers.items() if k.lower() not in HOP_BY_HOP}
        headers |= {"Host": target.netloc, "Accept-Encoding": "identity"}
        try:
            sent = self.asked.body if body is None else body
            connection.request(self.asked.method, self.asked.path, sent or None, headers)
            response = connection.getresponse()
            return self._local(Answer(response.status, response.getheaders(), response.read()))
        finally:
            connection.close()

    def _local(self, answer: Answer) -> Answer:
        """Put the proxy's URL in place of the server's: in redirects, and in texts of jobs."""
        here = f"http://{self._handler.headers['Host']}"
        headers = [(key, value.replace(self._upstream, here)) for key, value in answer.headers]
        body = answer.body
        if len(body) < 100_000 and b"<VOTABLE" not in body[:500]:
            body = body.replace(self._upstream.encode(), here.encode())
        return Answer(answer.status, headers, body)

    def send(self, answer: Answer, *, announced: int | None = None) -> None:
        """Send an answer; `announced` bytes of it are promised, by default as many as it has."""
        self.begin(answer, len(answer.body) if announced is None else announced)
        self.write(answer.body)

    def begin(self, answer: Answer, announced: int | None) -> None:
        """Send status and headers; with nothing announced, the body ends with the connection."""
        self._handler.send_response(answer.status)
        for key, value in answer.headers:
            if key.lower() not in HOP_BY_HOP:
                self._handler.send_header(key, value)
        if announced is None:
            self._handler.send_header("Connection", "close")
            self._handler.close_connection = True
        else:
            self._handler.send_header("Content-Length", str(announced))
        self._handler.end_headers()

    def write(self, piece: bytes) -> None:
        self._handler.wfile.write(piece)
        self._handler.wfile.flush()

    def close(self, *, reset: bool = False) -> None:
        """End the connection, politely or with a reset."""
        self._handler.close_connection = True
        if reset:
            linger = struct.pack("ii", 1, 0)
            self._handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        else:
            self._handler.connection.shutdown(socket.SHUT_RDWR)
        self._handler.connection.close()


Act = Callable[[Exchange], None]
When = Callable[[Asked], bool]


def always(asked: Asked) -> bool:
    return True


@dataclass
class Rule:
    act: Act
    when: When
    times: float


@dataclass
class Proxy:
    """The proxy: where it answers, what it was asked, and the rules it plays by."""

    server_url: str
    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _server: ThreadingHTTPServer | None = None

    @property
    def upstream(self) -> str:
        parts = urllib.parse.urlsplit(self.server_url)
        return f"{parts.scheme}://{parts.netloc}"

    def play(self, act: Act, *, when: When = always, times: float = 1) -> None:
        """Act so on the next requests that fit; `times=math.inf` for all of them."""
        with self._lock:
            self.rules.append(Rule(act, when, times))

    def chosen(self, asked: Asked) -> Act:
        with self._lock:
            self.asked.append(asked)
            for rule in self.rules:
                if rule.times > 0 and rule.when(asked):
                    rule.times -= 1
                    return rule.act
        return lambda exchange: exchange.send(exchange.upstream())

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """Take no connection until the context ends."""
        port = self.stop()
        try:
            yield
        finally:
            self.start(port)

    def start(self, port: int = 0) -> None:
        self.stopped.clear()
        server = _Server(("127.0.0.1", port), self)
        self._server = server
        path = urllib.parse.urlsplit(self.server_url).path
        self.url = f"http://127.0.0.1:{server.server_port}{path}"
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> int:
        assert self._server is not None
        self.stopped.set()
        self._server.shutdown()
        self._server.server_close()
        return self._server.server_port


@contextmanager
def proxy(url: str) -> Iterator[Proxy]:
    """Stand in front of the server at a URL; `.url` of what is given takes the place of it."""
    made = Proxy(url)
    made.start()
    try:
        yield made
    finally:
        made.stop()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], owner: Proxy) -> None:
        super().__init__(address, _Handler)
        self.owner = owner

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing where the client has gone, which is what the tests make it do."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, *_: Any) -> None:
        pass

    def _handle(self) -> None:
        owner = self.server.owner
        if owner.stopped.is_set():
            self.close_connection = True
            return
        asked = Asked(
            self.command, self.path, self.headers.get("Content-Type", ""), self._read_body()
        )
        with suppress(ConnectionError):
            owner.chosen(asked)(Exchange(self, asked, owner))

    def _read_body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        pieces = []
        while size := int(self.rfile.readline(), 16):
            pieces.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(pieces)

    do_GET = do_POST = do_DELETE = do_HEAD = _handle
