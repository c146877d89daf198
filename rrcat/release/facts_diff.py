"""How two catalogues differ in what they were made from and by."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

ABSENT = "absent"
TOLD = (
    "recipe",
    "scale",
    "coordinates",
    "time_system",
    "authors",
    "rights",
    "survey",
    "teacher",
    "distance",
)


@dataclass(frozen=True)
class FactChange:
    """One fact that differs, by its dotted key, such as ``recipe.selection.limit``."""

    key: str
    before: str
    after: str


def facts_diff(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[FactChange, ...]:
    """Compare what two candidates or manifests tell: the recipe, :data:`TOLD`, inputs, software.

    Keys of the resolved recipe come first. A key that only one of the two has is absent in the
    other; a table that only one has is told by its keys.
    """
    old, new = dict(_facts(before)), dict(_facts(after))
    return tuple(
        FactChange(key, old.get(key, ABSENT), new.get(key, ABSENT))
        for key in [*old, *(key for key in new if key not in old)]
        if old.get(key, ABSENT) != new.get(key, ABSENT)
    )


def _facts(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key in TOLD:
        # A manifest leaves out what a candidate tells as empty, such as no authors.
        yield from _flat(key, facts.get(key) or None)
    for source in facts["inputs"]:
        yield f"inputs.{source['name']}", f"SHA-256 {source['sha256'][:12]}"
    for estimator in facts["estimators"]:
        yield f"estimators.{estimator['id']}", estimator["version"]
    yield from _flat("versions", facts["versions"])


def _flat(key: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, inner in sorted(value.items()):
            yield from _flat(f"{key}.{name}", inner)
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        for number, item in enumerate(value):
            yield from _flat(f"{key}[{number}]", item)
    elif value is not None:
        yield key, str(value)
