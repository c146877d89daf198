"""Parameters of estimators, and what a recipe that gets them wrong is told."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from rrcat.errors import RecipeError


class Params(BaseModel):
    """Parameters of an estimator: each with a default, bounds, and its unit in the description."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def parsed(kind: type[BaseModel], given: Mapping[str, Any], estimator: str) -> BaseModel:
    """Give the parameters of an estimator, checked.

    Raises
    ------
    RecipeError
        A parameter is unknown, with the nearest that is known as a hint, or out of bounds.
    """
    try:
        return kind.model_validate(dict(given))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
    key = ".".join(str(part) for part in first["loc"])
    if first["type"] != "extra_forbidden":
        raise RecipeError(
            # One that does not fit another has no key of its own.
            f"{f'parameter {key!r}' if key else 'the parameters'} of {estimator}: "
            f"{first['msg'].removeprefix('Value error, ')}",
            estimator=estimator,
            key=key,
            hint=f"got {first['input']!r}",
        )
    known = list(kind.model_fields)
    near = difflib.get_close_matches(key, known, n=1)
    listed = f"the parameters are {', '.join(known)}" if known else "it has no parameters"
    raise RecipeError(
        f"{estimator} has no parameter {key!r}",
        estimator=estimator,
        key=key,
        hint=f"did you mean {near[0]!r}?" if near else listed,
    )
