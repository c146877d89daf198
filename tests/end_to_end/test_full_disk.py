"""A disk that is full, in mid-build and in mid-release: told, nothing harmed, and gone on from."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO, Any

import pytest

from rrcat.cli.main import main
from rrcat.simulate import write_survey

IN_BUILD = (
    *("/stars/", "parts/features", "bundles/", "parts/catalogue_rows"),
    *(".features.parquet", ".catalogue.parquet", ".validation.json", ".candidate.json"),
)
IN_RELEASE = (*("demo.vot", "demo.fits", "demo.parquet", "report.html"), ".releases.toml")

Full = Callable[[str], AbstractContextManager[None]]


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_survey(tmp_path_factory.mktemp("full") / "survey", 40)


@pytest.fixture(autouse=True)
def without_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out what takes long and is written with the rest of the page."""
    for name in ("figures", "distance_figures"):
        monkeypatch.setattr(f"rrcat.release.report.{name}", lambda *_: [])


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> Full:
    """Let the disk be full for files in whose path some words are: ``with full(words)``."""
    if not Path("/dev/full").exists():
        pytest.skip("no file that is always full")
    opened = Path.open

    @contextmanager
    def full(words: str) -> Iterator[None]:
        def open_(path: Path, mode: str = "r", *arguments: Any, **named: Any) -> IO[Any]:
            lost = words in str(path) and "w" in mode
            return opened(Path("/dev/full") if lost else path, mode, *arguments, **named)

        with monkeypatch.context() as patched:
            patched.setattr(Path, "open", open_)
            yield

    return full


def build(recipe: Path, output: Path) -> int:
    return main(["build", str(recipe), "--output", str(output), "--workers", "1"])


def release(candidate: Path, version: str, into: Path) -> int:
    return main(["release", str(candidate), "--version", version, "--into", str(into)])


def content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in ("run.json", ".lock")
    }


@pytest.fixture(scope="module")
def candidate(recipe: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("undisturbed") / "candidate"
    assert build(recipe, output) == 0
    return output


def test_a_build_goes_on_wherever_the_disk_was_full(
    recipe: Path, candidate: Path, tmp_path: Path, full: Full, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "candidate"
    for words in IN_BUILD:
        with full(words):
            assert build(recipe, output) == 1, words
        told = capsys.readouterr().err
        assert "no space left on device" in told, words
        assert "free some space" in told, words
        assert not (output / "candidate.json").exists()
    assert build(recipe, output) == 0
    assert content(output) == content(candidate)


def test_a_release_that_finds_no_space_harms_no_earlier_one(
    candidate: Path, tmp_path: Path, full: Full, capsys: pytest.CaptureFixture[str]
) -> None:
    assert release(candidate, "1.0.0", tmp_path) == 0
    before = content(tmp_path)
    for words in IN_RELEASE:
        with full(words):
            assert release(candidate, "1.0.1", tmp_path) == 1, words
        assert "no space left on device" in capsys.readouterr().err, words
        assert content(tmp_path) == before, words
    assert release(candidate, "1.0.1", tmp_path) == 0
    for path in tmp_path.glob("*-1.0.*"):
        assert main(["verify", str(path)]) == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a real file system of a quarter of a megabyte, where that is allowed."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "none", str(folder)]
    try:
        mounted = subprocess.run(mount, capture_output=True).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip("no file system can be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_file_system_that_is_really_full(
    recipe: Path, candidate: Path, small_disk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = small_disk / "candidate"
    assert build(recipe, output) == 1
    assert "no space left on device" in capsys.readouterr().err
    larger = ["mount", "-o", "remount,size=32M", str(small_disk)]
    subprocess.run(larger, check=True)
    assert build(recipe, output) == 0
    assert content(output) == content(candidate)
    filler = small_disk / "filler"
    room = 200_000  # some files of a release fit
    filler.write_bytes(bytes(shutil.disk_usage(small_disk).free - room))
    assert release(output, "1.0.0", small_disk) == 1
    assert "no space left on device" in capsys.readouterr().err
    assert sorted(path.name for path in small_disk.iterdir()) == ["candidate", "filler"]
    filler.unlink()
    assert release(output, "1.0.0", small_disk) == 0
    (folder,) = small_disk.glob("*-1.0.0")
    assert main(["verify", str(folder)]) == 0
