"""``rrcat export`` and ``rrcat send``: a release, or a part of it, for others."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from rrcat.release.export import TARGETS

if TYPE_CHECKING:
    from rrcat.release.opened import Release
    from rrcat.release.subset import Cone

Command = TypeVar("Command", bound=Callable[..., None])

FOLDER = click.Path(path_type=Path, file_okay=False)
TARGET_HELP = "What to write: " + "; ".join(
    f"{name}, {target.summary}" for name, target in TARGETS.items()
)

PART = (
    click.argument("release", type=FOLDER),
    click.option(
        "--columns",
        metavar="A,B,...",
        help="Only these columns; source_id, ra and dec are kept besides.  [default: all]",
    ),
    click.option(
        "--cone",
        metavar="RA,DEC,RADIUS",
        help="Only stars within RADIUS of RA, DEC, all in degrees.",
    ),
)


def part(command: Command) -> Command:
    """Give a command the argument RELEASE and the options that cut a part of it."""
    for option in reversed(PART):
        command = option(command)
    return command


@click.command()
@part
@click.option("--to", "target", type=click.Choice(list(TARGETS)), required=True, help=TARGET_HELP)
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path),
    required=True,
    help="Folder for the files; it must be new or empty.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def export(
    release: Path,
    columns: str | None,
    cone: str | None,
    target: str,
    output: Path,
    as_json: bool,
) -> None:
    """Write RELEASE, or a part of it, for an archive, a paper or another program.

    The files stand in the folder whole or not at all.
    """
    from rrcat.release.export import export as write

    opened = _part(release, columns, cone)
    files = write(opened, target, output)
    if as_json:
        told = {"to": target, "output": str(output), "files": [str(file) for file in files]}
        click.echo(json.dumps(told | _told(opened), ensure_ascii=False))
        return
    click.echo(f"{_words(opened)}: written to {output}")
    for file in files:
        click.echo(f"  {file.relative_to(output)}")


@click.command()
@part
@click.option(
    "--client",
    metavar="NAME",
    default="topcat",
    show_default=True,
    help="The program to send to, by its name in SAMP.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=1),
    default=60,
    show_default=True,
    help="Seconds the program has to load the table.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def send(
    release: Path,
    columns: str | None,
    cone: str | None,
    client: str,
    timeout: float,
    as_json: bool,
) -> None:
    """Send RELEASE, or a part of it, to TOPCAT or another program over SAMP.

    Waits until the program has loaded the table.
    """
    from rrcat.release.send import send as send_to

    opened = _part(release, columns, cone)
    names = send_to(opened, client=client, timeout=timeout)
    if as_json:
        click.echo(json.dumps({"sent_to": names} | _told(opened), ensure_ascii=False))
        return
    click.echo(f"{_words(opened)}: loaded by {', '.join(names)}")


def _part(folder: Path, columns: str | None, cone: str | None) -> "Release":
    """Open a release and cut what is asked for; a cone without stars is an error here."""
    from rrcat.errors import ReleaseError
    from rrcat.release.opened import open_release

    names = None if columns is None else _names(columns)
    circle = None if cone is None else _cone(cone)
    whole = open_release(folder)
    cut = whole.subset(columns=names, cone=circle)
    if circle is not None and not cut.frame.height:
        distances = circle.distances(whole.frame).drop_nulls().sort()
        raise ReleaseError(
            f"no star is within {circle}",
            file=folder,
            hint="no star of the release has a position"
            if distances.is_empty()
            else f"the nearest is {distances[0]:.4g} deg away; give a wider radius",
        )
    return cut


def _names(columns: str) -> list[str]:
    names = [name.strip() for name in columns.split(",")]
    if not all(names):
        raise click.BadParameter(
            f"{columns!r} holds an empty name; give names with commas between them alone",
            param_hint="'--columns'",
        )
    return names


def _cone(text: str) -> "Cone":
    from rrcat.errors import ReleaseError
    from rrcat.release.subset import Cone

    try:
        ra, dec, radius = (float(number) for number in text.split(","))
    except ValueError:
        raise click.BadParameter(
            f"{text!r} is not RA,DEC,RADIUS: three numbers, in degrees", param_hint="'--cone'"
        ) from None
    try:
        return Cone(ra, dec, radius)
    except ReleaseError as error:
        raise click.BadParameter(f"{error.message}: {error.hint}", param_hint="'--cone'") from None


def _told(release: "Release") -> dict[str, object]:
    return {
        "name": release.about.name,
        "version": release.about.version,
        "subset": release.about.subset,
        "n_rows": release.frame.height,
        "n_columns": release.frame.width,
    }


def _words(release: "Release") -> str:
    what = release.about.subset or f"{release.about.name} {release.about.version}"
    return f"{what}: {release.frame.height:,} rows, {release.frame.width} columns"
