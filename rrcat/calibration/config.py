"""What a recipe may say in ``[calibration]``: measurements, or the labels of a catalogue."""

import difflib
from typing import Annotated, Any, ClassVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    field_validator,
    model_validator,
)

from rrcat.archive.config import Line, PublishedTable
from rrcat.schema import load


class CalibrationSection(PublishedTable):
    """The table of spectroscopic measurements: one row each, several a star."""

    model_config = ConfigDict(json_schema_extra={"told_by": "file or query"})

    schema_name: ClassVar[str] = "spectra"
    needed: ClassVar[tuple[str, ...]] = ("feh", "feh_error")
    nameless_rows: ClassVar[bool] = True

    scale: str = Field(
        description="Metallicity scale of the measurements once their shift is added. They are "
        "converted to the scale of the catalogue."
    )
    error_floor: float = Field(
        0.0,
        ge=0,
        description="Smallest standard error of a star, dex: what its spectra have in common does "
        "not average out.",
    )
    feh_range: tuple[float, float] = Field(
        (-4.0, 1.0),
        description="Values outside are none, such as 99 or -9.99, and are left out with that "
        "reason.",
    )
    photometric: bool = Field(
        False,
        description="Whether the values come from light curves themselves. Their errors, which are "
        "those of their own relation against spectra, are then in feh_error, and feh_error_label "
        "is the error against them.",
    )
    reference: tuple[Line, ...] = Field((), description="Citations of the measurements.")

    @model_validator(mode="after")
    def _range_is_one(self) -> "CalibrationSection":
        if not self.feh_range[0] < self.feh_range[1]:
            raise ValueError("feh_range goes from a smaller to a larger value")
        return self

    @property
    def tables(self) -> dict[str, PublishedTable]:
        """The published tables that it names, by their place in the recipe."""
        return {"calibration": self}


class LabelsSection(BaseModel):
    """The labels of a catalogue: metallicities that other estimators gave the same stars."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
        json_schema_extra={"told_by": "catalogue"},
    )

    photometric: ClassVar[bool] = True

    catalogue: str = Field(
        min_length=1,
        description="A release, the folder of a finished `rrcat build`, or the Parquet file of "
        "either. The path is looked up in --data, and then beside the recipe.",
    )
    estimator: str | None = Field(
        None,
        description="Take the values of this estimator, recommended or not, or of `combination`; "
        "by default those that the catalogue recommends.",
    )
    without_flags: tuple[str, ...] = Field(
        ("extrapolated", "period_unusual", "period_in_doubt", "type_in_doubt", "poor_fit"),
        description="Stars with one of these flags are no labels.",
    )
    max_feh_error: float | None = Field(
        None, gt=0, description="Stars with a larger error are no labels, dex."
    )
    where: str | None = Field(
        None, description="Stars to take: an SQL expression over the columns of the catalogue."
    )
    leave_out_calibrators: bool = Field(
        True,
        description="The stars that the catalogue is calibrated on are no labels, so that they "
        "can judge what learns from the others. A candidate tells who they are; otherwise name "
        "them in `held_out`.",
    )
    held_out: CalibrationSection | None = Field(
        None,
        description="Spectra of stars that are no labels in any case: `rrcat evaluate` judges by "
        "them. By default these are the calibrators of the candidate.",
    )
    out_of_fold: str | None = Field(
        None,
        description="The predictions.parquet that `rrcat evaluate` left of the recipe of the "
        "catalogue: what its estimators say of the held-out stars without having seen them. It is "
        "read by `rrcat evaluate` alone.",
    )
    reference: tuple[Line, ...] = Field(
        (),
        description="Citations of the catalogue; what a candidate or release cites is added.",
    )

    @field_validator("without_flags")
    @classmethod
    def _are_flags(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        known = [bit.name for bit in load("rrl_metallicity")["flags"].bits]
        for name in names:
            if name not in known:
                near = difflib.get_close_matches(name, known, n=1)
                meant = f" (did you mean {near[0]!r}?)" if near else ""
                raise ValueError(f"{name!r} is no flag{meant}; the flags are {', '.join(known)}")
        return names

    @model_validator(mode="after")
    def _somebody_is_judged(self) -> "LabelsSection":
        if self.out_of_fold is not None and not (self.held_out or self.leave_out_calibrators):
            raise ValueError("`out_of_fold` speaks of held-out stars, and there are none")
        return self

    @property
    def tables(self) -> dict[str, PublishedTable]:
        """The published tables that it names, by their place in the recipe."""
        return {} if self.held_out is None else {"calibration.held_out": self.held_out}


def _which(given: Any) -> str:
    """Tell what a table of a recipe is meant to be, by the keys that only one of the two has."""
    if isinstance(given, BaseModel):
        return type(given).__name__
    names = set(given) if isinstance(given, dict) else set()
    labels = "catalogue" in names or (names and not names & {"file", "query", "columns"})
    return LabelsSection.__name__ if labels else CalibrationSection.__name__


Calibration = Annotated[
    Annotated[CalibrationSection, Tag(CalibrationSection.__name__)]
    | Annotated[LabelsSection, Tag(LabelsSection.__name__)],
    Discriminator(_which),
]
