"""What a recipe may say in ``[archive]`` of kind ``simulated``."""

from typing import Literal

from pydantic import Field, field_validator

from rrcat.archive.config import ArchiveBase, Line
from rrcat.simulate.survey import MAGNITUDE_LIMIT, NOTICE


class SimulatedArchive(ArchiveBase):
    """An archive of stars that do not exist, whose metallicities are known."""

    kind: Literal["simulated"] = Field(description="Where the data come from.")
    stars: int = Field(2_000, ge=1, description="Number of stars.")
    seed: int = Field(0, ge=0, description="Seed of the simulation; another one, other stars.")
    truth: Literal["linear", "curved"] = Field(
        "curved",
        description="How [Fe/H] follows from the light curve: linearly, with Gaussian scatter that "
        "is the same everywhere, or curved, with scatter that changes and has wide tails.",
    )
    magnitude_limit: float = Field(
        MAGNITUDE_LIMIT, description="Faintest mean magnitude of the stars in G."
    )
    # Whatever is made of simulated stars says what they are, so a recipe cannot say otherwise.
    survey: Literal["Simulated survey"] = Field(
        "Simulated survey", description="Name of the survey."
    )
    reference: tuple[Line, ...] = Field(
        (NOTICE,), description="Citations of the data; it is always said that they are simulated."
    )
    coordinate_epoch: str = Field(
        "J2016.0", pattern=r"^J\d{4}(\.\d+)?$", description="Epoch of the ICRS positions."
    )
    bad_stars: Literal["refuse", "keep"] = Field(
        "keep", description="As of an archive of files; simulated surveys have such stars."
    )

    @field_validator("reference")
    @classmethod
    def _says_that_they_are_simulated(cls, reference: tuple[Line, ...]) -> tuple[Line, ...]:
        return reference if NOTICE in reference else (NOTICE, *reference)
