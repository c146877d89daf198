"""Options that every command that follows a recipe has."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., None])

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
    click.option("--workers", type=click.IntRange(min=1), help="Processes to use."),
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
