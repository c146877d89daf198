"""Which columns of an archive are which of ours, as a recipe or a profile says it."""

import difflib
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from rrcat.archive.strict import Strict
from rrcat.schema import load


class Source(Strict):
    """Where the values of one column come from: a column of the file, several, or a constant."""

    column: str | None = Field(None, description="Name of the column in the file.")
    value: str | bool | int | float | None = Field(
        None, description="One value for every row, instead of a column."
    )
    any: tuple[str, ...] = Field(
        (), description="Boolean columns of the file: true where one of them is."
    )
    first: tuple[str, ...] = Field(
        (), description="Columns of the file: the first of them that is known in a row."
    )
    element: int | None = Field(
        None, ge=1, description="Which element of the arrays in the column; 1 is the first."
    )
    zero_point: float | None = Field(
        None,
        description="The column holds fluxes, and this is the magnitude of the flux 1 [mag]: the "
        "magnitudes are zero_point - 2.5 log10(flux).",
    )
    unit: str | None = Field(
        None, description="Unit in the file, if the file does not say it and it differs from ours."
    )
    null_values: tuple[str, ...] = Field(
        (), description="Values of this column that mean nothing is known, such as '0'."
    )
    values: dict[str, str | bool | int | float] = Field(
        {}, description="What each value in the file stands for; one not listed is an error."
    )
    contains: str | None = Field(
        None, description="True where the text in the file contains this, false elsewhere."
    )

    @model_validator(mode="after")
    def _says_one_thing(self) -> "Source":
        origins = (self.column is not None, self.value is not None, bool(self.any))
        if sum((*origins, bool(self.first))) != 1:
            raise ValueError("say exactly one of `column`, `value`, `any` and `first`")
        read = self.unit or self.null_values or self.values or self.contains
        if not (self.column or self.first) and read:
            raise ValueError(
                "`unit`, `null_values`, `values` and `contains` go with `column` or `first`"
            )
        if self.column is None and (self.element or self.zero_point is not None):
            raise ValueError("`element` and `zero_point` go with `column`")
        if self.zero_point is not None and self.unit:
            raise ValueError("`zero_point` is that of the unit of the file; leave `unit` out")
        if self.values and self.contains is not None:
            raise ValueError("say `values` or `contains`, not both")
        return self

    @property
    def asked(self) -> tuple[str, ...]:
        """Columns of the file that are needed."""
        return self.any or self.first if self.column is None else (self.column,)


def _short_form(given: Any) -> Any:
    return {"column": given} if isinstance(given, str) else given


Conflicts = Annotated[
    Literal["refuse", "first", "null"],
    Field(
        description="Rows of one star that differ in a column: an error, the first value, or null."
    ),
]
Columns = dict[str, Annotated[Source, BeforeValidator(_short_form)]]


class TableMapping(Strict):
    """Which columns of a table of an archive, wherever it is, are which of ours."""

    schema_name: ClassVar[str]
    needed: ClassVar[tuple[str, ...]] = ()
    nameless_rows: ClassVar[bool] = False
    """Whether rows without identifier may stand in the table."""

    null_values: tuple[str, ...] = Field(
        (), description="Values that mean nothing is known, in every column of the table."
    )
    columns: Columns = Field(
        description="Our column = column of the archive, or a table of details."
    )

    @model_validator(mode="after")
    def _columns_are_ours(self) -> Self:
        ours = load(self.schema_name)
        allowed = [*ours.names, "archive_id"]
        for name, source in self.columns.items():
            if name not in allowed:
                near = difflib.get_close_matches(name, allowed, n=3)
                raise ValueError(
                    f"{name!r} is no column of {self.schema_name}"
                    + (f"; near it are {', '.join(near)}" if near else "")
                )
            if source.unit and not (name in ours.names and ours[name].dtype.startswith("float")):
                raise ValueError(f"{name!r} has no unit to convert")
        if not {"source_id", "archive_id"} & set(self.columns):
            raise ValueError("columns need source_id or archive_id")
        for name in self.needed:
            if name not in self.columns:
                raise ValueError(f"columns need {name}")
        return self


class StarsMapping(TableMapping):
    """A table of stars: one row a star, or several that agree."""

    schema_name = "stars"

    conflicts: Conflicts = "refuse"


class LightCurvesMapping(TableMapping):
    """A table of observations: one row each, with a time or, where folded, a phase."""

    schema_name = "light_curves"
    needed = ("band", "mag")

    @model_validator(mode="after")
    def _time_or_phase(self) -> Self:
        if not {"time", "phase"} & set(self.columns):
            raise ValueError("columns need time, or phase for folded light curves")
        return self


class FeaturesMapping(TableMapping):
    """A table of harmonic parameters that the archive gives itself."""

    schema_name = "features"
    needed = ("band",)

    conflicts: Conflicts = "refuse"
    phase_convention: Literal["cosine", "sine"] = Field(
        "cosine", description="Series of the archive's phases; sine phases are converted."
    )
