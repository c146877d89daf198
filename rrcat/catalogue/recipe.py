"""The recipe: everything a catalogue is made from, in one TOML file.

Unknown keys are errors, so that a misspelt setting is never silently ignored. Paths in a recipe are
relative to ``--data``, or to the recipe itself where ``--data`` is not given.
"""

import difflib
import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from rrcat.archive.config import FilesArchive, FileTable, Line, Selection
from rrcat.calibration import scales
from rrcat.calibration.config import CalibrationSection
from rrcat.errors import RecipeError
from rrcat.evaluation.config import EvaluationSection
from rrcat.fourier.search_settings import PeriodSearchSettings
from rrcat.fourier.settings import FitSettings
from rrcat.lightcurve.cleaning import CleaningSettings


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


class Recipe(_Strict):
    """A whole recipe."""

    catalogue: CatalogueSection
    archive: FilesArchive
    selection: Selection = Selection()
    cleaning: CleaningSettings = CleaningSettings()
    period_search: PeriodSearchSection = PeriodSearchSection()
    fourier: FitSettings = FitSettings()
    calibration: CalibrationSection | None = None
    estimator: tuple[EstimatorSection, ...] = Field(min_length=1)
    evaluation: EvaluationSection = EvaluationSection()
    seed: int = Field(0, ge=0, description="Seed of everything random.")

    @property
    def beside_the_archive(self) -> dict[str, FileTable]:
        """The files of other people's metallicities, by their place in the recipe."""
        tables: dict[str, FileTable] = {}
        if self.calibration is not None:
            tables["calibration"] = self.calibration
        for external in self.evaluation.external:
            tables[f"evaluation.external.{external.id}"] = external
        return tables

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
        recipe = Recipe.model_validate(content)
    except ValidationError as error:
        raise _explain(error, path) from None
    ids = [section.id for section in recipe.estimator]
    if twice := sorted({name for name in ids if ids.count(name) > 1}):
        raise RecipeError(
            f"estimator named twice: {', '.join(twice)}", file=path, hint="keep one of them"
        )
    numbered = "source_id" in recipe.archive.stars.columns
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


def _explain(error: ValidationError, path: Path) -> RecipeError:
    """Turn the first mistake pydantic found into one message with the key and the fix."""
    mistakes = error.errors(include_url=False)
    # A misspelt key is the reason why the right one is missing, so it goes first.
    first = min(mistakes, key=lambda mistake: mistake["type"] != "extra_forbidden")
    location = [str(part) for part in first["loc"]]
    key = ".".join(location)
    if first["type"] == "extra_forbidden":
        known = _keys_at(location[:-1])
        near = difflib.get_close_matches(location[-1], known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(sorted(known))}"
        return RecipeError(f"unknown key {key!r} in the recipe", file=path, hint=hint)
    if first["type"] == "missing":
        return RecipeError(f"the recipe lacks {key!r}", file=path, hint=f"add {key} to the recipe")
    given = first["input"]
    return RecipeError(
        f"{key}: {first['msg'].removeprefix('Value error, ')}",
        file=path,
        hint=f"correct {key} in the recipe"
        if isinstance(given, dict | list | tuple)
        else f"the recipe says {given!r}",
    )


def _keys_at(location: list[str]) -> list[str]:
    """Give the keys a recipe may hold at a place, from the models' own JSON schema."""
    schema = Recipe.model_json_schema(by_alias=True)
    place: Any = schema
    for part in location:
        place = _follow(place, schema)
        place = place.get("items", place) if part.isdigit() else place["properties"].get(part, {})
    return list(_follow(place, schema).get("properties", {}))


def _follow(place: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """Resolve references and optional values down to a table of keys."""
    for option in place.get("anyOf", []):
        if "$ref" in option:
            place = option
    while "$ref" in place:
        place = schema["$defs"][place["$ref"].rsplit("/", 1)[-1]]
    return place
