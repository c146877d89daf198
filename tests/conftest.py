"""Where the real data lie, a TAP server that serves them, and how tests are run in parallel."""

import functools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import archive_tables
import dachs
import pytest
from hypothesis import settings

settings.register_profile("untimed", deadline=None)  # how long an example takes is no claim
settings.load_profile("untimed")

CHECKOUT = Path(__file__).resolve().parent.parent
TOGETHER = "plugins/rrcat-keras"  # TensorFlow, and networks that several files ask of
LONGEST = ("tests/end_to_end", "plugins")


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


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In parallel, begin with what takes longest, lest one process end long after the others."""
    if hasattr(config, "workerinput"):
        items.sort(
            key=lambda item: (
                not asks_server(item.path),
                not item.nodeid.startswith(TOGETHER),
                not item.nodeid.startswith(LONGEST),
            )
        )


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """In parallel, let each process compute in one thread: there are as many of them as cores."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """In parallel, hand out whole files; to one process all that ask the TAP server, or networks.

    The tests of a file share what its fixtures have built, and each server takes 20 s to start.
    """
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = super()._split_scope(nodeid)
            if asks_server(config.rootpath / file):
                return "TAP server"
            return TOGETHER if file.startswith(TOGETHER) else file

    config.option.loadscopereorder = False  # it would begin with the files of most tests
    return Scheduling(config, log)


@functools.cache
def asks_server(file: Path) -> bool:
    return "tap_server" in file.read_text(encoding="utf-8")
