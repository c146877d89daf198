from typing import Any

import pytest
from pydantic import ValidationError

from rrcat.archive.tap_config import TapArchive

FORM = {
    "kind": "long",
    "columns": {"source_id": "id", "band": "b", "time": "t", "mag": "m"},
}
GOOD: dict[str, Any] = {
    "kind": "tap",
    "service": {"url": "http://tap.example"},
    "stars": {"from": "s", "columns": {"source_id": "id"}},
    "light_curves": {"kind": "tap", "from": "l", "forms": [FORM]},
}


def archive(**more: Any) -> TapArchive:
    return TapArchive.model_validate(GOOD | more)


def test_light_curves_are_used_unless_said():
    assert archive().use == ("light_curves",)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"use": ["features"]}, "no \\[archive.features\\]"),
        ({"use": []}, "at least 1"),
        ({"light_curves": None}, "no \\[archive.light_curves\\]"),
        ({"light_curves": {"from": "l", "forms": [FORM]}}, "kind"),
        ({"light_curves": GOOD["light_curves"] | {"forms": [FORM, FORM]}}, "at most 1"),
        ({"stars": {"from": "s", "columns": {"archive_id": "id"}}}, "cannot be joined"),
        ({"stars": {"from": "s", "columns": {"source_id": {"value": 1}}}}, "must be a column"),
        ({"stars": {"from": "", "columns": {"source_id": "id"}}}, "at least 1 character"),
        ({"stars": {"from": "s", "columns": {"source_id": "id"}, "page_rows": 1}}, "equal to 2"),
        ({"stars_in_chunk": 0}, "greater than or equal to 1"),
    ],
)
def test_what_cannot_be_asked_is_refused(more, message):
    with pytest.raises(ValidationError, match=message):
        archive(**more)


def test_cuts_and_where_hold_together():
    stars = GOOD["stars"] | {"cuts": ["a > 1", "b > 2"], "where": "c > 3"}
    assert archive(stars=stars).stars.conditions == ("a > 1", "b > 2", "c > 3")
    assert archive().stars.conditions == ()


@pytest.mark.parametrize(
    "more",
    [
        {"service": {"url": "http://tap.example", "read_timeout": 900, "concurrency": 1}},
        {"service": {"url": "http://tap.example", "sync_rows": 0, "max_upload_rows": 9}},
        {"stars": GOOD["stars"] | {"page_rows": 7}},
        {"incomplete": "keep", "description": "D", "reference": ["R"], "profile": "own.toml"},
        {"features": {"from": "f", "columns": {"source_id": "id", "band": "b"}}},
    ],
    ids=["patience", "limits", "pages", "words", "unused"],
)
def test_how_a_service_is_treated_does_not_change_what_is_fetched(more):
    assert archive(**more).identity() == archive().identity()


@pytest.mark.parametrize(
    "more",
    [
        {"service": {"url": "http://other.example"}},
        {"stars": GOOD["stars"] | {"where": "a > 1"}},
        {"stars_in_chunk": 7},
        {"bad_stars": "keep"},
        {"light_curves": GOOD["light_curves"] | {"cuts": ["a > 1"]}},
    ],
)
def test_what_is_asked_decides_what_is_fetched(more):
    assert archive(**more).identity() != archive().identity()


def test_patience_with_a_data_server_does_not_change_what_is_fetched():
    server = {
        "kind": "datalink",
        "url": "http://data.example",
        "release": "R",
        "structures": ["RAW"],
        "forms": [FORM | {"key": ["transit_id"]}],
    }
    patient = server | {"ids_per_request": 5, "budget": 9.0, "max_bytes": 10_000}
    one, other = archive(light_curves=server), archive(light_curves=patient)
    assert one.identity() == other.identity()
    assert one.identity() != archive(light_curves=server | {"release": "S"}).identity()


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://archive.example/tap",
        "https://",
        "https:///tap",
        "https://name:word@archive.example/tap",
        "https://archive.example/tap\n",
        "https://archive.example/\x1btap",
        "https://archive.example /tap",
    ],
)
def test_addresses_are_of_the_web_without_passwords(url):
    with pytest.raises(ValidationError, match="pattern"):
        archive(service={"url": url})


@pytest.mark.parametrize("name", ["connect_timeout", "read_timeout", "request_timeout", "budget"])
@pytest.mark.parametrize("seconds", [0, -1, 1e300, float("nan"), float("inf")])
def test_patience_is_of_a_length_that_clocks_know(name, seconds):
    with pytest.raises(ValidationError):
        archive(service={"url": "http://tap.example", name: seconds})
