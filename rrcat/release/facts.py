"""What ``candidate.json`` tells, of which types."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class _Told(BaseModel):
    model_config = ConfigDict(strict=True)


class TimeSystem(_Told):
    """The system of all times."""

    scale: str
    reference_position: str
    origin_jd: float


class Coordinates(_Told):
    """The system of the positions."""

    system: str
    epoch: str


class Input(_Told):
    """A file that the catalogue was made from."""

    name: str
    sha256: str
    size: int


class UsedEstimator(_Told):
    """An estimator, and the distribution that brought it."""

    id: str
    version: str
    distribution: str
    distribution_version: str
    params: dict[str, Any]


class Teacher(_Told):
    """The catalogue whose values were learned from; it may have had a teacher itself."""

    catalogue: str
    kind: str
    sha256: str
    version: str | None = None
    recipe_sha256: str | None = None
    scale: str
    survey: str | None = None
    estimators: list[dict[str, str]]
    reference: list[str] = []
    teacher: "Teacher | None" = None


class Validation(_Told):
    """A check of the catalogue, and how it went; None where it could not be made."""

    name: str
    passed: bool | None
    detail: str


class Facts(_Told):
    """What a release takes from its candidate; it trusts these types from here on."""

    name: str
    title: str
    schema_name: str = Field(alias="schema")
    schema_version: str
    individual_columns: list[str] = []
    scale: str
    time_system: TimeSystem
    coordinates: Coordinates
    n_rows: int
    seed: int
    recipe: dict[str, Any]
    recipe_sha256: str
    inputs: list[Input]
    estimators: list[UsedEstimator]
    versions: dict[str, str]
    adql: list[str]
    reference: list[str]
    validation: list[Validation]
    zero_point_error: float | None = None
    files: dict[str, str]
    authors: list[str] | None = None
    rights: str | None = None
    survey: str | None = None
    teacher: Teacher | None = None
    distance: dict[str, Any] | None = None
