import io

import pytest
from rich.console import Console
from rich.progress import Task

from rrcat.run import progress


@pytest.mark.parametrize("received", [False, True])
@pytest.mark.parametrize("width", [80, 200])
def test_a_large_survey_fits_on_one_line(monkeypatch, width, received):
    told = io.StringIO()
    console = Console(width=width, force_terminal=True, color_system=None, file=told)
    monkeypatch.setattr(progress, "Console", lambda stderr: console)
    monkeypatch.setattr(Task, "speed", 12_345.6)
    monkeypatch.setattr(Task, "time_remaining", 3_600.0)
    with progress.progress_bars(received=received) as bars:
        task = bars.add_task("Fitting light curves", total=270_905, received="123.4 MB")
        bars.advance(task, 25_000)
    assert "25000/270905" in told.getvalue()
    assert "…" not in told.getvalue()
    assert "\x1b[1A" not in told.getvalue()  # the cursor never has to go up a line
