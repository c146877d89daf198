"""What a published relation is, and how it is evaluated: per star, element by element."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from rrcat.harmonic import cosine_to_sine, covariance_index, nearest_branch

Vector = NDArray[np.float64]
Input = Literal["period", "a1", "a2", "a3", "phi31"]
INPUTS: tuple[Input, ...] = get_args(Input)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Term(_Strict):
    """``coefficient × product of input ** power``; a constant where there are no powers."""

    coefficient: float
    error: float | None = Field(default=None, gt=0)
    powers: dict[Input, int] = {}

    def value(self, inputs: dict[Input, Vector]) -> Vector:
        """Give the product of powers, without the coefficient, shape ``(n_stars,)``."""
        product: Vector = np.ones(())
        for name, power in self.powers.items():
            product = product * inputs[name] ** power
        return product

    def slope(self, inputs: dict[Input, Vector], name: Input) -> Vector:
        """Give the derivative of the term by one of its inputs, shape ``(n_stars,)``."""
        power = self.powers[name]
        rest = {other: p for other, p in self.powers.items() if other != name}
        if power > 1:
            rest[name] = power - 1
        return self.coefficient * power * Term(coefficient=1.0, powers=rest).value(inputs)


class Relation(_Strict):
    """One relation for one pulsation type in one band; ``relations.toml`` explains the keys."""

    name: str
    pulsation_type: Literal["RRab", "RRc"]
    band: str
    phase: Literal["sine", "cosine"]
    scale: str
    terms: tuple[Term, ...]
    centre: dict[Input, float] = {}
    pivot: dict[Input, float] = {}
    branch: float
    scatter: float = Field(gt=0)
    scatter_from: str
    range: dict[Input, tuple[float, float]]
    range_from: str
    status: Literal["seen", "recalled", "computed"]
    status_note: str = ""
    reference: str

    @property
    def variant(self) -> str:
        """Name, type and band, e.g. ``dekany21:RRab:I``."""
        return f"{self.name}:{self.pulsation_type}:{self.band}"

    @property
    def inputs(self) -> list[Input]:
        """The columns of ``features`` it reads, in the order of the covariance."""
        read = {name for term in self.terms for name in term.powers}
        return [name for name in INPUTS if name in read]

    def own_form(self, features: dict[Input, Vector]) -> dict[Input, Vector]:
        """Give the inputs in the relation's own phase form and branch.

        ``features`` holds columns of the table, phi31 in the cosine form.
        """
        inputs = {name: features[name] for name in self.inputs}
        if "phi31" in inputs:
            phi31 = inputs["phi31"]
            if self.phase == "sine":
                phi31 = cosine_to_sine(phi31, 3)
            inputs["phi31"] = nearest_branch(phi31, self.branch)
        return inputs

    def feh(self, inputs: dict[Input, Vector]) -> Vector:
        """Give [Fe/H], dex, from inputs in the relation's own form."""
        shifted = self._shifted(inputs)
        total: Vector = np.zeros(())
        for term in self.terms:
            total = total + term.coefficient * term.value(shifted)
        return total

    def variance(self, inputs: dict[Input, Vector], covariance: Vector, errors: Vector) -> Vector:
        """Give the variance of [Fe/H], dex²: measurement, coefficients and scatter.

        Parameters
        ----------
        inputs
            In the relation's own form.
        covariance
            ``(n_stars, 136)``, as in the table ``features``; NaN where it is not known.
        errors
            ``(n_stars, n_inputs)`` standard errors that stand in for it; NaN counts as zero.
        """
        shifted = self._shifted(inputs)
        slopes = {
            name: sum(
                (term.slope(shifted, name) for term in self.terms if name in term.powers),
                start=np.zeros_like(inputs[name]),
            )
            for name in self.inputs
        }
        total = np.full(covariance.shape[0], self.scatter**2)
        for i, one in enumerate(self.inputs):
            for other in self.inputs:
                shared = covariance[:, covariance_index(one, other)]
                alone = errors[:, i] ** 2 if one == other else np.zeros_like(shared)
                shared = np.nan_to_num(np.where(np.isnan(shared), alone, shared), nan=0.0)
                total = total + slopes[one] * slopes[other] * shared
        pivot = self._shifted({name: np.asarray(value) for name, value in self.pivot.items()})
        for term in self.terms:
            if term.error is not None:
                total = total + (term.error * (term.value(shifted) - term.value(pivot))) ** 2
        return total

    def outside(self, inputs: dict[Input, Vector]) -> NDArray[np.bool_]:
        """Give whether an input lies outside the range of the calibrators."""
        far = np.zeros(inputs["period"].shape, dtype=bool)
        for name, (low, high) in self.range.items():
            far |= (inputs[name] < low) | (inputs[name] > high)
        return far

    def _shifted(self, inputs: dict[Input, Vector]) -> dict[Input, Vector]:
        return {name: inputs[name] - self.centre.get(name, 0.0) for name in inputs}


class Relations(_Strict):
    """The content of ``relations.toml``."""

    relation: tuple[Relation, ...]


@cache
def published() -> tuple[Relation, ...]:
    """Give all relations of the package, in the order of ``relations.toml``."""
    text = files("rrcat_relations").joinpath("relations.toml").read_text(encoding="utf-8")
    return Relations.model_validate(tomllib.loads(text)).relation


def names() -> list[str]:
    """Give the names of the published relations; one may cover several types and bands."""
    return list(dict.fromkeys(relation.name for relation in published()))
