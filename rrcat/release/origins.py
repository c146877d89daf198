"""What two catalogues were made from, compared: whatever may have moved their values."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rrcat.errors import BundleError
from rrcat.estimator.manifest import Manifest, read_manifest
from rrcat.release.candidate import BUNDLES, COMBINATION
from rrcat.release.facts_diff import FactChange
from rrcat.release.sides import Pair, Side


@dataclass(frozen=True)
class Origins:
    """What differs between the origins of two catalogues.

    Parameters
    ----------
    estimators
        By id, how the estimators differ that both have, in words; those that do not lack.
    combined
        Pulsation types whose values are combined otherwise.
    order
        Whether the recipes name other estimators, or in another order.
    scale
        Whether the metallicity scales differ.
    rows
        Why stars may have come and gone, in words.
    software
        Names of the libraries whose versions differ.
    inputs
        Names of the input files that differ.
    recipe
        Keys of the recipe that differ.
    """

    estimators: dict[str, tuple[str, ...]]
    combined: frozenset[str]
    order: bool
    scale: bool
    rows: tuple[str, ...]
    software: tuple[str, ...]
    inputs: tuple[str, ...]
    recipe: tuple[str, ...]


def origins(pair: Pair, facts: tuple[FactChange, ...]) -> Origins:
    """Compare facts, bundles and combinations of two catalogues; nothing of them is run."""
    old, new = pair.before, pair.after
    ids = [[one["id"] for one in side.facts["estimators"]] for side in (old, new)]
    estimators = {id: tuple(_estimator(old, new, id)) for id in ids[0] if id in ids[1]}
    keys = [fact.key for fact in facts]
    return Origins(
        estimators={id: how for id, how in estimators.items() if how},
        combined=frozenset(_combined(_combination(old), _combination(new))),
        order=ids[0] != ids[1],
        scale=old.facts["scale"] != new.facts["scale"],
        rows=tuple(_rows(keys)),
        software=_within("versions.", keys),
        inputs=_within("inputs.", keys),
        recipe=_within("recipe.", keys),
    )


def _within(start: str, keys: list[str]) -> tuple[str, ...]:
    return tuple(key.removeprefix(start) for key in keys if key.startswith(start))


def _rows(keys: list[str]) -> Iterator[str]:
    for start, words in (
        ("recipe.selection", "the recipe selects otherwise"),
        ("recipe.archive", "the recipe reads the archive otherwise"),
        ("inputs.", "the input files differ"),
    ):
        if any(key.startswith(start) for key in keys):
            yield words


def _estimator(before: Side, after: Side, id: str) -> Iterator[str]:
    """Say how one estimator differs: what is told of it first, then what its bundle holds."""
    told = [next(e for e in side.facts["estimators"] if e["id"] == id) for side in (before, after)]
    if told[0]["version"] != told[1]["version"]:
        yield f"version {told[0]['version']} -> {told[1]['version']}"
    if told[0].get("params") != told[1].get("params"):
        yield "other parameters"
    one, other = _bundle(before, id), _bundle(after, id)
    if one is None or other is None:
        return
    if one.training_set_sha256 != other.training_set_sha256:
        yield "learned from other calibrators"
    if one.seed != other.seed:
        yield "another seed"
    if one.settings != other.settings:
        yield "light curves prepared otherwise"
    weights = [
        {name: file.sha256 for name, file in bundle.files.items() if name.startswith("weights/")}
        for bundle in (one, other)
    ]
    if weights[0] != weights[1]:
        yield "the model holds other numbers"


def _bundle(side: Side, id: str) -> Manifest | None:
    try:
        return read_manifest(side.folder / BUNDLES / id)
    except BundleError:
        return None


def _combination(side: Side) -> Mapping[str, Any]:
    """Give what was learned to combine values, by pulsation type; nothing where nothing was."""
    try:
        types = json.loads((side.folder / COMBINATION).read_bytes())["types"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return types if isinstance(types, dict) else {}


def _combined(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    for kind in sorted({*before, *after}):
        if before.get(kind) != after.get(kind):
            yield kind
