"""What a recipe may say in ``[archive]`` and ``[selection]``: files, queries, times."""

import hashlib
import unicodedata
from collections.abc import Iterable
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from rrcat.archive.columns import FeaturesMapping, LightCurvesMapping, StarsMapping, TableMapping
from rrcat.archive.strict import Strict

GAIA_ORIGIN_JD = 2455197.5
"""Julian date at which every time in a frame of this project is zero."""


def _on_one_line(text: str) -> str:
    if any(unicodedata.category(letter) == "Cc" for letter in text):
        raise ValueError("the text holds control characters; write it on one line")
    return text


Line = Annotated[str, AfterValidator(_on_one_line)]
"""Text that enters the headers of VOTable and FITS, which store no control characters."""

Url = Annotated[str, Field(pattern=r"^https?://[^/?#@\s]+([/?#][^\s\x00-\x1f\x7f]*)?$")]
"""Address of a service. It holds no password: it stands in every catalogue made of the answers."""


class TimeSystem(Strict):
    """The system of all times in the files. The default is Gaia's."""

    scale: Literal["TCB", "TDB", "TT", "TAI", "UTC", "UNKNOWN"] = Field(
        "TCB", description="Time scale. It is stated, never converted."
    )
    reference_position: Literal[
        "BARYCENTER", "HELIOCENTER", "GEOCENTER", "TOPOCENTER", "UNKNOWN"
    ] = Field("BARYCENTER", description="Where the light is timed. It is stated, never converted.")
    origin_jd: float = Field(
        GAIA_ORIGIN_JD, description="Times in the files are Julian dates less this number."
    )


class FileTable(TableMapping):
    """One file, and which of its columns are which of ours."""

    file: str = Field(
        min_length=1, description="Path of the file, relative to --data or else to the recipe."
    )
    table: int = Field(
        1, ge=1, description="Which table of a FITS file or VOTable that has several; 1 is first."
    )
    where: str | None = Field(
        None, description="Rows to take: an SQL expression over the columns of the file."
    )


class StarsFile(StarsMapping, FileTable):
    """The file of stars: one row a star, or several that agree."""

    where: str | None = Field(
        None,
        description="Rows to take: an SQL expression over the columns of the file. A star in rows "
        "that are all left out is left out altogether, with its light curve and features.",
    )


class LightCurvesFile(LightCurvesMapping, FileTable):
    """The file of observations: one row each, with a time or, where folded, a phase."""


class FeaturesFile(FeaturesMapping, FileTable):
    """The file of harmonic parameters that the archive gives itself."""


class TableQuery(Strict):
    """A query to a TAP service, whose answer stands in place of a file."""

    url: Url = Field(description="Address of the TAP service.")
    adql: str = Field(pattern=r"\S", description="The query.")

    @property
    def text(self) -> str:
        """The query with its service, as it stands beside its answer."""
        return f"-- {self.url}\n{self.adql.strip()}\n"

    @property
    def answer(self) -> str:
        """Path of the answer in the folder of what is fetched: another query has another one."""
        return f"tables/{hashlib.sha256(self.text.encode()).hexdigest()[:16]}.vot"


class PublishedTable(FileTable):
    """A table that somebody published: in a file, or to be asked for."""

    file: str = Field("", description="Path of the file, relative to --data or else to the recipe.")
    query: TableQuery | None = Field(
        None,
        description="In place of `file`: a query to a TAP service, which `rrcat fetch` asks.",
    )

    @model_validator(mode="after")
    def _from_one_place(self) -> Self:
        if bool(self.file) == (self.query is not None):
            raise ValueError("say exactly one of `file` and `query`")
        return self


class ArchiveBase(Strict):
    """What is said of an archive of any kind."""

    survey: Line = Field(
        "", description="Name of the survey. With archive_id it makes the source_id."
    )
    coordinate_epoch: str = Field(
        "J2000.0", pattern=r"^J\d{4}(\.\d+)?$", description="Epoch of the ICRS positions."
    )
    bad_stars: Literal["refuse", "keep"] = Field(
        "refuse",
        description="A period outside the schema's range, a standard error below zero and a light "
        "curve of 1 to 4 points are errors (refuse), or period and error become null and the star "
        "gets the reason why it has no value (keep).",
    )
    reference: tuple[Line, ...] = Field((), description="Citations of the data.")
    time: TimeSystem = TimeSystem()


class FilesArchive(ArchiveBase):
    """An archive of files."""

    kind: Literal["files"] = Field(description="Where the data come from.")
    stars: StarsFile
    light_curves: LightCurvesFile | None = None
    features: FeaturesFile | None = None

    @property
    def tables(self) -> tuple[FileTable, ...]:
        """The files there are."""
        return tuple(t for t in (self.stars, self.light_curves, self.features) if t is not None)

    @model_validator(mode="after")
    def _has_curves(self) -> Self:
        if self.light_curves is None and self.features is None:
            raise ValueError("an archive needs light_curves or features")
        return self

    @model_validator(mode="after")
    def _can_be_joined(self) -> Self:
        require_one_kind_of_identifier(self.survey, self.tables)
        return self


def require_one_kind_of_identifier(survey: str, tables: Iterable[TableMapping]) -> None:
    """Raise ValueError unless the rows of an archive's tables can be joined to each other."""
    with_integer = ["source_id" in table.columns for table in tables]
    if any(with_integer) and not all(with_integer):
        raise ValueError("rows cannot be joined: all tables map source_id, or none does")
    if not any(with_integer) and not survey:
        raise ValueError("archive_id alone needs `survey`, the two make the source_id")


class Selection(Strict):
    """Which of the archive's stars to take."""

    where: str | None = Field(
        None, description="An SQL expression over the columns of the table stars."
    )
    limit: int | None = Field(None, ge=1, description="At most so many, in order of source_id.")
