"""Profiles of archives: what has to be known of one before it can be asked, as data."""

import difflib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rrcat.errors import RecipeError

FOLDER = Path(__file__).parent / "profiles"
KEY = "archive.profile"


def names() -> list[str]:
    """Give the names of the built-in profiles, sorted."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def with_profile(content: Mapping[str, Any], base: Path) -> dict[str, Any]:
    """Give the ``[archive]`` of a recipe, filled up from the profile that it names.

    The recipe wins: tables are merged key by key, anything else it says replaces what the profile
    says. What a column comes from is one statement and is replaced whole.

    Parameters
    ----------
    content
        The ``[archive]`` of a recipe as it was read. Without ``profile`` it stays as it is.
    base
        Folder that the path of a profile is relative to: that of the recipe.

    Raises
    ------
    RecipeError
        There is no such profile, or the file is none.
    """
    named = content.get("profile")
    if named is None:
        return dict(content)
    if not isinstance(named, str):
        raise RecipeError(f"{KEY} is a name or a path, not {named!r}", key=KEY, hint=_known(""))
    path = base / named if named.endswith(".toml") else FOLDER / f"{named}.toml"
    if not named.endswith(".toml") and named not in names():
        raise RecipeError(f"there is no profile {named!r}", key=KEY, hint=_known(named))
    return _merged(read_profile(path), content)


def read_profile(path: Path) -> dict[str, Any]:
    """Give the ``[archive]`` that a profile holds.

    Raises
    ------
    RecipeError
        The file cannot be read, is no TOML, or holds anything but ``[archive]``.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RecipeError(
            f"cannot read the profile: {(error.strerror or str(error)).lower()}",
            file=path,
            key=KEY,
            hint=_known("") + "; a path is relative to the recipe",
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(
            f"the profile is not valid TOML: {error}", file=path, hint="mend the line it names"
        ) from None
    archive = content.pop("archive", None)
    if not isinstance(archive, dict) or content or "profile" in archive:
        raise RecipeError(
            "a profile holds [archive] and nothing else, and names no other profile",
            file=path,
            hint="everything in it stands in [archive], as it would in a recipe",
        )
    return archive


def _merged(profile: Mapping[str, Any], recipe: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(profile)
    for key, said in recipe.items():
        before = merged.get(key)
        if isinstance(said, Mapping) and isinstance(before, Mapping):
            merged[key] = {**before, **said} if key == "columns" else _merged(before, said)
        else:
            merged[key] = said
    return merged


def _known(named: str) -> str:
    near = difflib.get_close_matches(named, names(), n=1)
    return (
        f"did you mean {near[0]!r}? " if near else ""
    ) + f"built-in profiles are {', '.join(names())}; the path of a file of your own ends in .toml"
