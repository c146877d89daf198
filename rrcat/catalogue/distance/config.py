"""``[distance]`` of a recipe: the relation, and where the extinction of the stars is from."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from rrcat.archive.strict import Strict
from rrcat.catalogue.distance.coefficients import coefficient, systems
from rrcat.catalogue.distance.relations import Relation, published


class _Extinction(Strict):
    relative_error: float = Field(
        0.16,
        ge=0,
        description="Standard error as a share of the value, where none is given. That of the map "
        "of Schlegel et al. (1998) is 0.16.",
    )


class Absorption(_Extinction):
    """The absorption that the archive gives: `g_absorption` of the table stars."""

    kind: Literal["absorption"] = Field(description="Where the extinction is from.")


class _Reddening(_Extinction):
    system: str = Field(
        description="What E(B-V) means: SFD, as in the map of Schlegel et al. (1998), or SF11, as "
        "recalibrated by Schlafly & Finkbeiner (2011)."
    )

    @field_validator("system")
    @classmethod
    def _is_known(cls, system: str) -> str:
        if system not in systems():
            raise ValueError(f"the known systems of E(B-V) are {', '.join(systems())}")
        return system


class ColumnReddening(_Reddening):
    """E(B-V) of each star: `ebv` and `ebv_error` of the table stars."""

    kind: Literal["ebv"] = Field(description="Where the extinction is from.")


class HealpixReddening(_Reddening):
    """A map in HEALPix, as a table in a file."""

    kind: Literal["healpix"] = Field(description="Where the extinction is from.")
    file: str = Field(
        min_length=1,
        description="The table: Parquet, CSV, ECSV, FITS or VOTable, relative to --data or else to "
        "the recipe.",
    )
    column: str = Field("ebv", description="Column of E(B-V) [mag].")
    error_column: str | None = Field(None, description="Column of its standard error [mag].")
    pixel_column: str | None = Field(
        None,
        description="Column of the number of the pixel. Without it the table has all pixels, in "
        "order.",
    )
    nside: int = Field(ge=1, description="Pixels along a side of the twelve base pixels.")
    order: Literal["nested", "ring"] = Field(description="Numbering of the pixels.")
    frame: Literal["galactic", "icrs"] = Field("galactic", description="Frame of the pixels.")

    @field_validator("nside")
    @classmethod
    def _is_a_power_of_two(cls, nside: int) -> int:
        if nside & (nside - 1):
            raise ValueError("nside is a power of two")
        return nside

    @property
    def paths(self) -> tuple[str, ...]:
        """The files it is read from."""
        return (self.file,)


class ImageReddening(_Reddening):
    """A map in FITS images with celestial coordinates."""

    kind: Literal["image"] = Field(description="Where the extinction is from.")
    files: tuple[str, ...] = Field(
        min_length=1,
        description="The images, such as those of the two Galactic hemispheres, relative to --data "
        "or else to the recipe. A star is looked up in the one whose centre is nearest.",
    )

    @property
    def paths(self) -> tuple[str, ...]:
        """The files it is read from."""
        return self.files


Extinction = Annotated[
    Absorption | ColumnReddening | HealpixReddening | ImageReddening, Field(discriminator="kind")
]


class DistanceSection(Strict):
    """``[distance]``: how far the stars are, from their [Fe/H] and mean magnitudes."""

    relation: str = Field(
        description="Relation of the absolute magnitude: muraveva18, garofalo22 or "
        "garofalo22-wesenheit."
    )
    extinction: tuple[Extinction, ...] = Field(
        description="Where the extinction is from; the first that knows it of a star gives it. An "
        "empty list takes nothing off the magnitudes."
    )
    scatter: float | None = Field(
        None,
        ge=0,
        le=1,
        description="Standard deviation of the absolute magnitude about the relation [mag], in "
        "place of the published one.",
    )
    zero_point_error: float = Field(
        0.01,
        ge=0,
        le=1,
        description="Standard error of the zero-point of the magnitudes in a band [mag].",
    )

    @field_validator("relation")
    @classmethod
    def _is_known(cls, relation: str) -> str:
        if relation not in published():
            raise ValueError(f"the known relations are {', '.join(published())}")
        return relation

    @field_validator("extinction", mode="before")
    @classmethod
    def _is_a_list(cls, extinction: Any) -> Any:
        if not isinstance(extinction, list | tuple):
            raise ValueError("give a list of sources, [] where nothing is to be taken off")
        return extinction

    @property
    def published(self) -> Relation:
        """The relation itself, with the scatter that the recipe says."""
        relation = published()[self.relation]
        if self.scatter is None:
            return relation
        return relation.model_copy(
            update={"scatter": self.scatter, "scatter_from": "of the recipe"}
        )

    @property
    def paths(self) -> tuple[str, ...]:
        """The files of maps, as the recipe names them."""
        maps = (
            one for one in self.extinction if isinstance(one, HealpixReddening | ImageReddening)
        )
        return tuple(path for one in maps for path in one.paths)

    @property
    def reference(self) -> tuple[str, ...]:
        """The papers to cite."""
        dust = [coefficient(band).reference for band in self.published.bands if self.extinction]
        return tuple(dict.fromkeys([self.published.reference, *dust]))

    def described(self) -> dict[str, object]:
        """Give the numbers the distances rest on, and whether they were read or only recalled."""
        relation = self.published
        return {
            "relation": relation.model_dump(mode="json"),
            "extinction": [coefficient(b).model_dump(mode="json") for b in relation.bands],
            "systems": [system.model_dump(mode="json") for system in systems().values()],
        }
