"""How the kernels are compiled: when first called, and kept where a folder can be written."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import numpy as np

# Division by zero gives inf or NaN, as in numpy. No fastmath and no threads: the same input gives
# the same bytes. Where a call stays a call, numba copies all that is said of every array of a light
# curve, and counts who holds each: a third of the time of a fit.
helper: Any = numba.njit(error_model="numpy", forceinline=True)
"""Compile a function that only other compiled functions call."""

unsigned = np.uintp
"""Type of counts and indices of short loops that do not begin at a constant. Of a signed index
numba asks there whether it counts from the end of the array: half of the time. All that is reckoned
with one must be one: with a signed integer it becomes a float."""


def _digest() -> str:
    """Give a digest of all sources of this folder, and of those whose constants it compiles in."""
    digest = hashlib.sha256()
    here = Path(__file__).parent
    for folder in (here, here.parent / "harmonic"):
        for path in sorted(folder.glob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def kernel(function: Callable[..., Any]) -> Any:
    """Compile a function that Python calls; its machine code is kept for the next process.

    numba keeps it beside the source file, else in the user's cache folder. Where neither can be
    written it refuses to decorate at all: then it is compiled anew in every process.
    """
    # numba's cache does not notice a change in a helper of another file, but goes by this name.
    function.__qualname__ += f"_{_digest()}"
    try:
        return numba.njit(cache=True, error_model="numpy")(function)
    except RuntimeError:
        return numba.njit(error_model="numpy")(function)
