"""What a harmonic fit may be told."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from rrcat.harmonic import MAX_HARMONICS

Scale = Annotated[float, Field(gt=0.0)]

PRIOR_SCALES = (0.5, 0.25, 0.175, 0.125, 0.09, 0.065, 0.045, 0.032)
"""About twice the amplitudes of an RRab in G (A1 0.25 mag, each order two thirds of the last), for
the cosine and for the sine: data with good phase coverage do not feel the prior."""


class FitSettings(BaseModel):
    """Settings of the harmonic fit; a bundle keeps those it was trained with."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    max_order: int = Field(
        default=MAX_HARMONICS,
        ge=1,
        le=MAX_HARMONICS,
        description="Highest number of harmonics that may be chosen.",
    )
    min_order: int = Field(
        default=3,
        ge=1,
        le=MAX_HARMONICS,
        description="Number of harmonics always given, large phase gap or not: a third harmonic is "
        "wanted for RRc too, and its error says what it is worth.",
    )
    min_epochs: int = Field(
        default=10,
        ge=8,
        description="Fewest observations after cleaning for which a fit is tried.",
    )
    period_range: tuple[Scale, Scale] = Field(
        default=(0.01, 10.0),
        description="A given period [d] outside this range is taken for no period.",
    )
    criterion: Literal["aicc", "bic"] = Field(
        default="aicc",
        description="Information criterion that chooses the order: Akaike's, corrected for small "
        "samples, or the Bayesian one, which takes fewer harmonics.",
    )
    gap_limit: float = Field(
        default=0.8,
        gt=0.0,
        description="Orders k above the minimum are allowed while k times the largest phase gap "
        "[cycles] is at most this: a harmonic with a whole wave inside the gap is unconstrained.",
    )
    prior_scales: tuple[Scale, Scale, Scale, Scale, Scale, Scale, Scale, Scale] = Field(
        default=PRIOR_SCALES,
        description="Standard deviation [mag] of the zero-mean Gaussian prior on the cosine and "
        "sine coefficient of each order.",
    )
    free_period: bool = Field(
        default=True, description="Fit the period, starting from the given one."
    )
    max_drift: float = Field(
        default=1.0,
        gt=0.0,
        description="The fitted period may drift against the given one by at most this many cycles "
        "over the time span.",
    )
    max_period_shift: float = Field(
        default=0.01,
        gt=0.0,
        lt=0.5,
        description="The fitted frequency may differ from the given one by at most this fraction.",
    )
    clip_sigma: float = Field(
        default=4.0,
        gt=1.0,
        description="Residuals beyond this many robust standard deviations (1.4826 times the "
        "median absolute residual) are clipped.",
    )
    max_clipped_fraction: float = Field(
        default=0.1,
        ge=0.0,
        le=0.5,
        description="At most this fraction of the observations of a light curve is clipped.",
    )
    noise_floor: float = Field(
        default=1e-4,
        gt=0.0,
        description="Smallest intrinsic scatter [mag] that is added to the errors in quadrature.",
    )

    @model_validator(mode="after")
    def _orders_agree(self) -> Self:
        if self.min_order > self.max_order:
            raise ValueError("min_order must not exceed max_order")
        if self.period_range[0] > self.period_range[1]:
            raise ValueError("period_range must go from the shorter to the longer period")
        return self
