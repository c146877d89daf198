import errno
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rrcat import atomic
from rrcat.errors import BundleError


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_file_is_written_and_nothing_else_is_left(tmp_path):
    atomic.write_bytes(tmp_path / "deep" / "a.json", b"{}")
    assert (tmp_path / "deep" / "a.json").read_bytes() == b"{}"
    assert names(tmp_path / "deep") == ["a.json"]


def test_file_is_readable_by_others_as_the_umask_says(tmp_path):
    old = os.umask(0o022)
    try:
        atomic.write_bytes(tmp_path / "a", b"")
    finally:
        os.umask(old)
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o644


def test_error_while_writing_leaves_the_old_file(tmp_path):
    target = tmp_path / "a"
    target.write_bytes(b"old")

    def fail_half_way():
        with atomic.new_file(target) as temporary:
            temporary.write_bytes(b"half of the n")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()
    assert target.read_bytes() == b"old"
    assert names(tmp_path) == ["a"]


def test_forgetting_to_write_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError), atomic.new_file(tmp_path / "a"):
        pass
    assert names(tmp_path) == []


def test_folder_appears_whole(tmp_path):
    with atomic.new_folder(tmp_path / "release") as temporary:
        (temporary / "inside").mkdir()
        (temporary / "inside" / "a").write_bytes(b"1")
        assert not (tmp_path / "release").exists()
    assert (tmp_path / "release" / "inside" / "a").read_bytes() == b"1"
    assert names(tmp_path) == ["release"]


def test_error_while_filling_a_folder_leaves_nothing(tmp_path):
    def fail_half_way():
        with atomic.new_folder(tmp_path / "release") as temporary:
            (temporary / "a").write_bytes(b"1")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()
    assert names(tmp_path) == []


def test_existing_folder_is_never_overwritten(tmp_path):
    (tmp_path / "release").mkdir()
    (tmp_path / "release" / "a").write_bytes(b"old")
    with pytest.raises(FileExistsError), atomic.new_folder(tmp_path / "release"):
        pytest.fail("asked to fill a folder that cannot be renamed")
    assert (tmp_path / "release" / "a").read_bytes() == b"old"


def test_folder_that_appeared_meanwhile_is_not_overwritten(tmp_path):
    def be_too_late():
        with atomic.new_folder(tmp_path / "release") as temporary:
            (temporary / "a").write_bytes(b"new")
            (tmp_path / "release").mkdir()
            (tmp_path / "release" / "a").write_bytes(b"old")

    with pytest.raises(FileExistsError):
        be_too_late()
    assert (tmp_path / "release" / "a").read_bytes() == b"old"
    assert names(tmp_path) == ["release"]


def test_sha256_is_that_of_the_content(tmp_path):
    (tmp_path / "a").write_bytes(b"abc" * 100_000)
    assert atomic.sha256(tmp_path / "a") == hashlib.sha256(b"abc" * 100_000).hexdigest()


def test_sweep_removes_what_a_killed_process_left_and_nothing_else(tmp_path):
    script = f"""
import os, pathlib, signal
from rrcat import atomic
folder = pathlib.Path({str(tmp_path)!r})
with atomic.new_file(folder / "a") as one, atomic.new_folder(folder / "b") as two:
    one.write_bytes(b"half")
    (two / "inside").write_bytes(b"half")
    os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", script], check=False)
    (tmp_path / ".gitignore").write_text("*")
    assert len(names(tmp_path)) == 3
    atomic.sweep(tmp_path)
    assert names(tmp_path) == [".gitignore"]


def full_disk(*told: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device", *told)


def test_a_full_disk_names_the_file_that_was_written(tmp_path):
    with pytest.raises(OSError, match="No space") as caught, atomic.new_file(tmp_path / "a.json"):
        full_disk()
    assert caught.value.filename == str(tmp_path / "a.json")


def test_a_full_disk_names_the_file_in_a_new_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(Path, "write_bytes", lambda path, data: full_disk())
    final = tmp_path / "release"
    with pytest.raises(OSError, match="No space") as caught, atomic.new_folder(final) as temporary:
        atomic.write_inside(temporary / "a.vot", b"1")
    assert caught.value.filename == str(final / "a.vot")


def test_a_copy_that_fails_names_what_it_wrote_by_its_final_name(tmp_path):
    final = tmp_path / "bundle"
    with pytest.raises(OSError, match="No space") as caught, atomic.new_folder(final) as temporary:
        full_disk("source", None, str(temporary / "weights"))
    assert caught.value.filename == str(final / "weights")
    assert caught.value.filename2 is None


def test_a_refusal_names_no_temporary_path(tmp_path):
    with pytest.raises(BundleError) as caught, atomic.new_folder(tmp_path / "bundle") as temporary:
        raise BundleError("a bundle holds no links", file=temporary / "weights" / "link")
    assert caught.value.where["file"] == str(tmp_path / "bundle" / "weights" / "link")


def test_a_folder_that_is_removed_keeps_its_name_for_no_part_of_it(tmp_path, monkeypatch):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "file").touch()
    with monkeypatch.context() as patch:
        patch.setattr("shutil.rmtree", lambda path: None)
        atomic.remove_folder(tmp_path / "folder")
    assert not (tmp_path / "folder").exists()
    atomic.sweep(tmp_path)
    assert list(tmp_path.iterdir()) == []
