"""``rrcat fetch``."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rrcat.archive.fetch import FetchSummary, Step
    from rrcat.run.fetch import Plan


@click.command()
@click.argument("recipe", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of what is fetched.  [default: fetched, beside the recipe]",
)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    metavar="STARS",
    help="At most so many stars, for a first look.",
)
@click.option("--restart", is_flag=True, help="Throw away what was fetched before.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.pass_context
def fetch(
    ctx: click.Context,
    recipe: Path,
    output: Path | None,
    limit: int | None,
    restart: bool,
    as_json: bool,
) -> None:
    """Fetch what RECIPE asks of archives: stars, light curves, published tables.

    Every star asked for ends as received, empty (the archive has nothing of it) or failed, with
    the reason, in account.parquet. Exits with 1 while stars are failed. Run the same command again
    to go on after an interruption, and to ask again for those that failed: nothing that is there
    is asked for twice.
    """
    from rrcat.run.fetch import plan

    planned = plan(recipe, output)
    sources = planned.sources()
    if not sources and not as_json:
        click.echo(
            f"Nothing is to be fetched: {recipe} names files only. To follow it:\n"
            f"  rrcat build {recipe} --output build"
        )
        return
    if not as_json:
        _announce(planned, sources)
    with _bars() as tell:
        summary = planned.fetch(limit=limit, restart=restart, tell=tell)
    if as_json:
        click.echo(json.dumps(summary.as_dict(), ensure_ascii=False, sort_keys=True))
    else:
        _report(planned, summary)
    if summary.failed:
        ctx.exit(1)


def _announce(planned: "Plan", sources: dict[str, str]) -> None:
    if planned.archive is not None and planned.archive.description:
        click.echo(planned.archive.description)
    width = max(map(len, sources))
    for what, url in sources.items():
        click.echo(f"  {what:<{width}}  {url}")
    click.echo(f"  {'into':<{width}}  {planned.folder}")


def _report(planned: "Plan", summary: "FetchSummary") -> None:
    size = f"{_in_bytes(summary.size)} in {summary.seconds:.0f} s"
    if planned.archive is not None:
        click.echo(f"{summary.received:,} of {summary.asked:,} stars received ({size})")
    if summary.empty:
        click.echo(f"{summary.empty:>10,}  empty: the archive has nothing of them")
    if summary.failed:
        click.echo(f"{summary.failed:>10,}  failed")
    for reason in summary.reasons:
        click.echo(f"{reason['count']:>18,}  {reason['reason']}")
    if planned.archive is None:
        tables = "1 table" if summary.tables == 1 else f"{summary.tables} tables"
        click.echo(f"{tables} ({size})")
    else:
        click.echo(f"\n{planned.folder} holds them; its account.parquet has a row for every star.")
    if summary.failed:
        click.echo(
            "To ask for the failed stars only, run the same command again. To go on without them:\n"
            "  incomplete = 'keep' in [archive] gives each a row with the reason"
        )
        return
    click.echo("To follow the recipe:")
    click.echo(f"  {planned.next_command()}")


def _in_bytes(size: float) -> str:
    for unit in ("byte", "kB", "MB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} GB"


@contextmanager
def _bars() -> Iterator[Callable[["Step"], None]]:
    """Give what shows a step of the work, on a terminal only: count, rate, bytes, time left."""
    from rrcat.run.progress import progress_bars

    with progress_bars(received=True) as progress:
        tasks, sizes = {}, {}

        def tell(step: "Step") -> None:
            if step.stage not in tasks:
                # What was there before is no part of the rate.
                tasks[step.stage] = progress.add_task(
                    step.stage, total=step.total, completed=step.done, received=""
                )
                sizes[step.stage] = 0
            sizes[step.stage] += step.size
            progress.update(
                tasks[step.stage],
                completed=step.done,
                total=step.total,
                received=_in_bytes(sizes[step.stage]),
            )

        yield tell
