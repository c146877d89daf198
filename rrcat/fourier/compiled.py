"""How the kernels are compiled: when first called, and kept where a folder can be written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba

# Division by zero gives inf or NaN, as in numpy. No fastmath and no threads: the same input gives
# the same bytes.
helper: Any = numba.njit(error_model="numpy")
"""Compile a function that only other compiled functions call."""


def kernel(function: Callable[..., Any]) -> Any:
    """Compile a function that Python calls; its machine code is kept for the next process.

    numba keeps it beside the source file, else in the user's cache folder. Where neither can be
    written it refuses to decorate at all: then it is compiled anew in every process.
    """
    try:
        return numba.njit(cache=True, error_model="numpy")(function)
    except RuntimeError:
        return helper(function)
