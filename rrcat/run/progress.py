"""How far the work is: a bar on a terminal, nothing elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text


class _Rate(ProgressColumn):
    """Stars a second."""

    def render(self, task: Task) -> Text:
        """Give the rate as text."""
        return Text(f"{task.speed:,.0f} stars/s" if task.speed else "", style="cyan")


@contextmanager
def progress_bars(*, received: bool = False) -> Iterator[Progress]:
    """Give bars on standard error that show count, rate, time spent and time left.

    With ``received`` they show the field of that name of each task as well: bytes, as text.
    """
    console = Console(stderr=True)
    with Progress(
        TextColumn("{task.description:<28}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        *([TextColumn("{task.fields[received]}")] if received else []),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
    ) as progress:
        yield progress
