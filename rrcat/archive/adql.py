"""Queries in ADQL 2.0, put together from parts that others wrote.

Expressions, tables and conditions are given as they stand in the query, and are refused where they
would cut off what follows them. Values are quoted.
"""

import re
from collections.abc import Mapping, Sequence

from rrcat.errors import ArchiveError

UPLOAD = "ids"
"""Name under which a query sees an uploaded table, as ``TAP_UPLOAD.ids``."""

UPLOAD_COLUMN = "id"


def select(
    columns: Mapping[str, str],
    from_: str,
    where: Sequence[str] = (),
    *,
    order_by: str | None = None,
    top: int | None = None,
) -> str:
    """Give a query for expressions under their aliases.

    Parameters
    ----------
    columns
        Alias to expression. An alias is a plain lower-case name, the same in every dialect.
    where
        Conditions that must all hold.
    order_by
        An alias or a column.
    top
        At most so many rows. It is no substitute for the ``MAXREC`` of the request, which tells
        an answer that was cut from one that ends.

    Raises
    ------
    ArchiveError
        An alias is no plain name, or a part holds a comment or the end of the statement.
    """
    for alias in columns:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", alias):
            raise ArchiveError(
                f"{alias!r} cannot be the name of a column in a query",
                hint="take lower-case letters, digits and underscores",
            )
    for part in (*columns.values(), from_, *where):
        check_part(part)
    limit = f"TOP {top} " if top is not None else ""
    chosen = ", ".join(f"{expression} AS {alias}" for alias, expression in columns.items())
    query = f"SELECT {limit}{chosen} FROM {from_}"
    if where:
        query += " WHERE " + " AND ".join(f"({condition})" for condition in where)
    return f"{query} ORDER BY {order_by}" if order_by else query


def check_part(part: str) -> None:
    """Raise where a part of a query would comment out, end or regroup what follows it."""
    bare = re.sub(r"'[^']*'|\"[^\"]*\"", "", part)
    cuts = any(sign in bare for sign in ("--", ";", "'", '"'))
    while (outer := re.sub(r"\([^()]*\)", "", bare)) != bare:
        bare = outer
    if not part.strip() or cuts or "(" in bare or ")" in bare:
        raise ArchiveError(
            f"{part!r} cannot stand in a query",
            hint="write one expression without comments and semicolons, and close its quotes and "
            "brackets",
        )


def literal(value: str | int) -> str:
    """Give a value as it is written in a query: 5853820767014992128, 'V0672 ''A'''."""
    if isinstance(value, int):
        return str(value)
    doubled = value.replace("'", "''")
    return f"'{doubled}'"


def after(expression: str, last: str | int) -> str:
    """Give the condition of the next page: keys beyond the last one of the page before."""
    return f"{expression} > {literal(last)}"


def one_of(expression: str, values: Sequence[str | int]) -> str:
    """Give the condition for keys in a list, which has at least one."""
    return f"{expression} IN ({', '.join(map(literal, values))})"


def join_upload(from_: str, expression: str) -> str:
    """Give a FROM clause that keeps the rows whose key is among the uploaded ones."""
    return f"{from_} JOIN TAP_UPLOAD.{UPLOAD} ON {expression} = {UPLOAD}.{UPLOAD_COLUMN}"
