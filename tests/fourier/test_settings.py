import pytest
from pydantic import ValidationError

from rrcat.fourier import FitSettings
from rrcat.harmonic import MAX_HARMONICS


def test_every_setting_says_what_it_is():
    assert all(field.description for field in FitSettings.model_fields.values())


def test_settings_survive_json():
    settings = FitSettings(max_order=6, criterion="bic")
    assert FitSettings.model_validate_json(settings.model_dump_json()) == settings


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_order": MAX_HARMONICS + 1},
        {"min_order": 5, "max_order": 4},
        {"min_epochs": 3},
        {"prior_scales": (0.5, 0.25)},
        {"prior_scales": (0.0,) * 8},
        {"period_range": (10.0, 0.1)},
        {"clip_sigmas": 3.0},
    ],
)
def test_impossible_or_unknown_settings_are_refused(wrong):
    with pytest.raises(ValidationError):
        FitSettings(**wrong)


def test_prior_falls_with_order():
    scales = FitSettings().prior_scales
    assert sorted(scales, reverse=True) == list(scales)
