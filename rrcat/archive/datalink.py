"""Epoch photometry from a data server of the Gaia archive, with an account of every star."""

import re
import time as clock
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, Self

import polars as pl
import requests
from pydantic import Field, model_validator

from rrcat.archive.account import EMPTY, FAILED, RECEIVED
from rrcat.archive.config import TimeSystem, Url
from rrcat.archive.epochs import to_rows
from rrcat.archive.halves import by_halves
from rrcat.archive.http import Headers, Policy, download
from rrcat.archive.light_curve_forms import Form
from rrcat.archive.mapping import ROW
from rrcat.archive.products import Products, check_sound, read_products
from rrcat.archive.readers import RawTable
from rrcat.errors import ArchiveError
from rrcat.schema import load

DIFFERING = "the archive gave it several times, and differently"

ACCOUNT = {"source_id": pl.Int64, "status": pl.String, "reason": pl.String}

UNKNOWN_STRUCTURE = "Invalid Data Structure"
"""What the server of the Gaia archive says of a name that it does not know, with the status 500."""

PLACE = Path("answer of the data server")
SHOWN = 3


class DataServer(Policy):
    """A data server that takes identifiers of stars and gives their epoch photometry."""

    kind: Literal["datalink"] = Field(description="Where the light curves come from.")
    url: Url = Field(description="Address of the data server.")
    release: str = Field(min_length=1, description="RELEASE, such as 'Gaia DR3'.")
    retrieval_type: str = Field("EPOCH_PHOTOMETRY", description="RETRIEVAL_TYPE.")
    structures: tuple[str, ...] = Field(
        min_length=1,
        description="DATA_STRUCTURE: the names of one and the same structure in the order in which "
        "to try them; servers have renamed it.",
    )
    format: Literal["votable", "votable_plain", "csv", "ecsv", "fits"] = Field(
        "votable", description="FORMAT of the answers."
    )
    valid_data: bool = Field(
        False, description="VALID_DATA: whether the server leaves out what it holds to be invalid."
    )
    ids_per_request: int = Field(
        1000, ge=1, le=5000, description="How many stars are asked for at once."
    )
    max_bytes: int = Field(
        100_000_000, ge=1, description="Largest answer to one request, sent and unpacked [byte]."
    )
    forms: tuple[Form, ...] = Field(min_length=1, description="What the answers may look like.")

    @model_validator(mode="after")
    def _tells_the_stars_apart(self) -> Self:
        for form in self.forms:
            source = form.columns.get("source_id")
            if source is None or source.column is None:
                raise ValueError("every form needs a column for source_id in `columns`")
            if form.kind != "arrays" and not form.key:
                raise ValueError("long and wide forms need a `key`, such as transit_id")
        return self


@dataclass(frozen=True)
class Answer:
    """What a data server gave for the stars asked for.

    Parameters
    ----------
    rows
        Observations of the stars received, as :func:`~rrcat.archive.epochs.to_rows` gives them.
    account
        ``source_id``, ``status`` and ``reason`` of each star asked for, sorted: ``received``;
        ``empty`` if the archive has no observations of it; ``failed``.
    not_asked_for
        How many stars were in the answer that nobody had asked for. They are dropped.
    size
        Bytes received.
    """

    rows: pl.DataFrame
    account: pl.DataFrame
    not_asked_for: int = 0
    size: int = 0


def request(
    server: DataServer,
    ids: Iterable[int],
    *,
    session: requests.Session,
    folder: Path,
    time: TimeSystem,
    reading: AbstractContextManager[Any] | None = None,
) -> Answer:
    """Ask a data server for the epoch photometry of stars.

    Every star asked for is in the account. A server that answers with an error, or with something
    that is no data, makes all of them fail with its words as the reason; a damaged product makes
    its own star fail. A star given several times is received if the rows agree.

    Parameters
    ----------
    ids
        ``source_id`` of the stars, at most ``server.ids_per_request``.
    folder
        Where temporary files may lie. Nothing is left there.
    time
        Time system of the archive.
    reading
        A lock that is held while the answer is in memory.
    """
    asked = sorted(set(ids))
    deadline = clock.monotonic() + server.budget
    reasons = []
    for structure in server.structures:
        with TemporaryDirectory(prefix="answer-", dir=folder) as temporary:
            path = Path(temporary) / "answer"
            try:
                headers = _download(server, structure, asked, session, path, deadline)
                size = path.stat().st_size
                with reading or nullcontext():
                    products = read_products(
                        path,
                        server.forms,
                        name=_name(headers),
                        n_asked=len(asked),
                        max_bytes=server.max_bytes,
                    )
                    return replace(_answer(products, asked, time), size=size)
            except ArchiveError as error:
                reasons.append(f"{structure}: {error.message}")
    failed: dict[int | str, str] = dict.fromkeys(asked, "; ".join(reasons))
    return Answer(_rows([]), _account(asked, set(), failed))


def _download(
    server: DataServer,
    structure: str,
    asked: list[int],
    session: requests.Session,
    to: Path,
    deadline: float,
) -> Headers:
    data = {
        "ID": ",".join(map(str, asked)),
        "RELEASE": server.release,
        "RETRIEVAL_TYPE": server.retrieval_type,
        "DATA_STRUCTURE": structure,
        "FORMAT": server.format,
        "VALID_DATA": str(server.valid_data).lower(),
        "USE_ZIP_ALWAYS": "true",
    }
    return download(
        session,
        "POST",
        server.url,
        to=to,
        policy=server,
        deadline=deadline,
        final=UNKNOWN_STRUCTURE,
        check=lambda path: check_sound(path, len(asked)),
        data=data,
    )


def _name(headers: Headers) -> str:
    found = re.search(r'filename="?([^";]+)', headers.get("Content-Disposition", ""))
    return found[1] if found else "answer"


def _answer(products: Products, asked: list[int], time: TimeSystem) -> Answer:
    """Keep what was asked for, each star once."""
    failed = dict(products.failed)
    strangers: set[int | None] = set()
    parts: list[pl.DataFrame] = []
    for form, raw in products.tables:
        star = _star(form)
        strangers |= set(raw.frame[star].unique()) - set(asked)
        frame = raw.frame.filter(pl.col(star).is_in(asked))
        frame, differing = once(frame, [star, *form.key])
        failed |= dict.fromkeys(differing, DIFFERING)
        wanted = replace(raw, frame=frame.filter(~pl.col(star).is_in(differing)))
        try:
            mapped, reasons = by_halves(wanted, star, partial(_to_rows, form=form, time=time))
        except ArchiveError as error:
            mapped, reasons = [], dict.fromkeys(wanted.frame[star].unique(), error.message)
        parts += mapped
        failed |= reasons
    _fail_repeated(parts, failed)
    rows = _rows(part.filter(~pl.col("source_id").is_in(list(failed))) for part in parts)
    received = set(rows["source_id"].unique())
    doubts = products.nameless[:SHOWN]
    if strangers:
        doubts.append(f"the answer has {len(strangers)} stars that were not asked for")
    if doubts:
        missing = [star for star in asked if star not in received | failed.keys()]
        failed |= dict.fromkeys(missing, "; ".join(doubts))
    return Answer(rows, _account(asked, received, failed), len(strangers))


def _to_rows(raw: RawTable, *, form: Form, time: TimeSystem) -> pl.DataFrame:
    return to_rows(raw, [form], time, PLACE)


def _rows(parts: Iterable[pl.DataFrame]) -> pl.DataFrame:
    rows = pl.concat([load("light_curves").empty(), *parts], how="diagonal")
    ordered = rows.sort("source_id", maintain_order=True)
    return ordered.drop(ROW, strict=False).with_row_index(ROW, offset=1)


def _star(form: Form) -> str:
    (name,) = form.columns["source_id"].asked
    return name


def once(frame: pl.DataFrame, key: list[str]) -> tuple[pl.DataFrame, list[int]]:
    """Give the rows without repetitions, and the stars with different rows of one key."""
    if not frame.select(key).is_duplicated().any():
        return frame, []
    distinct = frame.unique(maintain_order=True)
    differing = distinct.filter(distinct.select(key).is_duplicated())
    return distinct, differing[key[0]].unique().sort().to_list()


def _fail_repeated(parts: list[pl.DataFrame], failed: dict[int | str, str]) -> None:
    """Note the stars that are in several parts, which differ in layout."""
    seen: set[int] = set()
    for part in parts:
        stars = set(part["source_id"].unique())
        failed |= dict.fromkeys(stars & seen, "the archive gave it several times, in several forms")
        seen |= stars


def _account(asked: list[int], received: set[int], failed: Mapping[int | str, str]) -> pl.DataFrame:
    def row(star: int) -> tuple[int, str, str | None]:
        if star in failed:
            return star, FAILED, failed[star]
        if star in received:
            return star, RECEIVED, None
        return star, EMPTY, "the archive gave no observations of it"

    return pl.DataFrame([row(star) for star in asked], schema=ACCOUNT, orient="row")
