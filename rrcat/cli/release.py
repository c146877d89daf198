"""``rrcat release``, ``rrcat verify``, ``rrcat diff`` and ``rrcat doi``."""

import json
from pathlib import Path

import click

FOLDER = click.Path(path_type=Path, file_okay=False)
KEY = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("candidate", type=FOLDER)
@click.option(
    "--version",
    required=True,
    metavar="X.Y.Z",
    help="Semantic version; greater than every one in releases.toml, as far as the changes ask.",
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
@click.option(
    "--override-step",
    metavar="REASON",
    help="Release although the changes ask for a larger step of the version; the reason is told.",
)
@click.option(
    "--previous",
    type=FOLDER,
    help="The last release, to compare with.  [default: the one beside releases.toml]",
)
@click.option("--doi", metavar="DOI", help="DOI that is reserved for this version.")
@click.option("--sign", "key", type=KEY, help="Private SSH key to sign the manifest with.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def release(
    candidate: Path,
    version: str,
    into: Path | None,
    date: str | None,
    override: str | None,
    override_step: str | None,
    previous: Path | None,
    doi: str | None,
    key: Path | None,
    as_json: bool,
) -> None:
    """Turn the folder CANDIDATE into the immutable release <name>-X.Y.Z.

    The release appears whole or not at all, its files are read-only, and an existing version is
    never overwritten. The same candidate gives the same bytes.
    """
    from rrcat.release.history import HISTORY, read_history
    from rrcat.release.manifest import read_manifest
    from rrcat.release.publish import publish

    folder = publish(
        candidate,
        version,
        into=into,
        date=date,
        override=override,
        override_step=override_step,
        previous=previous,
        doi=doi,
        key=key,
    )
    manifest = read_manifest(folder)
    history = read_history(folder.parent / HISTORY)
    entry, changes = history.releases[-1], history.releases[-1].changes
    if as_json:
        told = {
            "release": str(folder),
            "name": manifest.name,
            "version": manifest.version,
            "n_rows": manifest.n_rows,
            "date": manifest.date,
            "signed_by": entry.signed_by,
            "changes": None if changes is None else changes.model_dump(mode="json"),
        }
        click.echo(json.dumps(told))
        return
    click.echo(f"{manifest.name} {manifest.version}: {manifest.n_rows:,} rows in {folder}")
    if changes is not None:
        click.echo(
            f"since {changes.since}: {changes.rows_added:,} stars added,"
            f" {changes.rows_removed:,} removed, {changes.rows_changed:,} changed"
        )
    elif len(history.releases) > 1:
        click.echo(
            f"{history.releases[-2].version} does not stand beside the history, so nobody checked"
            " whether the version moved far enough; --previous says where it is",
            err=True,
        )
    if entry.signed_by:
        click.echo(f"signed by {entry.signed_by}")
    click.echo(f"To check it: rrcat verify {folder}")


@click.command()
@click.argument("release", type=FOLDER)
@click.option("--key", type=KEY, help="Public SSH key that the release must be signed by.")
@click.option(
    "--golden",
    is_flag=True,
    help="Load every model and replay its golden rows; this runs code of installed plugins.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@click.pass_context
def verify(
    ctx: click.Context, release: Path, key: Path | None, golden: bool, as_json: bool
) -> None:
    """Check RELEASE: hashes, signature, table definition, and every format cell by cell.

    Exits with 1 where something is wrong.
    """
    from rrcat.release.verify import verify as findings_of
    from rrcat.release.verify_files import signer_of

    findings = findings_of(release, key=key, golden=golden)
    by = None if findings else signer_of(release)
    if as_json:
        told = [finding.as_dict() for finding in findings]
        result = {"release": str(release), "ok": not told, "findings": told}
        click.echo(json.dumps(result | {"signed_by": by, "key_checked": key is not None}))
    elif not findings:
        click.echo(f"{release}: all files are as released, and all formats agree")
        if by is not None and key is None:
            click.echo(f"signed by {by}; --key PUB tells whether that is the key you trust")
        elif by is not None:
            click.echo(f"signed by {by}, the key that was given")
    for finding in [] if as_json else findings:
        click.echo(f"{finding.file}: {finding.what}")
    if findings:
        ctx.exit(1)


@click.command()
@click.argument("before", type=FOLDER)
@click.argument("after", type=FOLDER)
@click.option("--html", type=KEY, help="Write them as a page with figures, too.")
@click.option("--json", "as_json", is_flag=True, help="Print the differences as JSON.")
def diff(before: Path, after: Path, html: Path | None, as_json: bool) -> None:
    """Tell what changed from BEFORE to AFTER, each a release or a candidate, and why."""
    from rrcat.release.diff import differences
    from rrcat.release.diff_text import diff_text
    from rrcat.release.manifest import check_outside
    from rrcat.release.sides import Pair, open_side

    if html is not None:
        check_outside(html, "--html")
    pair = Pair(open_side(before), open_side(after))
    found = differences(pair)
    if html is not None:
        from rrcat import atomic
        from rrcat.release.diff_page import diff_page

        atomic.write_bytes(html, diff_page(pair, found).encode())
    if as_json:
        click.echo(json.dumps(found.as_dict()))
        return
    click.echo(diff_text(found))
    if html is not None:
        click.echo(f"\nthe same with figures: {html}")


@click.command()
@click.argument("release", type=FOLDER)
@click.argument("doi")
@click.option(
    "--date",
    metavar="YYYY-MM-DD",
    help="Date of the entry.  [default: SOURCE_DATE_EPOCH, or today]",
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def doi(release: Path, doi: str, date: str | None, as_json: bool) -> None:
    """Note the DOI that RELEASE got after it was made, in the releases.toml beside it.

    The release itself stays as it is. A DOI that is noted later stands in for an earlier one.
    """
    from rrcat.release.doi import note_doi

    noted, before = note_doi(release, doi, date)
    if as_json:
        click.echo(json.dumps({"release": str(release), "doi": noted, "before": before}))
        return
    instead = "" if before is None else f" instead of {before}"
    click.echo(f"{release.resolve().name}: {noted}{instead}")
