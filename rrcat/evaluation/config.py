"""What a recipe may say in ``[evaluation]``."""

from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from rrcat.archive.config import FileTable


class ExternalFile(FileTable):
    """Metallicities that somebody published for the same stars, to be put beside ours."""

    schema_name: ClassVar[str] = "predictions"
    needed: ClassVar[tuple[str, ...]] = ("feh",)

    id: str = Field(
        pattern=r"^[a-z][a-z0-9_]*$",
        description="What they are called; their column in predictions.parquet is feh_ID.",
    )
    scale: str = Field(description="Metallicity scale of the values.")
    reference: str = Field("", description="Where they were published.")


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
