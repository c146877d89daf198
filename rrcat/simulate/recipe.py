"""The recipe that `rrcat demo` follows."""

import tomllib
from collections.abc import Sequence
from importlib.resources import files

from rrcat.simulate.shapes import Truth

_SECTION = "[[estimator]]\n"


def recipe_text(estimators: Sequence[str], stars: int, seed: int, truth: Truth) -> str:
    """Give the recipe of a catalogue of simulated stars by some estimators.

    Those that it does not know come last, with parameters left to them.
    """
    text = files("rrcat.simulate").joinpath("recipe.toml").read_text("utf-8")
    head, *sections = text.split(_SECTION)
    for key, value in (("stars", stars), ("seed", seed), ("truth", f'"{truth}"')):
        before = next(line for line in head.splitlines() if line.startswith(f"{key} ="))
        _, mark, comment = before.partition("#")
        after = f"{key} = {value}" + (f"   {mark}{comment}" if mark else "")
        head = head.replace(before, after)
    known = {tomllib.loads(section)["id"]: section.rstrip("\n") for section in sections}
    chosen = [id for id in known if id in estimators]
    others = [id for id in sorted(estimators) if id not in known]
    told = [known[id] for id in chosen] + [f'id = "{id}"' for id in others]
    return head + "\n\n".join(_SECTION + section for section in told) + "\n"
