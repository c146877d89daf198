"""One build at a time."""

import subprocess
import sys
from pathlib import Path

import pytest

from rrcat.errors import RunError
from rrcat.lock import locked


def test_a_second_build_is_refused_and_told_who_holds_the_folder(tmp_path: Path) -> None:
    with locked(tmp_path):
        other = subprocess.run(
            [
                sys.executable,
                "-c",
                "import sys; from pathlib import Path; from rrcat.lock import locked\n"
                "with locked(Path(sys.argv[1])): pass",
                str(tmp_path),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
    assert other.returncode == 1
    assert "another build (process" in other.stderr
    assert str(tmp_path) in other.stderr


def test_a_link_in_place_of_the_lock_is_refused_and_its_target_left_alone(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("kept")
    folder = tmp_path / "build"
    folder.mkdir()
    (folder / ".lock").symlink_to(precious)
    with pytest.raises(RunError, match="the lock of the folder is a link"), locked(folder):
        pass
    assert precious.read_text() == "kept"


def test_the_lock_goes_with_its_holder(tmp_path: Path) -> None:
    with locked(tmp_path):
        pass
    with locked(tmp_path):
        pass


def test_the_lock_goes_even_when_the_holder_is_killed(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, time; from pathlib import Path; from rrcat.lock import locked\n"
            "with locked(Path(sys.argv[1])): print('held', flush=True); time.sleep(60)",
            str(tmp_path),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(RunError, match=f"process {holder.pid}"), locked(tmp_path):
        pass
    holder.kill()
    holder.wait()
    holder.stdout.close()
    with locked(tmp_path):
        pass
