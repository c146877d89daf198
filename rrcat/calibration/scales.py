"""Metallicity scales and the linear conversions between them.

The numbers are in ``scales.toml``, each with its reference and whether it was read in the paper
or only recalled.
"""

from __future__ import annotations

import tomllib
from collections import deque
from functools import cache
from importlib.resources import files
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import BaseModel, ConfigDict, Field

from rrcat.errors import RecipeError


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Scale(_Strict):
    """A metallicity scale: its name in recipes and frames, and where it is defined."""

    name: str
    description: str
    reference: str


class Conversion(_Strict):
    """``[Fe/H] on target = slope × [Fe/H] on source + intercept``."""

    source: str = Field(alias="from")
    target: str = Field(alias="to")
    slope: float = Field(gt=0)
    intercept: float
    reference: str
    status: Literal["seen", "recalled", "computed"]

    def reversed(self) -> Conversion:
        """Give the conversion the other way round."""
        return self.model_copy(
            update={
                "source": self.target,
                "target": self.source,
                "slope": 1.0 / self.slope,
                "intercept": -self.intercept / self.slope,
            }
        )


class _File(_Strict):
    scale: tuple[Scale, ...]
    conversion: tuple[Conversion, ...]


def names() -> list[str]:
    """Give the names of the known scales, sorted."""
    return sorted(scale.name for scale in _read().scale)


def describe(name: str) -> Scale:
    """Give the scale of this name: what it rests on, and the reference.

    Raises
    ------
    RecipeError
        There is no such scale.
    """
    for scale in _read().scale:
        if scale.name == name:
            return scale
    raise RecipeError(
        f"there is no metallicity scale {name!r}", hint=f"the scales are {', '.join(names())}"
    )


def path(source: str, target: str) -> list[Conversion]:
    """Give the fewest conversions that lead from one scale to another; empty for the same.

    Raises
    ------
    RecipeError
        A scale is unknown, or no published conversion joins the two.
    """
    describe(source)
    describe(target)
    conversions = [*_read().conversion, *(one.reversed() for one in _read().conversion)]
    ways: deque[tuple[str, list[Conversion]]] = deque([(source, [])])
    seen = {source}
    while ways:
        reached, way = ways.popleft()
        if reached == target:
            return way
        for step in conversions:
            if step.source == reached and step.target not in seen:
                seen.add(step.target)
                ways.append((step.target, [*way, step]))
    raise RecipeError(
        f"no conversion is known from the scale {source} to {target}",
        hint=f"give the values on a scale that is joined to {target}, or ask for {source}",
    )


def convert(
    feh: ArrayLike, feh_error: ArrayLike, source: str, target: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give [Fe/H] and its error, dex, on another scale, in the shapes they came in.

    The error is stretched with the slope; the error of the conversion itself is not known.

    Raises
    ------
    RecipeError
        As :func:`path`.
    """
    value = np.asarray(feh, dtype=np.float64)
    error = np.asarray(feh_error, dtype=np.float64)
    for step in path(source, target):
        value = step.slope * value + step.intercept
        error = step.slope * error
    return value, error


@cache
def _read() -> _File:
    text = files("rrcat.calibration").joinpath("scales.toml").read_text(encoding="utf-8")
    return _File.model_validate(tomllib.loads(text))
