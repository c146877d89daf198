"""A recipe says what it checks, and nothing that it misspells."""

import pytest
from pydantic import ValidationError

from rrcat.catalogue.validation.config import ValidationSection


def test_everything_is_checked_by_default_but_an_earlier_catalogue() -> None:
    section = ValidationSection()
    assert section.reference is None
    checks = [
        name for name in ValidationSection.model_fields if name not in ("significance", "reference")
    ]
    assert all(getattr(section, name).enabled for name in checks)


@pytest.mark.parametrize(
    "content",
    [
        {"cluster": {}},
        {"clusters": {"feh_ofset": 0.1}},
        {"clusters": {"radius": 1.5}},
        {"calibrators": {"offset": -0.1}},
        {"reference": {"file": "a.csv", "columns": {"source_id": "id"}, "scale": "C21"}},
    ],
)
def test_what_means_nothing_is_refused(content: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ValidationSection.model_validate(content)


def test_an_earlier_catalogue_is_a_table_with_metallicities() -> None:
    content = {"file": "a.csv", "columns": {"source_id": "id", "feh": "m"}, "scale": "C09"}
    section = ValidationSection.model_validate({"reference": content})
    assert section.reference is not None
    assert (section.reference.id, section.reference.scale) == ("earlier", "C09")
