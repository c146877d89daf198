"""Nested tables of numbers as TOML, with matrices row by row."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np


def lines(content: dict, place: str = "") -> Iterable[str]:
    """Give nested tables as lines of TOML, numbers with five digits."""
    tables = {key: value for key, value in content.items() if isinstance(value, dict)}
    lists = {
        key: value
        for key, value in content.items()
        if isinstance(value, list) and isinstance(value[0], dict)
    }
    for key, value in content.items():
        if key == "root":
            yield "root = ["
            yield from (f"  {_text(row[: i + 1])}," for i, row in enumerate(value))
            yield "]"
        elif key not in tables and key not in lists:
            yield f"{key} = {_text(value)}"
    for key, value in [*tables.items(), *((k, v) for k, each in lists.items() for v in each)]:
        name = f"{place}.{key}".strip(".")
        yield f"\n[[{name}]]" if key in lists else f"\n[{name}]"
        yield from lines(value, name)


def _text(value: object) -> str:
    if isinstance(value, list | tuple | np.ndarray):
        return "[" + ", ".join(_text(each) for each in value) + "]"
    if isinstance(value, str):
        return f'"{value}"'
    return str(value) if isinstance(value, int) else repr(float(f"{value:.5g}"))
