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

VERSION = "0.1.0"
SETTINGS = {
    "literature-relations": 'params = { relations = ["muraveva25"] }',
    "fourier-xgboost": 'params = { band = "G", n_trials = 2, max_rounds = 100, n_boosters = 2 }',
    "bayes-relation": 'params = { band = "G" }',
}
"""Less work than the estimators do by default; what others have by default is taken as it is."""
LAST = "literature-relations"
"""What is learned from the survey's own spectra stands before what is published."""


@click.command()
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("rrcat-demo"),
    show_default=True,
    help="Folder for everything the demo makes; it must be empty or absent.",
)
@click.option("--stars", type=click.IntRange(min=200), default=2000, show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def demo(output: Path, stars: int, seed: int, as_json: bool) -> None:
    """Run the whole chain on simulated stars: archive, catalogue, release, verification.

    Every estimator that is installed and can learn on this machine has a part. The table at the end
    holds what they found against the truth, for stars that they did not learn from.
    """
    import polars as pl
    from rich.console import Console

    from rrcat.errors import ReleaseError
    from rrcat.release.publish import publish
    from rrcat.release.verify import verify
    from rrcat.run.build import build_catalogue
    from rrcat.run.workspace import Request
    from rrcat.simulate import recovery

    console = Console(quiet=as_json, highlight=False)
    _check(output)
    candidate = output / "candidate"

    _step(console, "1  Write a recipe", f"{stars:,} simulated stars as Gaia would see them")
    estimators, left_out = _estimators()
    recipe = _write_recipe(output, stars, seed, estimators)
    for id, why in left_out.items():
        console.print(f"   [yellow]{id} is left out:[/] {why}", soft_wrap=True)
    _done(console, f"{recipe} asks {', '.join(estimators)}")

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

    frames = {
        name: pl.read_parquet(candidate / f"{name}.parquet", glob=False)
        for name in ("catalogue", "predictions", "calibrators")
    }
    truth = pl.read_parquet(candidate / "simulated" / "truth.parquet", glob=False)
    unseen = truth.join(frames["calibrators"], on="source_id", how="anti")
    values = {"catalogue": frames["catalogue"]} | {
        id: frames["predictions"].filter(estimator=id) for id in estimators
    }
    recovered = {name: recovery(frame, unseen) for name, frame in values.items()}
    if as_json:
        click.echo(json.dumps(_result(release, summary, recovered, left_out), sort_keys=True))
    else:
        _tell(console, release, summary, recovered, frames["calibrators"].height)


def _check(output: Path) -> None:
    """Raise before any work where the demo could not end well."""
    from rrcat.errors import RunError

    if output.exists() and any(output.iterdir()):
        raise RunError(
            "the folder for the demo is not empty",
            file=output,
            hint="choose another with --output, or remove it",
        )


def _estimators() -> tuple[list[str], dict[str, str]]:
    """Give the estimators that can work here, in their order, and why the others cannot.

    Raises
    ------
    PluginError
        There is none.
    """
    from rrcat.errors import PluginError, RrcatError
    from rrcat.estimator.registry import discover

    registry = discover()
    chosen: list[str] = []
    left_out: dict[str, str] = {}
    for id in sorted(registry.ids(), key=lambda id: (id == LAST, id)):
        try:
            registry.estimator(id).check_machine()
        except RrcatError as error:
            left_out[id] = error.message + (f" ({error.hint})" if error.hint else "")
        else:
            chosen.append(id)
    if not chosen:
        raise PluginError(
            "the demo needs an estimator, and there is none that works",
            hint="python -m pip install rrcat-relations "
            "(in a checkout: python -m pip install -e plugins/rrcat-relations)",
        )
    return chosen, left_out


def _write_recipe(output: Path, stars: int, seed: int, estimators: list[str]) -> Path:
    from importlib.resources import files
    from string import Template

    template = files("rrcat.cli").joinpath("demo_recipe.toml").read_text(encoding="utf-8")
    sections = [
        "\n".join(["", "[[estimator]]", f'id = "{id}"', *filter(None, [SETTINGS.get(id)]), ""])
        for id in estimators
    ]
    output.mkdir(parents=True, exist_ok=True)
    recipe = output / "recipe.toml"
    text = Template(template).substitute(stars=stars, seed=seed) + "".join(sections)
    recipe.write_text(text, encoding="utf-8")
    return recipe


def _step(console: Console, what: str, how: str) -> None:
    console.print(f"[bold]{what}[/]  [dim]{how}[/]", soft_wrap=True)


def _done(console: Console, what: str) -> None:
    console.print(f"   [green]{what}[/]", soft_wrap=True)


def _result(
    release: Path,
    summary: BuildSummary,
    recovered: dict[str, pl.DataFrame],
    left_out: dict[str, str],
) -> dict[str, Any]:
    return {
        "release": str(release),
        "n_stars": summary.n_stars,
        "n_values": summary.n_values,
        "statuses": summary.statuses,
        "recovery": {
            name: {row.pop("pulsation_type"): row for row in frame.to_dicts()}
            for name, frame in recovered.items()
        },
        "left_out": left_out,
        "verified": True,
    }


def _tell(
    console: Console,
    release: Path,
    summary: BuildSummary,
    recovered: dict[str, pl.DataFrame],
    n_calibrators: int,
) -> None:
    from rich.table import Table

    against = Table(title="\\[Fe/H] against the truth, dex", title_justify="left")
    for name in ("values of", "type"):
        against.add_column(name)
    for name in ("stars", "with a value", "rms", "bias"):
        against.add_column(name, justify="right")
    for name, frame in recovered.items():
        for row, (kind, n_asked, n, rmse, bias) in enumerate(frame.iter_rows()):
            errors = (f"{rmse:.3f}", f"{bias:+.3f}") if n else ("", "")
            against.add_row("" if row else name, kind, f"{n_asked:,}", f"{n:,}", *errors)
        against.add_section()

    reasons = Table(title="A value or a reason for every star", title_justify="left")
    reasons.add_column("feh_status")
    reasons.add_column("stars", justify="right")
    for status, count in sorted(summary.statuses.items(), key=lambda item: -item[1]):
        reasons.add_row(status, f"{count:,}")

    learned = (
        f"Without the {n_calibrators:,} stars that were learned from. The truth is curved and "
        "scatters, as that of real stars; some stars are blends, or no RR Lyrae at all."
    )
    recipe, mine = release.parent / "recipe.toml", release.parent / "mine"
    console.print("", against, learned, "", reasons, sep="\n")
    console.print(
        "[bold]Where to look[/]",
        f"  {release}/",
        "    report.html        the report, in a browser",
        f"    {summary.name}.vot, .fits    the catalogue, in TOPCAT",
        f"    {summary.name}.parquet       the same for polars, pandas or DuckDB",
        "[bold]What to try next[/]",
        *_activation(),
        f"  edit {recipe}, then",
        f"  rrcat build {recipe} --output {mine}",
        f"  rrcat evaluate {recipe} --output {mine}-evaluation",
        sep="\n",
        soft_wrap=True,
    )


def _activation() -> list[str]:
    """Give the line that puts ``rrcat`` on the path, where tox keeps it in an environment."""
    environment = os.environ.get("TOX_ENV_DIR")
    return [f"  source {environment}/bin/activate    (rrcat is there)"] if environment else []
