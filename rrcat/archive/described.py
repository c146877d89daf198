"""What a TAP service says of its tables (VOSI), to find the column that a refused query meant."""

import difflib
import io
import re
import urllib.parse
from contextlib import suppress
from typing import Any

import requests

from rrcat.archive.http import Policy, ask
from rrcat.archive.readers import quietly
from rrcat.archive.votable import require_plain_xml
from rrcat.errors import ArchiveError

TABLE = re.compile(r'\b(?:FROM|JOIN)\s+((?:"[^"]+"|\w+)(?:\.(?:"[^"]+"|\w+))*)', re.IGNORECASE)
WORD = re.compile(r"\b\w+\b(?!\.)")  # a word before a dot names a table
NEAR = 3


def near(session: requests.Session, url: str, policy: Policy, adql: str, refusal: str) -> str:
    """Give the columns whose names are near to a word of the query that the refusal names.

    Empty where the service does not describe the tables of the query, or has no such column.
    """
    blamed = dict.fromkeys(word for word in WORD.findall(refusal) if word in WORD.findall(adql))
    tables = TABLE.findall(adql) if blamed else []
    known = {name for table in tables for name in columns(session, url, policy, table)}
    found = {word: difflib.get_close_matches(word, known, n=NEAR) for word in blamed}
    return "; ".join(
        f"near {word!r} are {', '.join(names)}"
        for word, names in found.items()
        if names and word not in known
    )


def columns(session: requests.Session, url: str, policy: Policy, table: str) -> list[str]:
    """Give the names of the columns of a table; none where the service does not describe it."""
    from pyvo.io.vosi import parse_tables

    def load(body: bytes) -> Any:
        require_plain_xml(body)
        return [column.name for column in parse_tables(io.BytesIO(body).read).table.columns]

    once = policy.model_copy(update={"attempts": 1})
    address = f"{url.rstrip('/')}/tables/{urllib.parse.quote(table)}"
    names: list[str] = []
    with suppress(ArchiveError):
        body = ask(session, "GET", address, policy=once).body
        # pyvo raises anything on what describes no table.
        with suppress(Exception):
            names = quietly(lambda: load(body))
    return names
