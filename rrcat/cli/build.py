"""``rrcat build``."""

import json
from pathlib import Path

import click


@click.command()
@click.argument("recipe", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Folder of the candidate. An interrupted build goes on in it.",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Folder the recipe's files are in.  [default: the recipe's own]",
)
@click.option(
    "--estimator",
    "estimators",
    multiple=True,
    metavar="ID",
    help="Run only this estimator of the recipe; repeatable.  [default: all]",
)
@click.option("--seed", type=click.IntRange(min=0), help="Seed in place of the recipe's.")
@click.option(
    "--workers", type=click.IntRange(min=1), help="Processes.  [default: up to one for each core]"
)
@click.option(
    "--partition-size",
    type=click.IntRange(min=1),
    default=5000,
    show_default=True,
    help="Stars in a unit of work.",
)
@click.option("--restart", is_flag=True, help="Throw away an earlier build in the folder.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def build(
    recipe: Path,
    output: Path,
    data: Path | None,
    estimators: tuple[str, ...],
    seed: int | None,
    workers: int | None,
    partition_size: int,
    restart: bool,
    as_json: bool,
) -> None:
    """Follow RECIPE: from light curves, or features, to a candidate catalogue.

    Every star asked for has a row in the candidate, with a metallicity or the reason why there is
    none. Run the same command again to go on after an interruption.
    """
    from rrcat.run.build import build_catalogue
    from rrcat.run.workspace import Request

    summary = build_catalogue(
        Request(recipe, output, data, estimators, seed, workers, partition_size, restart)
    )
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
    click.echo(f"\nThe candidate is in {output}. To release it:")
    click.echo(f"  rrcat release {output} --version X.Y.Z")
