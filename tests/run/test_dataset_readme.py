"""The README of a training set describes every column, and what it shows works."""

import re
from pathlib import Path

import pytest

from rrcat.run.dataset import make_dataset
from rrcat.run.workspace import Request
from rrcat.schema import load


@pytest.fixture
def made(survey: Path, tmp_path: Path) -> Path:
    make_dataset(Request(survey, tmp_path / "set", workers=1))
    return tmp_path / "set"


def test_every_column_of_every_table_is_described(made: Path) -> None:
    text = (made / "README.md").read_text(encoding="utf-8")
    for name in ("sequences", "features", "labels", "folds"):
        assert all(f"| `{column}` |" in text for column in load(name).names)
    assert "no_light_curve" in text
    assert "- Roe 2021" in text


def test_the_three_lines_of_polars_read_it(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (made / "README.md").read_text(encoding="utf-8")
    lines = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)[0]
    assert lines.count("\n") == 3
    monkeypatch.chdir(made)
    found: dict[str, object] = {}
    exec(lines, found)
    rows = found["rows"]
    assert rows.height > 50
    assert rows["feh"].null_count() == 0
