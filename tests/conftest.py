"""Fixtures for every test: where the real data lie."""

import os
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent


def data_folder() -> Path:
    """Give the folder of real light curves: RRCAT_TEST_DATA, or shared/data beside the checkout."""
    default = CHECKOUT.parent / "shared" / "data"
    return Path(os.environ.get("RRCAT_TEST_DATA", default))


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Real light curves, read where they lie and never copied into the project."""
    folder = data_folder()
    if not folder.is_dir():
        message = (
            f"real data not found at {folder}; set RRCAT_TEST_DATA to the folder that holds them"
        )
        if os.environ.get("RRCAT_REQUIRE_DATA") == "1":
            pytest.fail(message)
        pytest.skip(message)
    return folder
