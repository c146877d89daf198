"""What [calibration] may say."""

import pytest
from pydantic import TypeAdapter, ValidationError

from rrcat.calibration.config import Calibration, CalibrationSection, LabelsSection

GOOD = {
    "file": "spectra.csv",
    "scale": "C21",
    "columns": {"archive_id": "id", "feh": "feh", "feh_error": "e_feh"},
}


def test_a_constant_may_stand_for_an_error_that_is_not_given():
    columns = {**GOOD["columns"], "feh_error": {"value": 0.16}}
    assert CalibrationSection(**{**GOOD, "columns": columns}).columns["feh_error"].value == 0.16


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"columns": {"archive_id": "id", "feh": "feh"}}, "columns need feh_error"),
        ({"columns": {"feh": "feh", "feh_error": "e_feh"}}, "source_id or archive_id"),
        ({"columns": {**GOOD["columns"], "shfit": "shift"}}, "near it are shift"),
        ({"feh_range": (1.0, -4.0)}, "from a smaller to a larger"),
        ({"error_floor": -0.1}, "greater than or equal to 0"),
        ({"scael": "C21"}, "Extra inputs"),
    ],
)
def test_what_cannot_be_meant_is_refused(wrong, message):
    with pytest.raises(ValidationError, match=message):
        CalibrationSection(**{**GOOD, **wrong})


def test_a_catalogue_is_labels_and_a_table_is_measurements():
    read = TypeAdapter(Calibration).validate_python
    assert isinstance(read({"catalogue": "asas-i"}), LabelsSection)
    assert isinstance(read(GOOD), CalibrationSection)
    labels = read({"catalogue": "asas-i", "held_out": GOOD})
    assert read(labels.model_dump()) == labels


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"without_flags": ["poorfit"]}, "'poorfit' is no flag .did you mean 'poor_fit'"),
        ({"max_feh_error": 0}, "greater than 0"),
        ({"max_feh_error": float("nan")}, "finite number"),
        ({"catalogue": ""}, "at least 1 character"),
        ({"file": "spectra.csv"}, "Extra inputs"),
        ({"leave_out_calibrators": False, "out_of_fold": "p.parquet"}, "there are none"),
    ],
)
def test_labels_that_cannot_be_meant_are_refused(wrong, message):
    with pytest.raises(ValidationError, match=message):
        TypeAdapter(Calibration).validate_python({"catalogue": "asas-i", **wrong})
