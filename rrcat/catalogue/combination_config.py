"""What a recipe may say in ``[combination]``."""

from pydantic import BaseModel, ConfigDict, Field


class CombinationSection(BaseModel):
    """``[combination]``: one value a star from all estimators, and errors that were tested.

    With this section, empty or not, the estimators are cross-validated on the calibrators. From
    that is learned how large their errors are, how they are best combined, and how far predictions
    shrink to the mean. Without it the first estimator that has a value for a star gives it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    estimators: tuple[str, ...] = Field(
        (),
        description="Estimators to combine; by default all of the recipe. The errors of the others "
        "are calibrated too.",
    )
    recalibrate: bool = Field(
        True,
        description="Move the combined value to what is expected of the true one, where the "
        "calibrators are enough to show a difference.",
    )
    undilute: bool = Field(
        True, description="Give feh_undiluted, in which values do not shrink to the mean."
    )
