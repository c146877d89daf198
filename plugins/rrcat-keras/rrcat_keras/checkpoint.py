"""Half of a training on disk: arrays and plain facts in one file, there whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from rrcat.atomic import write_bytes

Arrays = Mapping[str, Sequence[NDArray[Any]]]

_FACTS = "facts"


def save_checkpoint(path: Path, arrays: Arrays, facts: Mapping[str, Any]) -> None:
    """Write lists of arrays by name, and plain facts; JSON brings floats back to the last bit."""
    named = {
        f"{name}/{place:04d}": np.asarray(array, order="C")
        for name, several in arrays.items()
        for place, array in enumerate(several)
    }
    write_bytes(path, save(named, {_FACTS: json.dumps(facts, sort_keys=True)}))


def load_checkpoint(path: Path) -> tuple[dict[str, list[NDArray[Any]]], dict[str, Any]] | None:
    """Give what was saved, or None where there is nothing that can be used."""
    arrays: dict[str, list[NDArray[Any]]] = {}
    try:
        with safe_open(path, framework="numpy") as file:
            facts = json.loads(file.metadata()[_FACTS])
            for key in sorted(file.keys()):
                arrays.setdefault(key.split("/")[0], []).append(file.get_tensor(key))
    except (OSError, SafetensorError, KeyError, ValueError):
        return None
    return arrays, facts
