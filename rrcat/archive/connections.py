"""Connections over HTTP that do not outlast their time, nor lead anywhere else.

The timeout of a socket begins anew with every byte that comes. Against an answer that trickles in
without end, in its headers or in its body, a timer cuts the connection.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection

MAX_REDIRECTS = 5


def new_session(
    *, connect_timeout: float, read_timeout: float, concurrency: int
) -> requests.Session:
    """Give a session that has timeouts (in seconds), and follows redirects to http and https."""
    session = requests.Session()
    session.max_redirects = MAX_REDIRECTS
    session.hooks["response"] = [_close_redirect]
    adapter = _Adapter((connect_timeout, read_timeout), concurrency)
    # No other scheme has an adapter, so that a redirect to one fails.
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


class Watch:
    """Cuts the connection of a request that has lasted ``seconds``; then it is ``late``."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.late = False
        self._socket: socket.socket | None = None

    def over(self, connection: socket.socket) -> None:
        """Watch over a connection."""
        self._socket = connection
        if self.late:
            self.end()

    def end(self) -> None:
        """Cut the connection."""
        self.late = True
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)


class _Here(threading.local):
    watch: Watch | None = None
    """Over the request that this thread makes."""


_here = _Here()


@contextmanager
def watched(seconds: float) -> Iterator[Watch]:
    """Cut the connection of the request that this thread makes when its time is up.

    What has come by then may look like a whole answer: ask the watch whether it is ``late``.
    """
    watch = _here.watch = Watch(max(seconds, 0.0))
    timer = threading.Timer(watch.seconds, watch.end)
    timer.daemon = True
    timer.start()
    try:
        yield watch
    finally:
        timer.cancel()
        _here.watch = None


def _hand_over(connection: socket.socket) -> None:
    if _here.watch is not None:
        _here.watch.over(connection)


class _WatchedHTTP(HTTPConnection):
    def getresponse(self) -> Any:
        _hand_over(self.sock)
        return super().getresponse()


class _WatchedHTTPS(HTTPSConnection):
    def getresponse(self) -> Any:
        _hand_over(self.sock)
        return super().getresponse()


class _Adapter(HTTPAdapter):
    def __init__(self, timeout: tuple[float, float], concurrency: int) -> None:
        super().__init__(pool_maxsize=concurrency)
        self._timeout = timeout

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        pool.ConnectionCls = _WatchedHTTPS if pool.scheme == "https" else _WatchedHTTP
        return pool

    def close(self) -> None:
        # Left to itself, a pool closes its connections when the last error that names it is gone.
        for key in self.poolmanager.pools.keys():  # noqa: SIM118
            self.poolmanager.pools[key].close()
        super().close()

    def send(self, *args: Any, **kwargs: Any) -> requests.Response:
        return super().send(*args, **kwargs | {"timeout": self._timeout})


def _close_redirect(response: requests.Response, **_: Any) -> None:
    """Leave the body of a redirect unread, which requests would take into memory whole."""
    if response.is_redirect:
        response.close()
