"""What a recipe may say of the estimator: terms of the relation, priors, sampling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from rrcat.estimator import Params
from rrcat_stan.predictors import NAMES, PERIOD

Scatter = Literal["student-t", "mixture", "normal"]
Kind = Literal["RRab", "RRc"]
_Positive = Annotated[float, Field(gt=0)]


def _known(name: str) -> str:
    if name not in (PERIOD, *NAMES):
        raise ValueError(f"{name!r} is no parameter; there are {', '.join((PERIOD, *NAMES))}")
    return name


_Name = Annotated[str, AfterValidator(_known)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


@dataclass(frozen=True)
class Terms:
    """Which parameters the relation of one pulsation type has.

    ``predictors`` carry a slope. ``companions`` carry none, but help to tell what the predictors
    truly are, since they go with them among stars.
    """

    predictors: tuple[str, ...]
    companions: tuple[str, ...] = ()

    @property
    def slopes(self) -> tuple[str, ...]:
        """Predictors besides the period."""
        return tuple(name for name in self.predictors if name != PERIOD)

    @property
    def names(self) -> tuple[str, ...]:
        """All parameters besides the period, those with a slope first."""
        return (*self.slopes, *self.companions)


DEFAULT = {
    "RRab": Terms(("period", "phi31"), ("phi21",)),
    "RRc": Terms(("period", "phi31", "a2"), ("phi21",)),
}


class Priors(_Strict):
    """Priors; a unit of a parameter is its standard deviation among the calibrators."""

    alpha: tuple[float, _Positive] = Field(
        (-1.5, 1.0), description="[Fe/H] of a mean star: mean and standard deviation, dex."
    )
    slope: float = Field(1.0, gt=0, description="Slopes: standard deviation about 0, dex a unit.")
    scatter: float = Field(0.3, gt=0, description="Intrinsic scatter: half-normal, dex.")
    mean: float = Field(
        1.0,
        gt=0,
        description="Means of the population, and their slopes in period: standard deviation about "
        "0, units.",
    )
    width: float = Field(
        0.5,
        gt=0,
        description="Standard deviations of the population: log-normal about 1 unit, this width.",
    )
    correlation: float = Field(
        2.0, gt=0, description="Correlations of the population: LKJ; 1 is flat, more favours none."
    )
    error_scale: float = Field(
        0.5,
        gt=0,
        description="True over stated errors of the parameters: log-normal about 1, this width. "
        "A small number takes the errors as they are.",
    )
    share: tuple[_Positive, _Positive] = Field(
        (1.0, 9.0), description="Mixture: share of outliers, beta distribution."
    )
    excess: float = Field(
        1.0, gt=0, description="Mixture: scatter that outliers have besides, half-normal, dex."
    )
    freedom: tuple[_Positive, _Positive] = Field(
        (2.0, 0.1), description="Student's t: degrees of freedom, gamma distribution above 1."
    )


class Sampler(_Strict):
    """How long to sample."""

    chains: int = Field(4, ge=2, le=32, description="Chains, each from a start of its own.")
    warmup: int = Field(1000, ge=200, description="Draws of each chain that adapt, and are left.")
    draws: int = Field(1000, ge=200, description="Draws of each chain that count.")
    adapt_delta: float = Field(
        0.9, gt=0.5, lt=1, description="Wanted acceptance; more takes smaller steps."
    )
    max_treedepth: int = Field(10, ge=5, le=20, description="Largest depth of a trajectory.")


class RelationParams(Params):
    """Parameters of ``bayes-relation``."""

    predictors: dict[Kind, tuple[_Name, ...]] = Field(
        default={},
        description="Parameters with a slope, by pulsation type: of period, a1 ... a8 and phi21 "
        "... phi81. By default period and phi31, and for RRc a2.",
    )
    companions: dict[Kind, tuple[_Name, ...]] = Field(
        default={},
        description="Parameters without a slope that help to tell what the predictors truly are, "
        "since they go with them among stars; a star that lacks one does without. By default "
        "phi21, and none for a type whose predictors are set.",
    )
    band: str | None = Field(
        default=None,
        description="Photometric band; by default the one in which most calibrators have a fit, of "
        "several the one in which A1 is known best.",
    )
    scatter: Scatter = Field(
        default="student-t",
        description="Distribution of what the relation leaves: student-t and mixture keep outliers "
        "from pulling at it.",
    )
    min_stars: int = Field(
        default=10, ge=5, description="Fewest calibrators of a pulsation type to learn it from."
    )
    kept_draws: int = Field(
        default=200,
        ge=50,
        le=4000,
        description="Draws that are kept, evenly thinned, to predict from.",
    )
    plug_in: bool = Field(
        default=False,
        description="Whether predictions have feh_plug_in too, the line at the measured values.",
    )
    priors: Priors = Priors()
    sampler: Sampler = Sampler()

    @model_validator(mode="after")
    def _names_parameters_once(self) -> RelationParams:
        for kind in DEFAULT:
            terms = self.terms(kind)
            every = (*terms.predictors, *terms.companions)
            if PERIOD in terms.companions:
                raise ValueError("the period goes with the others anyway and is no companion")
            if len(set(every)) < len(every):
                raise ValueError(f"{kind}: a parameter stands twice in predictors and companions")
            if not terms.predictors:
                raise ValueError(f"{kind}: a relation needs a predictor")
        return self

    def terms(self, kind: str) -> Terms:
        """Give the terms of a pulsation type."""
        usual = DEFAULT[kind]
        predictors = {str(k): names for k, names in self.predictors.items()}
        companions = {str(k): names for k, names in self.companions.items()}
        return Terms(
            predictors.get(kind, usual.predictors),
            companions.get(kind, () if kind in predictors else usual.companions),
        )
