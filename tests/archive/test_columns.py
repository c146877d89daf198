import pytest
from pydantic import ValidationError

from rrcat.archive.columns import FeaturesMapping, LightCurvesMapping, Source, StarsMapping

STARS = {"source_id": "id"}
CURVES = {"source_id": "id", "time": "t", "mag": "m", "band": {"value": "G"}}


def without(columns: dict, name: str) -> dict:
    return {key: source for key, source in columns.items() if key != name}


def test_a_column_name_is_short_for_a_column():
    assert StarsMapping(columns=STARS).columns["source_id"] == Source(column="id")


def test_numbers_may_stand_among_null_values():
    table = StarsMapping(columns=STARS, null_values=["--", 0, 99.99])
    assert table.null_values == ("--", "0", "99.99")


def test_every_field_is_documented():
    for model in (Source, StarsMapping, LightCurvesMapping, FeaturesMapping):
        for name, field in model.model_fields.items():
            documented = field.description or any(
                getattr(meta, "description", None) for meta in field.metadata
            )
            assert documented, f"{model.__name__}.{name}"


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (STARS | {"perod": "p"}, "near it are period"),
        (STARS | {"blazhko": {"column": "b", "unit": "d"}}, "no unit"),
        (STARS | {"blazhko": {"column": "b", "cotains": "BL"}}, "cotains"),
        (STARS | {"period": {"unit": "d"}}, "exactly one of"),
        (STARS | {"period": {"value": 1, "unit": "d"}}, "go with"),
        (STARS | {"period": {"first": ["a"], "element": 1}}, "go with"),
        (STARS | {"period": {"column": "a", "zero_point": 1, "unit": "d"}}, "leave `unit` out"),
        (without(STARS, "source_id"), "source_id or archive_id"),
    ],
)
def test_columns_of_stars_that_cannot_be_followed_are_refused(columns, message):
    with pytest.raises(ValidationError, match=message):
        StarsMapping(columns=columns)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (without(CURVES, "band"), "columns need band"),
        (without(CURVES, "mag"), "columns need mag"),
        (without(CURVES, "time"), "time, or phase"),
        (without(CURVES, "source_id"), "source_id or archive_id"),
    ],
)
def test_observations_need_star_band_time_and_magnitude(columns, message):
    with pytest.raises(ValidationError, match=message):
        LightCurvesMapping(columns=columns)
    LightCurvesMapping(columns=CURVES)


def test_a_phase_may_stand_in_place_of_a_time():
    folded = LightCurvesMapping(columns=without(CURVES, "time") | {"phase": "p"})
    assert "phase" in folded.columns


def test_features_need_a_band():
    with pytest.raises(ValidationError, match="columns need band"):
        FeaturesMapping(columns=STARS)
