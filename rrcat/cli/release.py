"""``rrcat release``, ``rrcat verify`` and ``rrcat diff``."""

import json
from pathlib import Path

import click

FOLDER = click.Path(path_type=Path, file_okay=False)


@click.command()
@click.argument("candidate", type=FOLDER)
@click.option(
    "--version",
    required=True,
    metavar="X.Y.Z",
    help="Semantic version; greater than every one in releases.toml.",
)
@click.option(
    "--into",
    type=FOLDER,
    help="Where the release and releases.toml stand.  [default: the folder of the recipe]",
)
@click.option(
    "--date",
    metavar="YYYY-MM-DD",
    help="Date of the release.  [default: SOURCE_DATE_EPOCH; without either the release carries "
    "no date and only releases.toml tells today's]",
)
@click.option(
    "--override",
    metavar="REASON",
    help="Release although a validation failed; the reason is told in the release.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def release(
    candidate: Path,
    version: str,
    into: Path | None,
    date: str | None,
    override: str | None,
    as_json: bool,
) -> None:
    """Turn the folder CANDIDATE into the immutable release <name>-X.Y.Z.

    The release appears whole or not at all, its files are read-only, and an existing version is
    never overwritten. The same candidate gives the same bytes.
    """
    from rrcat.release.manifest import read_manifest
    from rrcat.release.publish import publish

    folder = publish(candidate, version, into=into, date=date, override=override)
    manifest = read_manifest(folder)
    if as_json:
        told = {"release": str(folder), "name": manifest.name, "version": manifest.version}
        click.echo(json.dumps(told | {"n_rows": manifest.n_rows, "date": manifest.date}))
        return
    click.echo(f"{manifest.name} {manifest.version}: {manifest.n_rows:,} rows in {folder}")
    click.echo(f"To check it: rrcat verify {folder}")


@click.command()
@click.argument("release", type=FOLDER)
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@click.pass_context
def verify(ctx: click.Context, release: Path, as_json: bool) -> None:
    """Check RELEASE: hashes, table definition, and every format cell by cell.

    Exits with 1 where something is wrong.
    """
    from rrcat.release.verify import verify as findings_of

    findings = findings_of(release)
    if as_json:
        told = [finding.as_dict() for finding in findings]
        click.echo(json.dumps({"release": str(release), "ok": not told, "findings": told}))
    elif not findings:
        click.echo(f"{release}: all files are as released, and all formats agree")
    for finding in [] if as_json else findings:
        click.echo(f"{finding.file}: {finding.what}")
    if findings:
        ctx.exit(1)


@click.command()
@click.argument("before", type=FOLDER)
@click.argument("after", type=FOLDER)
@click.option("--json", "as_json", is_flag=True, help="Print the differences as JSON.")
def diff(before: Path, after: Path, as_json: bool) -> None:
    """Tell what changed from BEFORE to AFTER, each a release or a candidate."""
    from rrcat.release.diff import diff as differences
    from rrcat.release.diff_text import diff_text

    found = differences(before, after)
    if as_json:
        click.echo(json.dumps(found.as_dict()))
        return
    click.echo(diff_text(found))
