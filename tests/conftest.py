"""Fixtures for every test: where the real data lie, and a TAP server that serves them."""

import os
from collections.abc import Iterator
from pathlib import Path

import archive_tables
import dachs
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
        decline(
            f"real data not found at {folder}; set RRCAT_TEST_DATA to the folder that holds them",
            unless="RRCAT_REQUIRE_DATA",
        )
    return folder


@pytest.fixture(scope="session")
def tap_server(data_dir: Path) -> Iterator[dachs.TapServer]:
    """A TAP server on loopback with tables in the layouts of ESA, AIP and VizieR."""
    if lacking := dachs.missing():
        decline(lacking, unless="RRCAT_REQUIRE_TAP")
    with dachs.serving(archive_tables.all_tables(data_dir)) as server:
        yield server


def decline(reason: str, *, unless: str) -> None:
    """Skip the test for a reason, or fail it where the environment says that nothing may lack."""
    if os.environ.get(unless) == "1":
        pytest.fail(reason)
    pytest.skip(reason)
