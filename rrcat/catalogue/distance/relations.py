"""Relations that give the absolute magnitude of RR Lyrae stars, with what is known of their errors.

The numbers are in ``relations.toml``, each with its reference and whether it was read in the paper
or only recalled.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Literal

import polars as pl
from pydantic import BaseModel, ConfigDict, Field

from rrcat.calibration import scales
from rrcat.errors import RecipeError

Status = Literal["seen", "recalled", "computed"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Quoted(_Strict):
    """A number that no relation has to itself, and where it is from."""

    value: float
    reference: str
    status: Status


class ZeroPoint(_Strict):
    """The absolute magnitude where everything else is 0, in mag."""

    value: float
    error: float = Field(gt=0)


class Slope(_Strict):
    """A slope, its standard error, and where this leaves the absolute magnitude alone."""

    slope: float
    error: float = Field(gt=0)
    pivot: float


class Relation(_Strict):
    """One relation; ``relations.toml`` explains the keys."""

    id: str
    magnitude: dict[str, float] = Field(min_length=1)
    zero_point: ZeroPoint
    feh: Slope
    log_period: Slope | None = None
    scale: str
    scatter: float = Field(ge=0)
    scatter_from: str
    feh_range: tuple[float, float]
    period_range: tuple[float, float]
    range_from: str
    status: Status
    status_note: str = ""
    reference: str

    @property
    def bands(self) -> list[str]:
        """The bands whose magnitudes it needs."""
        return list(self.magnitude)

    def absolute_mag(self, feh: pl.Expr, log_period: pl.Expr) -> pl.Expr:
        """Give the absolute magnitude [mag].

        ``feh`` [dex] is on the scale of the relation, ``log_period`` the decimal logarithm of the
        period [d] of the fundamental mode.
        """
        value = self.zero_point.value + self.feh.slope * feh
        return value if self.log_period is None else value + self.log_period.slope * log_period

    def coefficient_error(self, feh: pl.Expr, log_period: pl.Expr) -> pl.Expr:
        """Give what the errors of the coefficients make of the absolute magnitude [mag].

        The papers do not tell how the coefficients vary together. Slopes are taken as known best in
        the middle of the calibrators, the zero-point with all of its error everywhere.
        """
        terms = [pl.lit(self.zero_point.error), self.feh.error * (feh - self.feh.pivot)]
        if self.log_period is not None:
            terms.append(self.log_period.error * (log_period - self.log_period.pivot))
        return sum((term.pow(2) for term in terms), start=pl.lit(0.0)).sqrt()

    def outside(self, feh: pl.Expr, period: pl.Expr) -> pl.Expr:
        """Tell whether [Fe/H] on the scale of the relation, or the fundamental period, lie outside.

        A period that is not known lies nowhere.
        """
        beyond = ~feh.is_between(*self.feh_range) | ~period.is_between(*self.period_range)
        return beyond.fill_null(False)

    def conversion(self, scale: str) -> tuple[float, float] | None:
        """Give slope and intercept that lead from a metallicity scale to that of the relation.

        None where no published conversion joins the two.
        """
        try:
            steps = scales.path(scale, self.scale)
        except RecipeError:
            return None
        slope, intercept = 1.0, 0.0
        for step in steps:
            slope, intercept = step.slope * slope, step.slope * intercept + step.intercept
        return slope, intercept


class _File(_Strict):
    fundamentalised: Quoted
    scale_offset: Quoted
    relation: tuple[Relation, ...]


@cache
def published() -> dict[str, Relation]:
    """Give all relations by their identifier, in the order of ``relations.toml``."""
    return {relation.id: relation for relation in _read().relation}


def fundamentalised() -> Quoted:
    """Give what the logarithm of a first overtone's period lacks to that of the fundamental."""
    return _read().fundamentalised


def scale_offset() -> Quoted:
    """Give how far [dex] two scales may be apart that no conversion joins."""
    return _read().scale_offset


@cache
def _read() -> _File:
    text = files("rrcat.catalogue.distance").joinpath("relations.toml").read_text(encoding="utf-8")
    return _File.model_validate(tomllib.loads(text))
