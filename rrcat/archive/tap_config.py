"""What a recipe or a profile may say of an archive that is asked over TAP."""

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from rrcat.archive.columns import FeaturesMapping, StarsMapping
from rrcat.archive.config import ArchiveBase, Line, require_one_kind_of_identifier
from rrcat.archive.datalink import DataServer
from rrcat.archive.http import Policy
from rrcat.archive.light_curve_forms import Form
from rrcat.archive.strict import Strict
from rrcat.archive.tap import TapService

Use = Literal["light_curves", "features"]


class TapTable(Strict):
    """Rows of a TAP service."""

    from_: str = Field(
        alias="from",
        min_length=1,
        description="What stands behind FROM in the query: a table, or several that are joined.",
    )
    cuts: tuple[str, ...] = Field(
        (), description="Conditions in ADQL that rows must meet, as the profile recommends them."
    )
    where: str | None = Field(
        None, description="Rows to take: a condition in ADQL, beside those of `cuts`."
    )

    @property
    def conditions(self) -> tuple[str, ...]:
        """All conditions on the rows."""
        return self.cuts if self.where is None else (*self.cuts, self.where)


class TapStars(StarsMapping, TapTable):
    """The table of stars. What it selects is what is asked for; columns are ADQL expressions."""

    page_rows: int = Field(
        20_000, ge=2, description="Rows in a page, which is one query; ordered by identifier."
    )


class TapFeatures(FeaturesMapping, TapTable):
    """The table of harmonic parameters that the archive gives itself."""


class TapLightCurves(TapTable):
    """The table of epoch photometry."""

    kind: Literal["tap"] = Field(description="Where the light curves come from.")
    forms: tuple[Form] = Field(description="What the table looks like: one form.")


class TapArchive(ArchiveBase):
    """An archive that is asked over TAP, once, by ``rrcat fetch``."""

    kind: Literal["tap"] = Field(description="Where the data come from.")
    profile: str | None = Field(
        None,
        description="What is known of the archive: the name of a built-in profile, or the path of "
        "a file that ends in .toml. All that the recipe says goes before it.",
    )
    description: Line = Field("", description="What the archive is, in one line.")
    service: TapService
    stars: TapStars
    light_curves: Annotated[TapLightCurves | DataServer, Field(discriminator="kind")] | None = None
    features: TapFeatures | None = None
    use: tuple[Use, ...] = Field(
        ("light_curves",),
        min_length=1,
        description="What is fetched of each star. Features of the archive stand in place of "
        "those that would be fitted to its light curve.",
    )
    stars_in_chunk: int = Field(
        500,
        ge=1,
        description="Stars that are asked for and stored together: what an interruption may cost.",
    )
    incomplete: Literal["refuse", "keep"] = Field(
        "refuse",
        description="Whether a catalogue may be built while stars could not be fetched: an error "
        "(refuse), or such a star gets a row with the reason why it has no value (keep).",
    )

    @model_validator(mode="after")
    def _has_what_it_uses(self) -> Self:
        for name in self.use:
            if getattr(self, name) is None:
                raise ValueError(f"`use` names {name}, and there is no [archive.{name}]")
        return self

    @model_validator(mode="after")
    def _can_be_joined(self) -> Self:
        forms = () if self.light_curves is None else self.light_curves.forms
        curves = [mapping for form in forms for mapping in form.mappings()]
        features = () if self.features is None else (self.features,)
        tables = (self.stars, *curves, *features)
        require_one_kind_of_identifier(self.survey, tables)
        for table in tables:
            name = "source_id" if "source_id" in table.columns else "archive_id"
            if table.columns[name].column is None:
                raise ValueError(f"{name} of {table.schema_name} must be a column of the archive")
        return self

    def identity(self) -> dict[str, Any]:
        """Give all that decides what is fetched, as plain data.

        How a service is treated is no part of it: patience may grow while a fetch goes on.
        """
        unused = {"light_curves", "features"} - set(self.use)
        told = self.model_dump(mode="json", by_alias=True, exclude={*unused, *self._no_matter})
        for section in (told["service"], told["stars"], told.get("light_curves", {})):
            for name in section.keys() & {*Policy.model_fields, *self._treatment}:
                del section[name]
        return told

    _no_matter: ClassVar = {
        "profile",
        "description",
        "reference",
        "coordinate_epoch",
        "incomplete",
    }
    _treatment: ClassVar = {"sync_rows", "max_upload_rows", "page_rows", "ids_per_request"}
