"""``rrcat dataset``."""

import json
from typing import Any

import click

from rrcat.cli.options import common


@click.command()
@common
def dataset(as_json: bool, **request: Any) -> None:
    """Write the calibrators of RECIPE as a training set of folded light curves.

    OUTPUT becomes the training set: sequences, features, labels and folds as Parquet, README.md and
    dataset.json, which holds the hash of every file. It is there whole or not at all, and has the
    same bytes for the same input. With --estimator it has the stars and bands that this estimator
    can learn from, otherwise all.
    """
    from rrcat.run.dataset import make_dataset
    from rrcat.run.workspace import Request

    summary = make_dataset(Request(**request))
    if as_json:
        click.echo(json.dumps(summary.as_dict(), sort_keys=True))
        return
    click.echo(
        f"{summary.name}: {summary.n_stars:,} calibrators, {summary.n_sequences:,} sequences of "
        f"{summary.n_points:,} observations, scale {summary.scale} ({summary.seconds:.1f} s)"
    )
    parts = ", ".join(f"{name} {number:,}" for name, number in summary.splits.items())
    click.echo(f"  split: {parts or 'nothing to learn from'}")
    for status, number in summary.statuses.items():
        if status != "ok":
            click.echo(f"  {number:,} without sequence: {status}")
    click.echo(f"  {summary.output}")
