"""What a recipe may say in ``[calibration]``: the measurements, and how they are pooled."""

from typing import ClassVar

from pydantic import Field, model_validator

from rrcat.archive.config import Line, PublishedTable


class CalibrationSection(PublishedTable):
    """The table of spectroscopic measurements: one row each, several a star."""

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
    reference: tuple[Line, ...] = Field((), description="Citations of the measurements.")

    @model_validator(mode="after")
    def _range_is_one(self) -> "CalibrationSection":
        if not self.feh_range[0] < self.feh_range[1]:
            raise ValueError("feh_range goes from a smaller to a larger value")
        return self
