"""``rrcat-stan``: set up CmdStan, compare relations, draw what was learned."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rrcat.errors import RrcatError
from rrcat_stan.plugin import SPEC

if TYPE_CHECKING:
    from rrcat_stan.estimator import RelationModel


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def rrcat_stan() -> None:
    """Set up and look into the estimator bayes-relation."""


@rrcat_stan.command()
def setup() -> None:
    """Find CmdStan or install it, and compile the model. It is needed to learn, not to predict."""
    from rrcat_stan.setup import set_up

    set_up(click.echo)


_BUNDLE = click.Path(path_type=Path, exists=True, file_okay=False)


@rrcat_stan.command()
@click.argument("bundles", metavar="BUNDLE BUNDLE...", nargs=-1, required=True, type=_BUNDLE)
def compare(bundles: tuple[Path, ...]) -> None:
    """Compare relations learned from the same calibrators, by PSIS-LOO."""
    from rrcat_stan.compare import compare as compared

    models = {str(path): _model(path) for path in bundles}
    for kind in sorted(SPEC.pulsation_types):
        found = {
            name: model.relations[kind] for name, model in models.items() if kind in model.relations
        }
        if not found:
            continue
        table = compared(found)
        click.echo(kind)
        for row in table.iter_rows(named=True):
            difference = f"{row['difference']:+.2f} ± {row['difference_error']:.2f}"
            terms = row["predictors"] + (f" ({row['companions']})" if row["companions"] else "")
            click.echo(
                f"  elpd {row['elpd']:8.2f}  {difference:>16}  RMSE {row['rmse']:.3f} dex"
                f"  k {row['largest_pareto_k']:5.2f}  {terms}  {row['name']}"
            )


@rrcat_stan.command()
@click.argument("bundle", type=_BUNDLE)
@click.option(
    "--output",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the plots.",
)
def plots(bundle: Path, output: Path) -> None:
    """Draw chains, calibrators and relations of a bundle, as SVG."""
    from rrcat import atomic

    for name, content in _model(bundle).plots().items():
        path = output / f"{name}.svg"
        atomic.write_bytes(path, content)
        click.echo(str(path))


def _model(bundle: Path) -> RelationModel:
    from rrcat.errors import BundleError
    from rrcat.estimator import load_bundle
    from rrcat_stan.estimator import RelationModel

    model = load_bundle(bundle)
    if not isinstance(model, RelationModel):
        raise BundleError(
            f"it is a bundle of {model.spec.id}", file=bundle, hint=f"name one of {SPEC.id}"
        )
    return model


def main() -> None:
    """Run the command; an error becomes a message and exit code 1."""
    try:
        rrcat_stan()
    except RrcatError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(1)
    except OSError as error:
        click.echo(f"error: {error.strerror} [file: {error.filename}]", err=True)
        sys.exit(1)
