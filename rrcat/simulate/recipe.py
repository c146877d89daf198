"""The recipe that `rrcat demo` follows."""

import tomllib
from collections.abc import Sequence
from importlib.resources import files

from rrcat.simulate.shapes import Truth

_SECTION = "[[estimator]]\n"
_COMBINED = "# One value a star"  # what follows the estimators begins so


def recipe_estimators() -> list[str]:
    """Give the estimators of the recipe, all of which learn in seconds, in its order."""
    return list(_parts()[1])


def recipe_text(estimators: Sequence[str], stars: int, seed: int, truth: Truth) -> str:
    """Give the recipe of a catalogue of simulated stars by some estimators.

    Those that it does not know come last, with parameters left to them. One alone is not combined.
    """
    head, known, combined = _parts()
    for key, value in (("stars", stars), ("seed", seed), ("truth", f'"{truth}"')):
        before = next(line for line in head.splitlines() if line.startswith(f"{key} ="))
        _, mark, comment = before.partition("#")
        after = f"{key} = {value}" + (f"   {mark}{comment}" if mark else "")
        head = head.replace(before, after)
    chosen = [id for id in known if id in estimators]
    others = [id for id in sorted(estimators) if id not in known]
    told = [known[id] for id in chosen] + [f'id = "{id}"' for id in others]
    text = head + "\n\n".join(_SECTION + section for section in told) + "\n"
    return f"{text}\n{combined}" if len(told) > 1 else text


def _parts() -> tuple[str, dict[str, str], str]:
    """Give what stands before the estimators, the section of each, and what follows them."""
    text = files("rrcat.simulate").joinpath("recipe.toml").read_text("utf-8")
    text, mark, after = text.partition(_COMBINED)
    head, *sections = text.split(_SECTION)
    known = {tomllib.loads(section)["id"]: section.rstrip("\n") for section in sections}
    return head, known, mark + after
