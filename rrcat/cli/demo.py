"""``rrcat demo``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    import polars as pl
    from rich.console import Console

    from rrcat.run.build import BuildSummary

ESTIMATOR = "literature-relations"
VERSION = "0.1.0"


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

    from rrcat.release.publish import publish
    from rrcat.release.verify import verify
    from rrcat.run.build import build_catalogue
    from rrcat.simulate import recovery, write_survey

    console = Console(quiet=as_json, highlight=False)
    _check(output)

    survey, candidate = output / "survey", output / "candidate"
    _step(console, 1, "Simulate a survey", f"{stars:,} stars as Gaia would see them, in G")
    recipe = write_survey(survey, stars, seed)

    _step(console, 2, "Build the catalogue", f"rrcat build {recipe} --output {candidate}")
    summary = build_catalogue(recipe, candidate)

    _step(
        console, 3, "Release it", f"rrcat release {candidate} --version {VERSION} --into {output}"
    )
    release = publish(candidate, VERSION, into=output)

    _step(console, 4, "Verify the release", f"rrcat verify {release}")
    verify(release)

    truth = pl.read_parquet(survey / "truth.parquet")
    recovered = recovery(pl.read_parquet(candidate / "catalogue.parquet"), truth)
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


def _step(console: Console, number: int, what: str, how: str) -> None:
    console.print(f"[bold cyan]{number}[/] [bold]{what}[/]")
    console.print(f"  [dim]{how}[/]", soft_wrap=True)


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
    for name in ("type", "stars", "with a value", "rms [dex]", "bias [dex]", "within 1σ"):
        against.add_column(name, justify="left" if name == "type" else "right")
    for kind, n_asked, n, rmse, bias, coverage in recovered.iter_rows():
        errors = (f"{rmse:.3f}", f"{bias:+.3f}", f"{coverage:.0%}") if n else ("", "", "")
        against.add_row(kind, f"{n_asked:,}", f"{n:,}", *errors)
    reasons = Table(title="A value or a reason for every star", title_justify="left")
    reasons.add_column("feh_status")
    reasons.add_column("stars", justify="right")
    for status, count in summary.statuses.items():
        reasons.add_row(status, f"{count:,}")

    console.print()
    console.print(against)
    console.print(reasons)
    console.print("[bold]Where to look[/]")
    name = summary.name
    for file, what in {
        "report.html": "the report, in a browser",
        f"{name}.vot": "the catalogue as VOTable, in TOPCAT",
        f"{name}.fits": "the same as FITS",
        f"{name}.parquet": "the same for polars, pandas or DuckDB",
    }.items():
        console.print(f"  {release / file}  [dim]{what}[/]", soft_wrap=True)
    survey = release.parent / "survey" / "recipe.toml"
    console.print("[bold]What to try next[/]")
    console.print(f"  edit {survey}, then", soft_wrap=True)
    console.print(f"  rrcat build {survey} --output {release.parent / 'mine'}", soft_wrap=True)
