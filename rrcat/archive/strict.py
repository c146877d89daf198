"""What everything that a recipe says of an archive keeps to."""

from pydantic import BaseModel, ConfigDict


class Strict(BaseModel):
    """A section with the fields it names and no others; numbers may stand where text is asked."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, coerce_numbers_to_str=True, allow_inf_nan=False
    )
