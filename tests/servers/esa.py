"""A stand-in for the data server of ESA's Gaia archive, on loopback.

It answers as the real one: a zip file with a member for each star, or one table with the arrays of
all stars; in the formats, forms and words of the real one; nothing for stars that it does not know.
"""

import io
import threading
import urllib.parse
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import esa_tables
from esa_tables import Star, real_stars

__all__ = ["NEW", "OLD", "DataServer", "Reply", "Star", "real_stars", "zipped"]

OLD = {"RAW": "arrays", "INDIVIDUAL": "transits"}
NEW = {"DATAMODEL_GAIA": "arrays", "DATAMODEL_STANDARD": "transits"}
"""Names of the structures, before and after they were changed."""

Members = list[tuple[str, bytes]]


@dataclass(frozen=True)
class Reply:
    """What is sent: status, headers and body."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


class DataServer:
    """A data server that runs while its context is open.

    Parameters
    ----------
    stars
        What it has, by source_id.
    structures
        Names of its structures, and which of the two each one is.
    form
        Of tables with one star each: ``long`` or ``wide``.
    write
        Writer in place of that of the format asked for, as in :data:`esa_tables.FORMATS`.

    ``asked`` has the fields of every request so far. ``members`` and ``reply`` can be set to
    functions that spoil the members of the zip file, and the reply.
    """

    def __init__(
        self,
        stars: Mapping[int, Star],
        *,
        structures: Mapping[str, str] = OLD,
        form: str = "long",
        write: Callable[[esa_tables.Columns, Mapping[str, Any]], bytes] | None = None,
    ) -> None:
        self.stars = stars
        self.structures = structures
        self.form = form
        self.write = write
        self.asked: list[dict[str, str]] = []
        self.members: Callable[[Members], Members] = lambda members: members
        self.reply: Callable[[Reply], Reply] = lambda reply: reply
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,))

    @property
    def url(self) -> str:
        """Address of the service."""
        return f"http://127.0.0.1:{self._http.server_port}/data-server/data"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def answer(self, asked: Mapping[str, str]) -> Reply:
        """Give the reply to the fields of a request."""
        structure = asked.get("DATA_STRUCTURE", "")
        if structure not in self.structures:
            known = ", ".join(self.structures)
            return Reply(
                f"Error 500:\nInvalid Data Structure parameter: '{structure}', valid ones are: "
                f"{known}\n".encode(),
                status=500,
            )
        members = self.members(self._members(asked, self.structures[structure]))
        if asked.get("USE_ZIP_ALWAYS") != "true" and len(members) == 1:
            ((name, content),) = members
            header = {"Content-Disposition": f'attachment; filename="{name}"'}
            return self.reply(Reply(content, headers=header))
        return self.reply(Reply(zipped(members)))

    def _members(self, asked: Mapping[str, str], structure: str) -> Members:
        ids = [int(word) for word in asked["ID"].split(",")]
        stars = [self.stars[star] for star in ids if star in self.stars]
        suffix, write = esa_tables.FORMATS[asked["FORMAT"].lower()]
        write = self.write or write
        kind = asked["RETRIEVAL_TYPE"]
        if structure == "arrays":
            content = write(esa_tables.arrays(stars), {})
            return [(f"{kind}_RAW{suffix}", content)] if stars else []
        genuine = suffix == ".xml" and self.write is None
        members = []
        for star in stars:
            columns, params = star.long, {}
            if self.form == "wide":
                columns, params = star.wide, {"source_id": star.source_id}
            content = star.files.get(self.form) if genuine else None
            name = f"{kind}-{asked['RELEASE']} {star.source_id}{suffix}"
            members.append((name, content or write(columns, params)))
        return members

    def _handler(server) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                asked = dict(urllib.parse.parse_qsl(body))
                server.asked.append(asked)
                reply = server.answer(asked)
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body)

            def log_message(self, *_: object) -> None:
                pass

        return Handler


def zipped(members: Members) -> bytes:
    """Give a zip file; a name may be in it several times, and may be any name."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
            archive.NameToInfo.clear()  # or it warns of a name that is there already
    return content.getvalue()
