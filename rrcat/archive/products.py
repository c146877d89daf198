"""The tables that a data server sends for stars: in a zip file or alone, in any format."""

import re
from collections.abc import Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

import polars as pl

from rrcat.archive.epochs import form_of
from rrcat.archive.failures import excerpt
from rrcat.archive.light_curve_forms import Form
from rrcat.archive.mapping import MAX_ID
from rrcat.archive.readers import RawTable, read
from rrcat.archive.votable import read_answer
from rrcat.archive.zips import opened, unpacked
from rrcat.errors import ArchiveError

# One for each star, and room for what a server may add.
MEMBERS_PER_STAR = 4
MORE_MEMBERS = 100

PAGE = re.compile(rb"<(!doctype )?html\b", re.IGNORECASE)
NULL_WORD = "null"
"""How the archive of Gaia writes a missing value in CSV and ECSV."""

HEAD = 4096
BEGINNINGS = {b"PK": ".zip", b"<": ".xml", b"SIMPLE": ".fits", b"# %ECSV": ".ecsv"}
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
STAR_IN_NAME = re.compile(r"(?:^|[^0-9A-Za-z])(\d+)$")


@dataclass
class Products:
    """What an answer holds: its tables, and why some of its products cannot be had.

    Parameters
    ----------
    tables
        Tables of one layout put together, each with the form that it has; ``source_id`` is an
        integer column of the name that the form says.
    failed
        Reasons by star, for products whose name says of which star they are.
    nameless
        Reasons for other products.
    """

    tables: list[tuple[Form, RawTable]] = field(default_factory=list)
    failed: dict[int | str, str] = field(default_factory=dict)
    nameless: list[str] = field(default_factory=list)


def read_products(
    path: Path, forms: Sequence[Form], *, name: str, n_asked: int, max_bytes: int
) -> Products:
    """Read an answer: one table in VOTable, FITS, CSV or ECSV, or a zip file of such tables.

    The format is that of the content. Of which stars a table is says a column; or a parameter of
    the VOTable; or the name of the file, which then ends in the number.

    Parameters
    ----------
    path
        The answer. Members of a zip file are unpacked beside it, one at a time.
    forms
        What the tables may look like.
    name
        Name that the server gave to the answer.
    n_asked
        How many stars were asked for; a zip file with many times as many members is refused.
    max_bytes
        Most that all members of a zip file may unpack to.

    Raises
    ------
    ArchiveError
        The answer is neither a whole zip file nor a table in one of the forms.
    """
    if _format(path) != ".zip":
        return Products(tables=[_table(path, name, forms)])
    products = Products()
    layouts: dict[Hashable, list[tuple[Form, RawTable]]] = {}
    members = unpacked(
        path,
        path.with_name("member"),
        max_bytes=max_bytes,
        max_members=_most_members(n_asked),
    )
    for member, unpacked_to in members:
        try:
            if isinstance(unpacked_to, ArchiveError):
                raise unpacked_to
            form, raw = _table(unpacked_to, member, forms)
        except ArchiveError as error:
            reason = f"{member}: {error.message}"
            star = star_in(member)
            if star is None:
                products.nameless.append(reason)
            else:
                products.failed[star] = reason
            continue
        layout = (forms.index(form), *raw.frame.schema.items(), *raw.units.items())
        layouts.setdefault((*layout, *raw.times.items()), []).append((form, raw))
    products.tables = [_together(tables) for tables in layouts.values()]
    return products


def check_sound(path: Path, n_asked: int) -> None:
    """Raise ValueError if an answer is words for people, or a zip file that is not whole."""
    if (words := _words(path)) is not None:
        raise ValueError(words)
    if _format(path) == ".zip":
        try:
            opened(path, _most_members(n_asked)).close()
        except ArchiveError as error:
            raise ValueError(error.message) from None


def _words(path: Path) -> str | None:
    """Give what a file says to people that is no table; None if it may be one."""
    with path.open("rb") as file:
        head = file.read(HEAD).removeprefix(BYTE_ORDER_MARK).lstrip()
    if not head:
        return "it holds nothing at all"
    # A light curve has several columns.
    text = _format(path) == ".csv" and b"," not in head.partition(b"\n")[0]
    if text or PAGE.match(head):
        return f"it is no table, and says: {excerpt(head)}"
    return None


def _most_members(n_asked: int) -> int:
    return MEMBERS_PER_STAR * n_asked + MORE_MEMBERS


def star_in(name: str) -> int | None:
    """Give the number at the end of the name of a file, which is that of its star."""
    found = STAR_IN_NAME.search(PurePosixPath(name).stem)
    return None if found is None else _identifier(found[1])


def _identifier(value: object) -> int | None:
    """Give a value as the identifier of a star; None if it is none."""
    text = str(value)
    return int(text) if text.isdecimal() and int(text) <= MAX_ID else None


def _format(path: Path) -> str:
    """Give the format of a file as the suffix that names end in, by how its content begins."""
    with path.open("rb") as file:
        head = file.read(64).removeprefix(BYTE_ORDER_MARK).lstrip()
    return next((s for start, s in BEGINNINGS.items() if head.startswith(start)), ".csv")


def _table(path: Path, name: str, forms: Sequence[Form]) -> tuple[Form, RawTable]:
    """Read one table; keep the columns that its form asks for."""
    raw, parameters = _read(path, name, forms)
    columns = _star_columns(forms)
    if not columns & set(raw.frame.columns):
        given = [_identifier(parameters[c]) for c in sorted(columns) if c in parameters]
        star = given[0] if given else star_in(name)
        if star is None:
            raise ArchiveError(
                "the table does not say of which star it is",
                file=name,
                hint=f"it has neither a column nor a parameter {' or '.join(sorted(columns))}",
            )
        named = (pl.lit(star, pl.Int64).alias(column) for column in columns)
        raw = replace(raw, frame=raw.frame.with_columns(named))
    form = form_of(raw, forms, Path(name))
    (column,) = _star_columns([form])
    stars = raw.frame[column]
    if not (stars.dtype.is_integer() or stars.dtype in (pl.String, pl.Null)):
        raise ArchiveError(
            f"the stars are named by {stars.dtype}, in which identifiers do not survive",
            file=name,
            column=column,
        )
    frame = raw.frame.select(form.asked).with_columns(stars.cast(pl.Int64, strict=False))
    if frame[column].null_count():
        raise ArchiveError("rows of the table name no star", file=name, column=column)
    return form, RawTable(
        frame,
        {key: raw.units[key] for key in form.asked if key in raw.units},
        {key: raw.times[key] for key in form.asked if key in raw.times},
    )


def _read(path: Path, name: str, forms: Sequence[Form]) -> tuple[RawTable, dict[str, Any]]:
    if (words := _words(path)) is not None:
        raise ArchiveError(words, file=name)
    suffix = _format(path)
    if suffix == ".zip":
        raise ArchiveError("there is a zip file in the zip file", file=name)
    if suffix == ".xml":
        answer = read_answer(path, place=Path(name))
        if answer.overflow:
            raise ArchiveError("the server cut the table short", file=name)
        return answer.raw, answer.params
    table = path.rename(path.with_suffix(suffix))
    try:
        # Types guessed from one table may differ from those of the next.
        text = {column for form in forms for column in form.asked}
        return read(table, text=text, null_values=_null_values(forms)), {}
    finally:
        table.unlink()


def _star_columns(forms: Iterable[Form]) -> set[str]:
    return {name for form in forms for name in form.columns["source_id"].asked}


def _null_values(forms: Iterable[Form]) -> Collection[str]:
    return sorted({NULL_WORD, *(value for form in forms for value in form.null_values)})


def _together(tables: list[tuple[Form, RawTable]]) -> tuple[Form, RawTable]:
    form, first = tables[0]
    return form, replace(first, frame=pl.concat(raw.frame for _, raw in tables))
