"""Where the table definitions lie, and how they are read."""

import tomllib
from functools import cache
from pathlib import Path

import tomli_w
from pydantic import ValidationError

from rrcat.errors import SchemaError
from rrcat.schema.definition import Table


def folder() -> Path:
    """Give the folder of the table definitions.

    A wheel carries them inside the package; a checkout, and so an editable install, has them
    beside it.
    """
    package = Path(__file__).resolve().parent.parent
    for candidate in (package / "_schemas", package.parent / "schemas"):
        if candidate.is_dir():
            return candidate
    raise SchemaError("the table definitions are not installed", hint="reinstall rrcat")


def names() -> list[str]:
    """Give the names of all tables, sorted."""
    return sorted(path.stem for path in folder().glob("*.toml"))


@cache
def load(name: str) -> Table:
    """Give a table by name.

    Raises
    ------
    SchemaError
        There is no such table, or its file cannot be used.
    """
    if name not in names():
        raise SchemaError(
            f"there is no table {name!r}", hint=f"the tables are {', '.join(names())}"
        )
    return read(folder() / f"{name}.toml")


def read(path: Path) -> Table:
    """Read a table definition from a TOML file.

    Raises
    ------
    SchemaError
        The file is no TOML, holds an unknown key, or a UCD or unit outside the vocabularies.
    """
    try:
        table = Table.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise SchemaError(
            f"cannot read the table definition: {error.strerror}", file=path
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SchemaError(f"not a TOML file: {error}", file=path) from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise SchemaError(
            f"not a valid table definition: {first['msg']}",
            file=path,
            key=_place(path, first["loc"]),
            hint="docs/schemas lists what a table and a column may say",
        ) from None
    return table


def as_toml(table: Table) -> str:
    """Give a table as the text of the file that :func:`read` reads it from."""
    told = table.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return tomli_w.dumps(told)


def _place(path: Path, location: tuple[int | str, ...]) -> str | None:
    """Name the place of a mistake by column name instead of by position."""
    columns = tomllib.loads(path.read_text(encoding="utf-8")).get("column", [])
    parts = [str(part) for part in location]
    if len(location) > 1 and location[0] == "column" and isinstance(location[1], int):
        parts[:2] = [f"column {columns[location[1]].get('name', location[1])}"]
    return ".".join(parts) or None
