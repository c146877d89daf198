"""What a recipe may say in ``[evaluation]``."""

import difflib
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from rrcat.archive.config import PublishedTable
from rrcat.evaluation.candidates import LITERATURE, SHAPE


class ExternalFile(PublishedTable):
    """Metallicities that somebody published for the same stars, to be put beside ours."""

    schema_name: ClassVar[str] = "predictions"
    needed: ClassVar[tuple[str, ...]] = ("feh",)

    id: str = Field(
        pattern=r"^[a-z][a-z0-9_]*$",
        description="What they are called; their column in predictions.parquet is feh_ID.",
    )
    scale: str = Field(description="Metallicity scale of the values.")
    reference: str = Field("", description="Where they were published.")


class SelectionSection(BaseModel):
    """``[evaluation.selection]``: what `rrcat evaluate --select-features` chooses from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    features: tuple[str, ...] = Field(
        LITERATURE,
        min_length=2,
        description="Columns of features to choose from: period, amplitudes, ratios, phases, "
        "peak_to_peak, rise_time, skewness.",
    )
    resamples: int = Field(
        100, ge=2, description="Resamples of the calibrators in which the choice is made again."
    )

    @field_validator("features")
    @classmethod
    def _are_known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if name not in SHAPE:
                near = difflib.get_close_matches(name, SHAPE, n=1)
                meant = f" (did you mean {near[0]!r}?)" if near else ""
                known = ", ".join(SHAPE)
                raise ValueError(
                    f"{name!r} is nothing to choose from{meant}; the features are {known}"
                )
            if names.count(name) > 1:
                raise ValueError(f"{name!r} stands there twice")
        return names


class EvaluationSection(BaseModel):
    """How the estimators are tested on the calibration sample."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    scheme: Literal["k-fold", "leave-one-out", "held-out"] = Field(
        "k-fold",
        description="k-fold: each star is predicted by models that have not seen it, `folds` of "
        "them in each repeat. leave-one-out: one model for each star. held-out: one model in each "
        "repeat, tested on one `folds`-th of the stars.",
    )
    folds: int = Field(10, ge=2, description="Parts that the stars are cut into.")
    repeats: int = Field(
        1, ge=1, description="How often the stars are cut anew. leave-one-out has one."
    )
    seed: int = Field(0, ge=0, description="Seed of the cuts, the estimators and the bootstrap.")
    external: tuple[ExternalFile, ...] = ()
    selection: SelectionSection = SelectionSection()

    @field_validator("external")
    @classmethod
    def _have_names_of_their_own(cls, files: tuple[ExternalFile, ...]) -> tuple[ExternalFile, ...]:
        names = [file.id for file in files]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two of them are called {name!r}")
        return files
