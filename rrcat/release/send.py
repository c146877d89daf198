"""A release, or a part of one, sent to TOPCAT or another program over SAMP.

SAMP is the IVOA's Simple Application Messaging Protocol: programs on one machine find each other
through a hub, which TOPCAT starts, and the receiver loads the table from a file.
"""

import shutil
import socket
import tempfile
import time
import xmlrpc.client
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pyvo.samp import SAMPHubError, SAMPHubProxy

from rrcat.errors import ReleaseError
from rrcat.release.opened import Release, check_hashes
from rrcat.release.votable import write_votable

LOAD = "table.load.votable"
START = "start TOPCAT, which starts a hub, and try again"
GRACE = 10.0  # s beyond the time given, after which a hub that is silent itself is given up


def send(release: Release, *, client: str = "topcat", timeout: float = 60.0) -> list[str]:
    """Have every program of a name load the rows as a VOTable; give the names of those that did.

    Parameters
    ----------
    client
        Name of the program, in any case.
    timeout
        Seconds each of them has to load the table.

    Raises
    ------
    ReleaseError
        There is no hub or no such program, it does not answer in time, or it cannot load the table.
    """
    about = release.about
    with _hub(timeout) as (hub, key):
        ids = _receivers(hub, key, client)
        path, temporary = _file(release)
        message = {
            "samp.mtype": LOAD,
            "samp.params": {
                "url": path.as_uri(),
                "table-id": path.as_uri(),
                "name": f"{about.name} {about.version}{' (part)' if about.subset else ''}",
            },
        }
        silent: list[str] = []
        try:
            silent = [name for id, name in ids if not _loaded(hub, key, id, name, message, timeout)]
        finally:
            if temporary and not silent:  # one that is silent may be reading it
                shutil.rmtree(path.parent)
    if silent:
        raise ReleaseError(
            f"{silent[0]} did not answer in {timeout:g} s; it may be loading the table still",
            file=path,
            hint="look at it, then give more time with --timeout",
        )
    return [name for _, name in ids]


@contextmanager
def _hub(timeout: float) -> Iterator[tuple[Any, str]]:
    """Give the hub of this user and a key to it."""
    hub = SAMPHubProxy()
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(timeout + GRACE)  # of XML-RPC, which has no other way to say it
    try:
        try:
            hub.connect(pool_size=1)
            key = hub.register(hub.lockfile["samp.secret"])["samp.private-key"]
            hub.declare_metadata(key, {"samp.name": "rrcat"})
        except (SAMPHubError, KeyError, OSError, xmlrpc.client.Error) as error:
            raise ReleaseError(f"no SAMP hub answers: {error}", hint=START) from error
        try:
            yield hub, key
        finally:
            _leave(hub, key)
    finally:
        socket.setdefaulttimeout(before)


def _leave(hub: Any, key: str) -> None:
    try:
        hub.unregister(key)
    except (OSError, xmlrpc.client.Error):
        pass  # the hub has gone before
    finally:
        hub.disconnect()


def _receivers(hub: Any, key: str, client: str) -> list[tuple[str, str]]:
    """Give id and name of the programs of a name that load VOTables."""
    there = [
        (id, str(hub.get_metadata(key, id).get("samp.name", id)))
        for id in sorted(hub.get_subscribed_clients(key, LOAD))
    ]
    found = [(id, name) for id, name in there if name.casefold() == client.casefold()]
    if not found:
        names = ", ".join(sorted({name for _, name in there}))
        raise ReleaseError(
            f"no program named {client!r} takes tables over SAMP",
            hint=f"start it, or name another with --client; there are {names}" if names else START,
        )
    return found


def _file(release: Release) -> tuple[Path, bool]:
    """Give a VOTable of the rows, and whether it is to be removed when it has been loaded."""
    name = f"{release.about.name}.vot"
    if release.about.subset is None:
        check_hashes(release.folder, release.manifest, [name])
        return (release.folder / name).resolve(), False
    path = Path(tempfile.mkdtemp(prefix="rrcat-")) / name
    write_votable(release.frame, release.table, release.about, path)
    return path, True


def _loaded(
    hub: Any, key: str, id: str, name: str, message: dict[str, Any], timeout: float
) -> bool:
    """Have a program load the table; give False where it does not answer in time."""
    begun = time.monotonic()
    try:
        answer = hub.call_and_wait(key, id, message, str(max(1, round(timeout))))
    except (OSError, xmlrpc.client.Error) as error:
        # Hubs tell a time that is up, and every other fault, in words of their own.
        if time.monotonic() - begun < timeout * 0.9:
            raise ReleaseError(f"the SAMP hub failed: {error}", hint=START) from error
        return False
    if answer.get("samp.status") != "samp.ok":
        told = answer.get("samp.error", {}).get("samp.errortxt", "it does not say why")
        raise ReleaseError(f"{name} could not load the table: {told}")
    return True
