"""What is wrong with a recipe, in the words of its author: the key, and how to mend it."""

import difflib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from rrcat.errors import RecipeError


def explain(error: ValidationError, model: type[BaseModel], path: Path) -> RecipeError:
    """Turn the first mistake that pydantic found in a recipe into one message.

    Parameters
    ----------
    model
        What a recipe may be.
    path
        That of the recipe.
    """
    mistakes = error.errors(include_url=False)
    # A misspelt key is the reason why the right one is missing, so it goes first.
    first = min(mistakes, key=lambda mistake: mistake["type"] != "extra_forbidden")
    keys, known = _walk(first["loc"], model.model_json_schema(by_alias=True))
    key = ".".join(keys)
    if first["type"] == "extra_forbidden":
        return RecipeError(f"unknown key {key!r} in the recipe", file=path, hint=_near(keys, known))
    if first["type"] == "union_tag_not_found":
        first, key = first | {"type": "missing"}, f"{key}.{_tag(first)}"
    if first["type"] == "missing":
        return RecipeError(f"the recipe lacks {key!r}", file=path, hint=f"add {key} to the recipe")
    if first["type"] == "union_tag_invalid":
        told = first["ctx"]
        return RecipeError(
            f"{key}.{_tag(first)} is none of {told['expected_tags']}",
            file=path,
            hint=f"the recipe says {told['tag']!r}",
        )
    given = first["input"]
    return RecipeError(
        f"{key}: {first['msg'].removeprefix('Value error, ')}",
        file=path,
        hint=f"correct {key} in the recipe"
        if isinstance(given, dict | list | tuple)
        else f"the recipe says {given!r}",
    )


def _tag(mistake: Any) -> str:
    """Give the key that tells apart what may stand in a place."""
    return str(mistake["ctx"]["discriminator"]).strip("'")


def _near(keys: Sequence[str], known: Iterable[str]) -> str:
    near = difflib.get_close_matches(keys[-1], known, n=1)
    return f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(sorted(known))}"


def _walk(location: Sequence[int | str], schema: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Give the keys on the way to a place of a recipe, and those that its last table may hold.

    Where a place may be one of several things, pydantic names in its location the one it took for
    it, which the recipe does not.
    """
    keys: list[str] = []
    known: list[str] = []
    place: Any = schema
    for part in map(str, location):
        place = _follow(place, schema)
        options = _options(place)
        if part in options:
            place = options[part]
            continue
        keys.append(part)
        if part.isdigit():
            place = place.get("items", place)
        else:
            known = list(place.get("properties", {}))
            place = place.get("properties", {}).get(part, place.get("additionalProperties") or {})
    return keys, known


def _options(place: dict[str, Any]) -> dict[str, Any]:
    """Give what a place may be, by the names that pydantic has for it."""
    options = place.get("oneOf", place.get("anyOf", ()))
    named = {each["$ref"].rsplit("/", 1)[-1]: each for each in options if "$ref" in each}
    tagged = place.get("discriminator", {}).get("mapping", {})
    return named | {tag: {"$ref": ref} for tag, ref in tagged.items()}


def _follow(place: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """Resolve references, and a value that may be left out, down to a table of keys."""
    options = [each for each in place.get("anyOf", ()) if each.get("type") != "null"]
    if len(options) == 1:
        place = options[0]
    while "$ref" in place:
        place = schema["$defs"][place["$ref"].rsplit("/", 1)[-1]]
    return place
