"""A server on loopback that answers what a test has written down, one answer a request.

with scripted.serving(scripted.reply(503), scripted.reply(200, b"body")) as server:
    ... ask server.url twice ...
    server.asked[0].body
"""

import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Act = Callable[["Handler"], None]


@dataclass(frozen=True)
class Asked:
    """A request as it came; names of headers are lower-case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Script:
    """Where the server answers, what it was asked, and what it answers; the last one stays."""

    acts: list[Act]
    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)
    connections: list[socket.socket] = field(default_factory=list)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    script: Script

    def setup(self) -> None:
        """Remember the connection, to end it with the server."""
        super().setup()
        self.script.connections.append(self.connection)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        script = self.script
        number = len(script.asked)
        script.asked.append(Asked(self.command, self.path, headers, body))
        with suppress(ConnectionError):
            script.acts[min(number, len(script.acts) - 1)](self)

    do_GET = do_POST = do_DELETE = _answer


def reply(
    status: int = 200, body: bytes = b"", *, announced: int | None = None, **headers: str
) -> Act:
    """Answer with a status and a body; `announced` is its length where that is not the truth."""

    def act(handler: Handler) -> None:
        handler.send_response(status)
        length = len(body) if announced is None else announced
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        for name, value in {"Content-Length": str(length), **named}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)
        handler.close_connection = announced is not None

    return act


def redirect(location: str, status: int = 303) -> Act:
    """Send the client elsewhere."""
    return reply(status, location=location)


def reset(beginning: bytes) -> Act:
    """Send a part of an answer as it stands here, headers too, and break the connection off."""

    def act(handler: Handler) -> None:
        handler.wfile.write(beginning)
        linger = struct.pack("ii", 1, 0)
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        handler.connection.close()
        handler.close_connection = True

    return act


def trickle(beginning: bytes, piece: bytes = b"x") -> Act:
    """Send a part of an answer as it stands here, then a piece at a time for ever."""

    def act(handler: Handler) -> None:
        handler.wfile.write(beginning)
        while not handler.script.stopped.wait(0.01):
            handler.wfile.write(piece)

    return act


def silence(handler: Handler) -> None:
    """Answer nothing."""
    handler.script.stopped.wait()


@contextmanager
def serving(*acts: Act) -> Iterator[Script]:
    """Serve a script until the context ends."""
    script = Script(list(acts))
    handler = type("Scripted", (Handler,), {"script": script})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = False
        # A client that went away is what many scripts are about.
        server.handle_error = lambda *_: None  # type: ignore[method-assign]
        script.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield script
        finally:
            script.stopped.set()
            server.shutdown()
            for connection in script.connections:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            thread.join()
