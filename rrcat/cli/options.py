"""Options that every command that follows a recipe has."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., None])


def _one_of_two(context: click.Context, option: click.Parameter, given: Any) -> Any:
    if given is not None and not {"workers", "scheduler"}.isdisjoint(_given(context)):
        raise click.UsageError("--workers is for this machine; a cluster has its own workers")
    return given


def _given(context: click.Context) -> set[str]:
    return {name for name, value in context.params.items() if value is not None}


COMMON = (
    click.argument("recipe", type=click.Path(path_type=Path, dir_okay=False)),
    click.option(
        "--output",
        "-o",
        type=click.Path(path_type=Path, file_okay=False),
        required=True,
        help="Folder of the results. Interrupted work goes on in it.",
    ),
    click.option(
        "--data",
        type=click.Path(path_type=Path, file_okay=False, exists=True),
        help="Folder the recipe's files are in.  [default: the recipe's own]",
    ),
    click.option(
        "--estimator",
        "estimators",
        multiple=True,
        metavar="ID",
        help="Run only this estimator of the recipe; repeatable.  [default: all]",
    ),
    click.option(
        "--seed", type=click.IntRange(0, 2**32 - 1), help="Seed in place of the recipe's."
    ),
    click.option(
        "--workers",
        type=click.IntRange(min=1),
        callback=_one_of_two,
        help="Processes to use on this machine.",
    ),
    click.option(
        "--scheduler",
        metavar="ADDRESS",
        callback=_one_of_two,
        help="Leave the work to the workers of this dask scheduler, tcp://HOST:PORT, or of the one "
        "whose scheduler file this is.",
    ),
    click.option(
        "--partition-size",
        type=click.IntRange(min=1),
        default=5000,
        show_default=True,
        help="Stars in a unit of work.",
    ),
    click.option("--restart", is_flag=True, help="Throw away earlier work in the folder."),
    click.option("--json", "as_json", is_flag=True, help="Print the result as JSON."),
)


def common(command: Command) -> Command:
    """Give a command the argument RECIPE and an option for the rest of a `Request`."""
    for option in reversed(COMMON):
        command = option(command)
    return command
