"""``rrcat demo``."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    import polars as pl
    from rich.console import Console

    from rrcat.run.build import BuildSummary

ESTIMATOR = "literature-relations"
VERSION = "0.1.0"
SCATTER = (
    "The rms is far below feh_error, which includes the scatter of stars about the relation: "
    "simulated stars have none."
)


@click.command()
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("rrcat-demo"),
    show_default=True,
    help="Folder for everything the demo makes; it must be empty or absent.",
)
@click.option("--stars", type=click.IntRange(min=1), default=400, show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def demo(output: Path, stars: int, seed: int, as_json: bool) -> None:
    """Run the whole chain on simulated stars: survey, catalogue, release, verification.

    The stars follow a published relation between light curve and metallicity, so the table at the
    end shows what sampling and noise alone cost.
    """
    import polars as pl
    from rich.console import Console

    from rrcat.errors import ReleaseError
    from rrcat.release.publish import publish
    from rrcat.release.verify import verify
    from rrcat.run.build import build_catalogue
    from rrcat.run.workspace import Request
    from rrcat.simulate import recovery, write_survey

    console = Console(quiet=as_json, highlight=False)
    _check(output)
    survey, candidate = output / "survey", output / "candidate"

    _step(console, "1  Simulate a survey", f"{stars:,} stars as Gaia would see them")
    recipe = write_survey(survey, stars, seed)
    _done(console, f"tables, truth and recipe are in {survey}")

    _step(console, "2  Build a catalogue", f"rrcat build {recipe} --output {candidate}")
    console.print("   [dim]the first fit after an installation compiles for half a minute[/]")
    summary = build_catalogue(Request(recipe, candidate))
    _done(console, f"{summary.n_values:,} of {summary.n_stars:,} stars have a metallicity")

    _step(
        console, "3  Release it", f"rrcat release {candidate} --version {VERSION} --into {output}"
    )
    release = publish(candidate, VERSION, into=output)
    _done(console, f"{release} is written, and never changes")

    _step(console, "4  Verify the release", f"rrcat verify {release}")
    if findings := verify(release):
        listed = "".join(f"\n  {finding.file}: {finding.what}" for finding in findings)
        raise ReleaseError(f"the release does not hold what it promises{listed}", file=release)
    _done(console, "hashes, schema and all formats agree")

    truth = pl.read_parquet(survey / "truth.parquet", glob=False)
    catalogue = pl.read_parquet(candidate / "catalogue.parquet", glob=False)
    recovered = recovery(catalogue, truth)
    if as_json:
        click.echo(json.dumps(_result(release, summary, recovered), sort_keys=True))
    else:
        _tell(console, release, summary, recovered)


def _check(output: Path) -> None:
    """Raise before any work where the demo could not end well."""
    from rrcat.errors import PluginError, RunError
    from rrcat.estimator.registry import discover

    if ESTIMATOR not in discover().ids():
        raise PluginError(
            f"the demo needs the estimator {ESTIMATOR!r}",
            hint="python -m pip install rrcat-relations "
            "(in a checkout: python -m pip install -e plugins/rrcat-relations)",
        )
    if output.exists() and any(output.iterdir()):
        raise RunError(
            "the folder for the demo is not empty",
            file=output,
            hint="choose another with --output, or remove it",
        )


def _step(console: Console, what: str, how: str) -> None:
    console.print(f"[bold]{what}[/]  [dim]{how}[/]", soft_wrap=True)


def _done(console: Console, what: str) -> None:
    console.print(f"   [green]{what}[/]", soft_wrap=True)


def _result(release: Path, summary: BuildSummary, recovered: pl.DataFrame) -> dict[str, Any]:
    return {
        "release": str(release),
        "n_stars": summary.n_stars,
        "n_values": summary.n_values,
        "statuses": summary.statuses,
        "recovery": {row.pop("pulsation_type"): row for row in recovered.to_dicts()},
        "verified": True,
    }


def _tell(console: Console, release: Path, summary: BuildSummary, recovered: pl.DataFrame) -> None:
    from rich.table import Table

    against = Table(title="\\[Fe/H] of the catalogue against the truth", title_justify="left")
    against.add_column("type")
    for name in ("stars", "with a value", "rms \\[dex]", "bias \\[dex]"):
        against.add_column(name, justify="right")
    for kind, n_asked, n, rmse, bias in recovered.iter_rows():
        errors = (f"{rmse:.3f}", f"{bias:+.3f}") if n else ("", "")
        against.add_row(kind, f"{n_asked:,}", f"{n:,}", *errors)

    reasons = Table(title="A value or a reason for every star", title_justify="left")
    reasons.add_column("feh_status")
    reasons.add_column("stars", justify="right")
    for status, count in sorted(summary.statuses.items(), key=lambda item: -item[1]):
        reasons.add_row(status, f"{count:,}")

    survey, mine = release.parent / "survey", release.parent / "mine"
    console.print("", against, SCATTER, "", reasons, sep="\n")
    console.print(
        "[bold]Where to look[/]",
        f"  {release}/",
        "    report.html        the report, in a browser",
        f"    {summary.name}.vot, .fits    the catalogue, in TOPCAT",
        f"    {summary.name}.parquet       the same for polars, pandas or DuckDB",
        "[bold]What to try next[/]",
        *_activation(),
        f"  edit {survey / 'recipe.toml'}, then",
        f"  rrcat build {survey / 'recipe.toml'} --output {mine}",
        sep="\n",
        soft_wrap=True,
    )


def _activation() -> list[str]:
    """Give the line that puts ``rrcat`` on the path, where tox keeps it in an environment."""
    environment = os.environ.get("TOX_ENV_DIR")
    return [f"  source {environment}/bin/activate    (rrcat is there)"] if environment else []
