"""``rrcat build``."""

import json
from typing import Any

import click

from rrcat.cli.options import common


@click.command()
@common
def build(as_json: bool, **request: Any) -> None:
    """Follow RECIPE: from light curves, or features, to a candidate catalogue.

    Every star asked for has a row in the candidate, with a metallicity or the reason why there is
    none. Run the same command again to go on after an interruption.
    """
    from rrcat.run.build import build_catalogue
    from rrcat.run.workspace import Request

    summary = build_catalogue(Request(**request))
    if as_json:
        click.echo(json.dumps(summary.as_dict(), sort_keys=True))
        return
    click.echo(
        f"{summary.name}: {summary.n_values:,} of {summary.n_stars:,} stars have a metallicity "
        f"({summary.seconds:.1f} s)"
    )
    for status, count in summary.statuses.items():
        if status != "ok":
            click.echo(f"{count:>10,}  {status}")
    if summary.flags:
        click.echo("of those with a metallicity, a flag warns of")
    for flag, count in summary.flags.items():
        click.echo(f"{count:>10,}  {flag}")
    told = (f"{count} {how}" for how, count in summary.checks.items() if count)
    click.echo(f"checks of the catalogue: {', '.join(told)}")
    if summary.failed:
        click.echo(
            "not true of this catalogue, and so it is not released without --override REASON"
        )
    for check in summary.failed:
        click.echo(f"{'':>10}  {check['name']}: {check['detail']}")
    click.echo(f"\nThe candidate is in {summary.candidate}. To release it:")
    click.echo(f"  rrcat release {summary.candidate} --version X.Y.Z")
