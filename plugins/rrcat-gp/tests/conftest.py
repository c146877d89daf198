"""Where the real data lie, for the tests of the plugin."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Real data: RRCAT_TEST_DATA, or shared/data beside the checkout."""
    default = Path(__file__).resolve().parents[4] / "shared" / "data"
    folder = Path(os.environ.get("RRCAT_TEST_DATA", default))
    if not folder.is_dir():
        message = f"real data not found at {folder}; set RRCAT_TEST_DATA to their folder"
        if os.environ.get("RRCAT_REQUIRE_DATA") == "1":
            pytest.fail(message)
        pytest.skip(message)
    return folder
