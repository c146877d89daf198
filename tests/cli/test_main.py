"""Errors of the machine become messages with a fix."""

import errno
from pathlib import Path

import pytest

from rrcat.cli.main import main
from rrcat.errors import RrcatError
from rrcat.simulate import write_survey


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    return write_survey(tmp_path / "survey", n_stars=1)


def file_in_the_way(tmp_path: Path) -> Path:
    (tmp_path / "file").write_text("kept")
    return tmp_path / "file" / "sub"


def dangling_link(tmp_path: Path) -> Path:
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    return tmp_path / "link"


@pytest.mark.parametrize("spoil", [file_in_the_way, dangling_link])
def test_an_output_that_cannot_be_made_is_told_with_the_fix(
    tmp_path: Path, recipe: Path, capsys: pytest.CaptureFixture[str], spoil
) -> None:
    output = spoil(tmp_path)
    assert main(["build", str(recipe), "--output", str(output)]) == 1
    told = capsys.readouterr().err
    assert str(output) in told
    assert "hint: choose another --output" in told


@pytest.mark.parametrize(("command", "option"), [("build", "--output"), ("release", "--into")])
def test_a_full_disk_is_told_with_the_option_of_the_command(
    tmp_path: Path,
    recipe: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: str,
    option: str,
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "the file")

    monkeypatch.setattr("rrcat.run.build.build_catalogue", full)
    monkeypatch.setattr("rrcat.release.publish.publish", full)
    more = ["--output", str(tmp_path / "o")] if command == "build" else ["--version", "1.0.0"]
    assert main([command, str(recipe if command == "build" else tmp_path), *more]) == 1
    told = capsys.readouterr().err
    assert told.startswith("error: no space left on device [file: the file]\n")
    assert f"another {option};" in told


@pytest.mark.parametrize("before", [True, False])
def test_debug_may_stand_before_and_behind_the_command(tmp_path: Path, before: bool) -> None:
    command = ["verify", str(tmp_path / "nothing")]
    with pytest.raises(RrcatError, match="no such folder"):
        main(["--debug", *command] if before else [*command, "--debug"])
