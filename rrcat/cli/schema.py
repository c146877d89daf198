"""``rrcat schema``: list, show, check, diff."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rrcat.schema import Column, Table

FILE = click.Path(path_type=Path, dir_okay=False, exists=True)
WIDTH = 100


@click.group()
def schema() -> None:
    """Show and compare tables, check files against them."""


@schema.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def list_tables(as_json: bool) -> None:
    """List the tables."""
    from rrcat.schema import load, names

    tables = [load(name) for name in names()]
    told = [
        {
            "name": table.name,
            "version": table.version,
            "columns": len(table.column),
            "description": table.description,
        }
        for table in tables
    ]
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    widest = max(len(table.name) for table in tables)
    for table in tables:
        start = f"{table.name:<{widest}}  {table.version}  {len(table.column):3d} columns  "
        click.echo(_wrapped(start, table.description))


@schema.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def show(name: str, as_json: bool) -> None:
    """Show the columns of the table NAME, or of a TOML file."""
    table = _table(name)
    if as_json:
        click.echo(json.dumps(table.model_dump(mode="json", by_alias=True), ensure_ascii=False))
        return
    click.echo(f"{table.name} {table.version}")
    click.echo(_wrapped("", table.description))
    if table.key:
        click.echo(f"key: {', '.join(table.key)}")
    if table.sort:
        click.echo(f"sorted by: {', '.join(table.sort)}")
    for group in table.any_of:
        click.echo(f"never null together: {', '.join(group)}")
    for column in table.defined:
        click.echo("")
        click.echo("  ".join([column.name, *_facts(column)]))
        click.echo(_wrapped("    ", column.description))
        for bit in column.bits:
            click.echo(_wrapped(f"    {bit.value:>8d} {bit.name} ({bit.kind}): ", bit.description))


@schema.command()
@click.argument("file", type=FILE)
@click.option("--table", "name", help="Table to check against.  [default: the name of the file]")
@click.option("--number", type=click.IntRange(min=1), default=1, help="Which table of the file.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def check(file: Path, name: str | None, number: int, as_json: bool) -> None:
    """Check FILE (Parquet, CSV, ECSV, FITS or VOTable) against a table.

    Exits with 1 if a rule is broken.
    """
    from rrcat.archive.readers import read
    from rrcat.schema import conform, expanded_like, load, names, violations

    name = name or file.name.partition(".")[0]
    if name not in names():
        raise click.UsageError(f"say --table; the tables are {', '.join(names())}")
    table = load(name)
    text = [column.name for column in table.column if column.dtype == "string"]
    rows = read(file, table=number, text=text).frame
    table = expanded_like(table, rows.columns)
    frame = conform(rows, table)
    broken = list(violations(frame, table))
    if as_json:
        told: dict[str, Any] = {
            "file": str(file),
            "table": table.name,
            "version": table.version,
            "rows": frame.height,
            "violations": [
                {"column": v.column, "rule": v.rule, "count": v.count, "rows": list(v.rows)}
                for v in broken
            ],
        }
        click.echo(json.dumps(told, ensure_ascii=False))
    elif broken:
        for violation in broken:
            click.echo(str(violation))
    else:
        click.echo(f"{file}: {frame.height:,} rows conform to {table.name} {table.version}")
    if broken:
        raise click.exceptions.Exit(1)


@schema.command()
@click.argument("a")
@click.argument("b")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def diff(a: str, b: str, as_json: bool) -> None:
    """Compare two versions of a table, names or TOML files, from A to B.

    Exits with 1 if the version did not move as far as the changes ask.
    """
    from dataclasses import asdict

    from rrcat.schema import diff as compare

    found = compare(_table(a), _table(b))
    if as_json:
        told = asdict(found) | {
            "level": found.level,
            "version_is_honest": found.version_is_honest,
        }
        click.echo(json.dumps(told, ensure_ascii=False))
    else:
        for change in found.changes:
            click.echo(
                f"{change.level:<5}  {change.column}: {change.what} {change.before} -> "
                f"{change.after}"
            )
        enough = "enough" if found.version_is_honest else f"not enough: {found.level} is needed"
        click.echo(f"{found.before} -> {found.after}: {found.level} changes, {enough}")
    if not found.version_is_honest:
        raise click.exceptions.Exit(1)


def _table(name: str) -> "Table":
    from rrcat.schema import load, read

    return read(Path(name)) if name.endswith(".toml") else load(name)


def _facts(column: "Column") -> list[str]:
    facts = [column.dtype]
    if unit := column.unit_in("votable"):
        facts.append(f"[{unit}]")
    facts.append(column.ucd)
    if column.each:
        facts.append(f"one for each {column.each}")
    if column.required:
        facts.append("required")
    if not column.nullable:
        facts.append("never null")
    if column.range is not None:
        facts.append(f"{column.range[0]} to {column.range[1]}")
    if column.values is not None:
        facts.append(" | ".join(column.values))
    return facts


def _wrapped(start: str, text: str) -> str:
    return click.wrap_text(text, WIDTH, start, " " * len(start))
