"""``rrcat demo``."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

if TYPE_CHECKING:
    import polars as pl
    from rich.console import Console

    from rrcat.run.build import BuildSummary

VERSION = "0.1.0"
CATALOGUE = "the catalogue"
# With fewer, the bright ones do not teach anything.
FEWEST_STARS = 100


@click.command()
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("rrcat-demo"),
    show_default=True,
    help="Folder for everything the demo makes; it must be empty or absent.",
)
@click.option("--stars", type=click.IntRange(min=FEWEST_STARS), default=2000, show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option(
    "--truth",
    type=click.Choice(["linear", "curved"]),
    default="curved",
    show_default=True,
    help="How [Fe/H] follows from the shape of a light curve.",
)
@click.option(
    "--estimator",
    "chosen",
    multiple=True,
    metavar="ID",
    help="Let this estimator take part (repeatable); by default those that learn in seconds.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def demo(
    output: Path,
    stars: int,
    seed: int,
    truth: Literal["linear", "curved"],
    chosen: tuple[str, ...],
    as_json: bool,
) -> None:
    """Run the whole chain on simulated stars: survey, catalogue, release, verification.

    Estimators that are installed, learn in seconds and can do so on this machine take part, and
    are combined; the others are named. The table at the end compares the [Fe/H] they find with the
    true ones.
    """
    import polars as pl
    from rich.console import Console

    from rrcat.errors import ReleaseError
    from rrcat.release.candidate import read_candidate
    from rrcat.release.publish import publish
    from rrcat.release.verify import verify
    from rrcat.simulate.recovery import recovery

    console = Console(quiet=as_json, highlight=False)
    _check_empty(output)
    ids, left_out = _estimators(chosen)
    for id, reason in left_out.items():
        _tell_left_out(console, id, reason)

    recipe, candidate = output / "recipe.toml", output / "candidate"
    _step(
        console,
        f"1  Simulate {stars:,} stars, and build a catalogue of them",
        f"rrcat build {recipe} --output {candidate}",
    )
    console.print("   [dim]the first fit after an installation compiles for half a minute[/]")
    summary = _built(recipe, candidate, ids, left_out, stars, seed, truth, console)
    _done(console, f"{summary.n_values:,} of {summary.n_stars:,} stars have a metallicity")

    command = f"rrcat release {candidate} --version {VERSION} --into {output}"
    # Of few stars, and fewer calibrators, a check may well fail; the release then says so.
    failed = read_candidate(candidate).failed
    override = f"a demonstration of {stars:,} simulated stars" if failed else None
    if override:
        command += f' --override "{override}"'
    _step(console, "2  Release it", command)
    for item in failed:
        console.print(f"   [yellow]not so:[/] {item['name']}: {item['detail']}", soft_wrap=True)
    release = publish(candidate, VERSION, into=output, override=override)
    _done(console, f"{release} is written, and never changes")

    _step(console, "3  Verify the release", f"rrcat verify {release}")
    if findings := verify(release):
        listed = "".join(f"\n  {finding.file}: {finding.what}" for finding in findings)
        raise ReleaseError(f"the release does not hold what it promises{listed}", file=release)
    _done(console, "hashes, schema and all formats agree")

    true = pl.read_parquet(candidate / "simulated" / "truth.parquet", glob=False)
    calibrators = candidate / "calibrators.parquet"
    if learned := calibrators.exists():  # the estimators know their [Fe/H]
        known = pl.read_parquet(calibrators, glob=False)
        true = true.join(known, on="source_id", how="anti")
    predictions = pl.read_parquet(candidate / "predictions.parquet", glob=False)
    found = {id: recovery(predictions.filter(estimator=id), true) for id in ids}
    catalogue = pl.read_parquet(candidate / "catalogue.parquet", glob=False)
    found[CATALOGUE] = recovery(catalogue, true)
    if as_json:
        click.echo(json.dumps(_result(release, summary, found, left_out), sort_keys=True))
    else:
        _tell(console, release, summary, found, learned)


def _check_empty(output: Path) -> None:
    from rrcat.errors import RunError

    if output.exists() and any(output.iterdir()):
        raise RunError(
            "the folder for the demo is not empty",
            file=output,
            hint="choose another with --output, or remove it",
        )


def _estimators(chosen: tuple[str, ...]) -> tuple[list[str], dict[str, str]]:
    """Give the estimators that take part, and why the others do not.

    They are those chosen, or the quick ones of the recipe; where none of these is installed, all.
    """
    from rrcat.errors import PluginError
    from rrcat.estimator.registry import discover, load_factory
    from rrcat.simulate.recipe import recipe_estimators

    registry = discover()
    installed = registry.ids()
    quick = [id for id in installed if id in recipe_estimators()]
    ids, left_out = [], {}
    for id in chosen or installed:
        if not chosen and quick and id not in quick:
            left_out[id] = f"it may learn for minutes; to see it, rrcat demo --estimator {id}"
            continue
        try:
            load_factory(registry.spec(id)).check_machine()
        except PluginError as error:
            left_out[id] = _reason(error)
        else:
            ids.append(id)
    if not ids:
        listed = "".join(f"; {id}: {reason}" for id, reason in left_out.items())
        raise PluginError(
            f"the demo needs an estimator, and there is none{listed}",
            hint="python -m pip install rrcat-relations "
            "(in a checkout: python -m pip install -e plugins/rrcat-relations)",
        )
    return ids, left_out


def _built(
    recipe: Path,
    candidate: Path,
    ids: list[str],
    left_out: dict[str, str],
    stars: int,
    seed: int,
    truth: Literal["linear", "curved"],
    console: Console,
) -> BuildSummary:
    """Build with the estimators that turn out to learn; the others are taken from ``ids``."""
    from rrcat import atomic
    from rrcat.errors import RrcatError
    from rrcat.run.build import build_catalogue
    from rrcat.run.workspace import Request
    from rrcat.simulate.recipe import recipe_text

    while True:
        atomic.write_bytes(recipe, recipe_text(ids, stars, seed, truth).encode())
        try:
            return build_catalogue(Request(recipe, candidate, restart=True))
        except RrcatError as error:
            failed = error.where.get("plugin")
            if failed not in ids or len(ids) == 1:
                raise
            ids.remove(failed)
            left_out[failed] = _reason(error)
            _tell_left_out(console, failed, left_out[failed])


def _reason(error: Exception) -> str:
    return str(error).replace("\n", " ")


def _tell_left_out(console: Console, id: str, reason: str) -> None:
    console.print(f"[yellow]{id} is left out:[/] {reason}", soft_wrap=True)


def _step(console: Console, what: str, how: str) -> None:
    console.print(f"[bold]{what}[/]  [dim]{how}[/]", soft_wrap=True)


def _done(console: Console, what: str) -> None:
    console.print(f"   [green]{what}[/]", soft_wrap=True)


def _result(
    release: Path,
    summary: BuildSummary,
    found: dict[str, pl.DataFrame],
    left_out: dict[str, str],
) -> dict[str, Any]:
    return {
        "release": str(release),
        "n_stars": summary.n_stars,
        "n_values": summary.n_values,
        "statuses": summary.statuses,
        "left_out": left_out,
        "recovery": {
            id: {row.pop("pulsation_type"): row for row in rows.to_dicts()}
            for id, rows in found.items()
        },
        "verified": True,
    }


def _tell(
    console: Console,
    release: Path,
    summary: BuildSummary,
    found: dict[str, pl.DataFrame],
    learned: bool,
) -> None:
    from rich.table import Table

    against = Table(title="\\[Fe/H] found against the truth (dex)", title_justify="left")
    against.add_column("estimator", no_wrap=True)
    against.add_column("type")
    for name in ("stars", "found", "rms", "bias", "within error"):
        against.add_column(name, justify="right")
    for id, rows in found.items():
        for first, (kind, n_asked, n, rmse, bias, within) in zip(
            [id, "", ""], rows.iter_rows(), strict=True
        ):
            errors = (f"{rmse:.3f}", f"{bias:+.3f}", f"{within:.0%}") if n else ("", "", "")
            against.add_row(first, kind, f"{n_asked:,}", f"{n:,}", *errors)

    reasons = Table(title="A value or a reason for every star", title_justify="left")
    reasons.add_column("feh_status")
    reasons.add_column("stars", justify="right")
    for status, count in sorted(summary.statuses.items(), key=lambda item: -item[1]):
        reasons.add_row(status, f"{count:,}")

    folder = release.parent
    console.print("", against, sep="\n")
    if learned:
        console.print("Stars with spectra, which were learned from, are left out.")
    console.print("", reasons, sep="\n")
    console.print(
        "[bold]Where to look[/]",
        f"  {release}/",
        "    report.html        the report, in a browser",
        f"    {summary.name}.vot, .fits    the catalogue, in TOPCAT",
        f"    {summary.name}.parquet       the same for polars, pandas or DuckDB",
        f"  {folder / 'candidate' / 'simulated'}/",
        "    truth.parquet      what is true of the stars, none of which exists",
        "[bold]What to try next[/]",
        *_activation(),
        f"  rrcat evaluate {folder / 'recipe.toml'} --output {folder / 'test'}",
        f"  edit {folder / 'recipe.toml'}, then",
        f"  rrcat build {folder / 'recipe.toml'} --output {folder / 'mine'}",
        sep="\n",
        soft_wrap=True,
    )


def _activation() -> list[str]:
    """Give the line that puts ``rrcat`` on the path, where tox keeps it in an environment."""
    environment = os.environ.get("TOX_ENV_DIR")
    return [f"  source {environment}/bin/activate    (rrcat is there)"] if environment else []
