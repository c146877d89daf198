"""What a recipe may say in ``[archive]`` and ``[selection]``: files, columns, units, times."""

import difflib
import hashlib
import unicodedata
from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from rrcat.schema import load

GAIA_ORIGIN_JD = 2455197.5
"""Julian date at which every time in a frame of this project is zero."""


class _Strict(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, coerce_numbers_to_str=True, allow_inf_nan=False
    )


def _on_one_line(text: str) -> str:
    if any(unicodedata.category(letter) == "Cc" for letter in text):
        raise ValueError("the text holds control characters; write it on one line")
    return text


Line = Annotated[str, AfterValidator(_on_one_line)]
"""Text that enters the headers of VOTable and FITS, which store no control characters."""

Url = Annotated[str, Field(pattern=r"^https?://[^/?#@\s]+([/?#][^\s\x00-\x1f\x7f]*)?$")]
"""Address of a service. It holds no password: it stands in every catalogue made of the answers."""


class TimeSystem(_Strict):
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


class Source(_Strict):
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


class TableMapping(_Strict):
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


class TableQuery(_Strict):
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


class ArchiveBase(_Strict):
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


class Selection(_Strict):
    """Which of the archive's stars to take."""

    where: str | None = Field(
        None, description="An SQL expression over the columns of the table stars."
    )
    limit: int | None = Field(None, ge=1, description="At most so many, in order of source_id.")
