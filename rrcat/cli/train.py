"""``rrcat train``."""

import json
from typing import Any

import click

from rrcat.cli.options import common


@click.command()
@common
def train(as_json: bool, **request: Any) -> None:
    """Train the estimators of RECIPE on its calibrators.

    Leaves a bundle for each in OUTPUT/bundles, and in OUTPUT/sample.csv every star of the
    calibration file, taken or left, with the reason.
    """
    from rrcat.run.train import train_estimators
    from rrcat.run.workspace import Request

    summary = train_estimators(Request(**request))
    if as_json:
        click.echo(json.dumps(summary.as_dict(), sort_keys=True))
        return
    click.echo(f"{summary.name}: {summary.n_calibrators:,} calibrators ({summary.seconds:.1f} s)")
    for bundle in summary.bundles.values():
        click.echo(f"  {bundle}")
