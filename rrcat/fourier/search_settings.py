"""What a period search may be told."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Period = Annotated[float, Field(gt=0.0)]


class PeriodSearchSettings(BaseModel):
    """Settings of the search for periods."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    period_range: tuple[Period, Period] = Field(
        default=(0.2, 1.2), description="Shortest and longest period [d] that is looked for."
    )
    n_candidates: int = Field(
        default=30,
        ge=1,
        description="Peaks of the periodogram, from the highest, that are fitted with harmonics.",
    )
    min_epochs: int = Field(
        default=12,
        ge=8,
        description="Fewest observations with which a period is looked for.",
    )
    min_span: float = Field(
        default=5.0,
        gt=0.0,
        description="Shortest time span [d] of a light curve in which a period is looked for.",
    )
    sure_epochs: int = Field(
        default=20,
        ge=8,
        description="A period from fewer observations is in doubt.",
    )
    sure_by: float = Field(
        default=15.0,
        ge=0.0,
        description="A period is in doubt where another period fits nearly as well: where the "
        "Bayesian information criterion of its fit is larger by less than this.",
    )
    max_false_alarm: float = Field(
        default=1e-3,
        gt=0.0,
        lt=1.0,
        description="A period with a larger probability of a false alarm is in doubt.",
    )

    max_excess_scatter: float = Field(
        default=0.15,
        gt=0.0,
        description="A period is in doubt where the residual scatter beyond the errors is larger "
        "than this part of the peak-to-peak amplitude: a second mode, modulation, a changing "
        "period, or the wrong one.",
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.period_range[0] >= self.period_range[1]:
            raise ValueError("period_range must go from the shorter to the longer period")
        return self
