"""Extinction per E(B−V) in each band, and the systems in which E(B−V) is given.

The numbers are in ``extinction.toml``.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict, Field

from rrcat.catalogue.distance.relations import Quoted, Status


class Coefficient(Quoted):
    """Extinction in a band per E(B−V) of the system whose factor is 1."""

    band: str


class System(BaseModel):
    """What a value of E(B−V) means."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    description: str
    factor: float = Field(gt=0)
    reference: str
    status: Status


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    coefficient: tuple[Coefficient, ...]
    system: tuple[System, ...]


def coefficient(band: str) -> Coefficient:
    """Give the extinction in a band per E(B−V); every band of a relation has one."""
    return {each.band: each for each in _read().coefficient}[band]


def of_magnitude(magnitude: dict[str, float]) -> float:
    """Give the extinction per E(B−V) of a sum of magnitudes, given by its coefficients by band.

    That of a Wesenheit magnitude is what its slope leaves of the reddening: 0.20 for 1.90.
    """
    return sum(share * coefficient(band).value for band, share in magnitude.items())


def systems() -> dict[str, System]:
    """Give the systems of E(B−V) by name."""
    return {each.name: each for each in _read().system}


def ambiguity(system: str) -> float:
    """Give by what share of E(B−V) it would be off if it were of another system than it is said."""
    factor = systems()[system].factor
    return max(abs(each.factor - factor) for each in systems().values())


@cache
def _read() -> _File:
    text = files("rrcat.catalogue.distance").joinpath("extinction.toml").read_text("utf-8")
    return _File.model_validate(tomllib.loads(text))
