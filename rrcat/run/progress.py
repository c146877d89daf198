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

# Characters of a bar, and of what else stands in a line of a large survey.
SHORTEST, LONGEST = 5, 40
OTHERS, OTHERS_WITH_BYTES = 75, 78


class _Rate(ProgressColumn):
    """Stars a second."""

    def render(self, task: Task) -> Text:
        """Give the rate as text."""
        return Text(f"{task.speed:,.0f}/s" if task.speed else "", style="cyan")


@contextmanager
def progress_bars(*, received: bool = False) -> Iterator[Progress]:
    """Give bars on standard error that show count, rate, time spent and time left.

    With ``received`` they show the field of that name of each task as well: bytes, as text.
    """
    console = Console(stderr=True)
    room = console.width - (OTHERS_WITH_BYTES if received else OTHERS)
    with Progress(
        TextColumn("{task.description}" if received else "{task.description:<28}"),
        BarColumn(max(SHORTEST, min(LONGEST, room))),
        MofNCompleteColumn(),
        _Rate(),
        *([TextColumn("{task.fields[received]}")] if received else []),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("left"),
        console=console,
        disable=not console.is_terminal,
    ) as progress:
        yield progress
