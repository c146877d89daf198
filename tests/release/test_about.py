import pytest

from rrcat.errors import ReleaseError
from rrcat.release.about import checked_date, version_key


def test_versions_sort_as_numbers():
    assert version_key("1.10.0") > version_key("1.9.9")


@pytest.mark.parametrize("text", ["1.0", "v1.0.0", "1.0.0-rc1", "01.0.0", "1.0.0\n", "", "١.0.0"])
def test_other_versions_are_refused(text):
    with pytest.raises(ReleaseError, match=r"is not MAJOR\.MINOR\.PATCH"):
        version_key(text)


@pytest.mark.parametrize("text", ["2026-13-01", "today", "20261201", "2026-12-01T00:00:00", ""])
def test_other_dates_are_refused(text):
    with pytest.raises(ReleaseError, match="not a date"):
        checked_date(text)


def test_date_is_given_back():
    assert checked_date("2026-12-01") == "2026-12-01"
