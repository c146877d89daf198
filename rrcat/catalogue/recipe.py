"""The recipe: everything a catalogue is made from, in one TOML file.

Unknown keys are errors, so that a misspelt setting is never silently ignored. Paths in a recipe are
relative to ``--data``, or to the recipe itself where ``--data`` is not given; that of a profile is
always relative to the recipe.
"""

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from rrcat.archive.config import FilesArchive, Line, PublishedTable, Selection
from rrcat.archive.profile import with_profile
from rrcat.archive.tap_config import TapArchive
from rrcat.calibration import scales
from rrcat.calibration.config import Calibration
from rrcat.catalogue.combination_config import CombinationSection
from rrcat.catalogue.distance import DistanceSection
from rrcat.catalogue.flags import FlagSettings
from rrcat.catalogue.mistakes import explain
from rrcat.catalogue.validation.config import ValidationSection
from rrcat.errors import RecipeError
from rrcat.evaluation.config import EvaluationSection
from rrcat.fourier.search_settings import PeriodSearchSettings
from rrcat.fourier.settings import FitSettings
from rrcat.lightcurve.cleaning import CleaningSettings
from rrcat.simulate.config import SimulatedArchive


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class CatalogueSection(_Strict):
    """``[catalogue]``: what the catalogue is called and which table it fills."""

    name: str = Field(
        pattern=r"^[a-z0-9][a-z0-9-]*$",
        description="Name of the catalogue and of its files: lower-case letters, digits, hyphens.",
    )
    title: Line = Field(min_length=1, description="Title for people.")
    table: Literal["rrl_metallicity"] = Field(
        "rrl_metallicity", alias="schema", description="Table of `schemas/` the catalogue fills."
    )
    scale: str = Field(description="Metallicity scale of [Fe/H], for example C21.")
    authors: tuple[Line, ...] = Field(
        (), description="Who makes the catalogue, as they are to be cited."
    )
    rights: Line | None = Field(
        None, description="Licence of the catalogue, for example CC-BY-4.0."
    )
    band: str | None = Field(
        None,
        description="Band whose light-curve parameters stand in the catalogue. Needed only where "
        "the archive has several.",
    )
    individual_columns: bool | None = Field(
        None,
        description="Whether each estimator has columns of its own beside the recommended value. "
        "By default where there are several.",
    )

    @field_validator("scale")
    @classmethod
    def _is_known(cls, scale: str) -> str:
        if scale not in scales.names():
            raise ValueError(f"the known metallicity scales are {', '.join(scales.names())}")
        return scale


class EstimatorSection(_Strict):
    """``[[estimator]]``: one estimator to run; the first that has a value for a star gives it."""

    id: str = Field(description="Identifier, as `rrcat plugins list` prints it.")
    params: dict[str, Any] = Field(default={}, description="Parameters of the estimator.")


class PeriodSearchSection(PeriodSearchSettings):
    """``[period_search]``: how periods are looked for where the archive gives none."""

    enabled: bool = Field(
        True, description="Look for them; otherwise such stars have no metallicity."
    )

    def settings(self) -> PeriodSearchSettings | None:
        """Give the settings, or None where no period is to be looked for."""
        return self if self.enabled else None


Archive = Annotated[FilesArchive | TapArchive | SimulatedArchive, Field(discriminator="kind")]


class Recipe(_Strict):
    """A whole recipe."""

    catalogue: CatalogueSection
    archive: Archive
    selection: Selection = Selection()
    cleaning: CleaningSettings = CleaningSettings()
    period_search: PeriodSearchSection = PeriodSearchSection()
    fourier: FitSettings = FitSettings()
    calibration: Calibration | None = None
    estimator: tuple[EstimatorSection, ...] = Field(min_length=1)
    evaluation: EvaluationSection = EvaluationSection()
    combination: CombinationSection | None = None
    distance: DistanceSection | None = None
    flags: FlagSettings = FlagSettings()
    validation: ValidationSection = ValidationSection()
    seed: int = Field(0, ge=0, description="Seed of everything random.")

    @property
    def beside_the_archive(self) -> dict[str, PublishedTable]:
        """The tables of other people's metallicities, by their place in the recipe."""
        tables: dict[str, PublishedTable] = {}
        if self.calibration is not None:
            tables |= self.calibration.tables
        for external in self.evaluation.external:
            tables[f"evaluation.external.{external.id}"] = external
        if self.validation.reference is not None:
            tables["validation.reference"] = self.validation.reference
        return tables

    @property
    def maps(self) -> tuple[str, ...]:
        """The files of maps of extinction."""
        return () if self.distance is None else self.distance.paths

    def resolved(self) -> dict[str, Any]:
        """Give the recipe as plain data with every default filled in."""
        return self.model_dump(mode="json", by_alias=True)


def read_recipe(path: Path) -> Recipe:
    """Read a recipe.

    Raises
    ------
    RecipeError
        The file is missing, no TOML, or says something a recipe cannot say; the message names the
        key and, for a misspelt one, its nearest neighbour.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RecipeError(
            f"cannot read the recipe: {(error.strerror or str(error)).lower()}",
            file=path,
            hint="give the path of a recipe.toml",
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(
            f"the recipe is not valid TOML: {error}", file=path, hint="mend the line it names"
        ) from None
    try:
        recipe = Recipe.model_validate(_with_profile(content, path))
    except ValidationError as error:
        raise explain(error, Recipe, path) from None
    ids = [section.id for section in recipe.estimator]
    if twice := sorted({name for name in ids if ids.count(name) > 1}):
        raise RecipeError(
            f"estimator named twice: {', '.join(twice)}", file=path, hint="keep one of them"
        )
    if recipe.combination is not None:
        _check_combination(recipe, recipe.combination, path)
    archive = recipe.archive
    numbered = isinstance(archive, SimulatedArchive) or "source_id" in archive.stars.columns
    for place, table in recipe.beside_the_archive.items():
        if ("source_id" in table.columns) != numbered:
            wanted = "source_id" if numbered else "archive_id"
            raise RecipeError(
                f"the rows of {place} cannot be joined to the archive, whose stars have {wanted}",
                file=path,
                key=f"{place}.columns",
                hint=f"map {wanted} there too",
            )
    return recipe


def _check_combination(recipe: Recipe, section: CombinationSection, path: Path) -> None:
    ids = [one.id for one in recipe.estimator]
    if unknown := [id for id in section.estimators if id not in ids]:
        raise RecipeError(
            f"no estimator of the recipe is called {', '.join(unknown)}",
            file=path,
            key="combination.estimators",
            hint=f"they are {', '.join(ids)}",
        )
    if recipe.calibration is None:
        raise RecipeError(
            "a combination is learned from calibrators, and the recipe has none",
            file=path,
            key="calibration",
            hint="add [calibration], or take [combination] out",
        )


def _with_profile(content: dict[str, Any], path: Path) -> dict[str, Any]:
    """Give the content of a recipe with what the profile of its archive says."""
    archive = content.get("archive")
    if not isinstance(archive, dict) or archive.get("kind") != "tap":
        return content
    return content | {"archive": with_profile(archive, path.parent)}
