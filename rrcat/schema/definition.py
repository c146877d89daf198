"""What a schema file may say: tables, columns and flag bits."""

import re
from typing import Annotated, Any, Literal

import polars as pl
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from rrcat.schema.words import ucd_problem, unit_problem

SCALARS: dict[str, pl.DataType] = {
    "int16": pl.Int16(),
    "int32": pl.Int32(),
    "int64": pl.Int64(),
    "float32": pl.Float32(),
    "float64": pl.Float64(),
    "bool": pl.Boolean(),
    "string": pl.String(),
}
FORMATS = ("votable", "fits")
PLACE = "{estimator}"
# What databases behind TAP services take (PostgreSQL cuts longer names); a FITS card holds 68.
MAX_NAME = 63
ARRAY = re.compile(r"(float32|float64)\[([1-9][0-9]*)\]")
LIST = re.compile(r"(float32|float64)\[\*\]")


def _semantic_version(text: str) -> str:
    if not re.fullmatch(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)", text):
        raise ValueError(f"{text!r} is not MAJOR.MINOR.PATCH")
    return text


Version = Annotated[str, AfterValidator(_semantic_version)]


def word(estimator: str) -> str:
    """Give the id of an estimator as it stands in the name of a column."""
    return estimator.replace("-", "_")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Bit(_Strict):
    """One bit of a flag column.

    A warning asks for caution; information says how a value came about.
    """

    value: int = Field(gt=0)
    name: str
    description: str
    kind: Literal["warning", "information"] = "warning"

    @model_validator(mode="after")
    def _is_a_power_of_two(self) -> "Bit":
        if self.value & (self.value - 1):
            raise ValueError(f"bit {self.name!r} has value {self.value}, which is no power of two")
        return self


class Column(_Strict):
    """One column: its type, meaning and the values it may hold.

    ``unit`` is a VOUnit string for every format, or a table with one string for each of
    ``votable`` and ``fits``. ``null`` is the value that stands for a missing one in formats that
    have no other way to say it (FITS and VOTable integers); ``range`` is inclusive. A list of any
    length (``float64[*]``) has finite elements, ``range`` is theirs, and ``length`` names the
    integer column that says how many there are. VOTable and FITS files are not written of lists.

    A column with ``each`` is a family: a catalogue has one for each estimator, which
    ``{estimator}``, at the end of its name and in its description, stands for. In the table of a
    catalogue (:func:`rrcat.schema.expanded`) ``estimator`` says whose column it is.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*(\{estimator\})?$", max_length=MAX_NAME)
    each: Literal["estimator"] | None = None
    estimator: str | None = None
    dtype: str
    unit: str | dict[str, str] = ""
    ucd: str
    description: str = Field(min_length=10)
    nullable: bool = True
    null: int | None = None
    range: tuple[int | float, int | float] | None = None
    values: tuple[str, ...] | None = None
    bits: tuple[Bit, ...] = ()
    length: str | None = None
    required: bool = False
    since: Version = "1.0.0"

    @model_validator(mode="after")
    def _makes_sense(self) -> "Column":
        if self.name.endswith(PLACE) != (self.each is not None):
            raise ValueError(f"a name ends in _{PLACE} where `each` says so, and only there")
        if self.estimator is not None and not self.name.endswith(f"_{word(self.estimator)}"):
            raise ValueError("the name does not end with that of `estimator`")
        array = ARRAY.fullmatch(self.dtype) is not None
        if self.dtype not in SCALARS and not array and not self.is_list:
            raise ValueError(
                f"dtype {self.dtype!r} is none of {', '.join(SCALARS)}, float32[N], float64[N],"
                " float32[*], float64[*]"
            )
        if isinstance(self.unit, dict) and set(self.unit) != set(FORMATS):
            raise ValueError(f"a unit per format names exactly {' and '.join(FORMATS)}")
        if problem := unit_problem(self.unit_in("votable")):
            raise ValueError(f"unit {self.unit_in('votable')!r}: {problem}")
        if problem := ucd_problem(self.ucd):
            raise ValueError(f"ucd {self.ucd!r}: {problem}")
        if self.is_integer and self.nullable and self.null is None:
            raise ValueError("a nullable integer needs `null`, the value that stands for missing")
        if self.null is not None and not self.is_integer:
            raise ValueError("`null` is for integers; floats use NaN and strings are empty")
        if self.values is not None and self.dtype != "string":
            raise ValueError("`values` is for strings")
        if self.bits and not self.is_integer:
            raise ValueError("`bits` is for integers")
        if self.range is not None and (array or self.dtype in ("string", "bool")):
            raise ValueError("`range` is for numbers and lists")
        if self.length is not None and not self.is_list:
            raise ValueError("`length` is for lists")
        return self

    @property
    def stem(self) -> str:
        """The name without the estimator at its end, where there is one."""
        if self.estimator is None:
            return self.name.removesuffix(f"_{PLACE}")
        return self.name.removesuffix(f"_{word(self.estimator)}")

    @property
    def is_integer(self) -> bool:
        """Whether the cells are whole numbers."""
        return self.dtype.startswith("int")

    @property
    def is_list(self) -> bool:
        """Whether the cells are lists of any length."""
        return LIST.fullmatch(self.dtype) is not None

    @property
    def polars(self) -> pl.DataType:
        """The Polars type of the cells."""
        if several := LIST.fullmatch(self.dtype):
            return pl.List(SCALARS[several[1]])
        if array := ARRAY.fullmatch(self.dtype):
            return pl.Array(SCALARS[array[1]], int(array[2]))
        return SCALARS[self.dtype]

    def unit_in(self, form: str) -> str:
        """Give the unit as written in a format, ``votable`` or ``fits``; empty for none."""
        return self.unit if isinstance(self.unit, str) else self.unit[form]

    @property
    def full_description(self) -> str:
        """The description followed by the meaning of each bit, for formats without bit lists."""
        if not self.bits:
            return self.description
        bits = "; ".join(
            f"{bit.value} {bit.name}{'' if bit.kind == 'warning' else f' ({bit.kind})'}: "
            f"{bit.description}"
            for bit in self.bits
        )
        return f"{self.description} Bits: {bits}"

    @property
    def warnings(self) -> int:
        """The sum of the bits that are warnings."""
        return sum(bit.value for bit in self.bits if bit.kind == "warning")


class Table(_Strict):
    """One table: its columns, key and version.

    ``key`` columns identify a row, ``sort`` is the order of rows, and of every group in ``any_of``
    at least one column is not null in each row. ``defined`` is what the file says, families of
    columns included; ``column`` are those that a frame has.
    """

    name: str
    version: Version
    description: str = Field(min_length=10)
    key: tuple[str, ...] = ()
    sort: tuple[str, ...] = ()
    any_of: tuple[tuple[str, ...], ...] = ()
    defined: tuple[Column, ...] = Field(alias="column")

    @model_validator(mode="after")
    def _names_agree(self) -> "Table":
        names = [column.name for column in self.defined]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"columns defined twice: {', '.join(twice)}")
        named = {*self.key, *self.sort, *(name for group in self.any_of for name in group)}
        if unknown := sorted(named - set(names)):
            raise ValueError(f"key, sort or any_of name unknown columns: {', '.join(unknown)}")
        integers = {column.name for column in self.column if column.is_integer}
        for column in self.column:
            if column.length is not None and column.length not in integers:
                raise ValueError(f"the length of {column.name} is no integer column")
        return self

    @property
    def column(self) -> tuple[Column, ...]:
        """The columns of a frame, in order."""
        return tuple(column for column in self.defined if column.each is None)

    @property
    def families(self) -> tuple[Column, ...]:
        """The columns of which there is one for each estimator, in order."""
        return tuple(column for column in self.defined if column.each is not None)

    @property
    def names(self) -> list[str]:
        """Column names in order."""
        return [column.name for column in self.column]

    def __getitem__(self, name: str) -> Column:
        for column in self.column:
            if column.name == name:
                return column
        raise KeyError(name)

    @property
    def polars_schema(self) -> dict[str, Any]:
        """Polars types by column name, in order."""
        return {column.name: column.polars for column in self.column}

    def empty(self) -> pl.DataFrame:
        """Give a frame of this table without rows."""
        return pl.DataFrame(schema=self.polars_schema)
