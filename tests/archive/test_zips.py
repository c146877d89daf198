import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rrcat.archive.zips import unpacked
from rrcat.errors import ArchiveError

CONTENT = {"first.xml": b"first star", "folder/second.xml": b"second star, " * 50}


def zipped(members: dict[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", how) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data, how)
    return content.getvalue()


def take(
    content: bytes, folder: Path, *, max_bytes: int = 10_000, max_members: int = 10
) -> dict[str, bytes | str]:
    """Give the content of each member, or the reason why it is left out."""
    path = folder / "answer"
    path.write_bytes(content)
    taken: dict[str, bytes | str] = {}
    for name, found in unpacked(
        path, folder / "member", max_bytes=max_bytes, max_members=max_members
    ):
        if isinstance(found, ArchiveError):
            taken[name] = found.message
        else:
            taken[name] = found.read_bytes()
        assert len(list(folder.iterdir())) <= 2
    return taken


def test_every_member_is_unpacked_and_gone_when_the_next_is_asked_for(tmp_path):
    assert take(zipped(CONTENT), tmp_path) == CONTENT
    assert [path.name for path in tmp_path.iterdir()] == ["answer"]


def test_a_zip_file_may_be_empty(tmp_path):
    assert take(zipped({}), tmp_path) == {}


def test_folders_in_the_zip_file_are_no_members(tmp_path):
    assert take(zipped({"folder/": b""} | CONTENT), tmp_path) == CONTENT


@pytest.mark.parametrize(
    "name", ["../evil.xml", "a/../../evil.xml", "/evil.xml", "..\\evil.xml", "C:\\evil.xml"]
)
def test_a_name_that_leads_out_of_the_folder_is_left_out(tmp_path, name):
    inside = tmp_path / "inside"
    inside.mkdir()
    taken = take(zipped({name: b"evil"} | CONTENT), inside)
    assert [path.name for path in tmp_path.iterdir()] == ["inside"]
    assert "leads out of the folder" in taken.pop(name)
    assert taken == CONTENT


def test_a_bomb_is_not_unpacked_and_the_rest_is(tmp_path):
    bomb = zipped({"bomb.xml": bytes(50_000_000)} | CONTENT)
    assert len(bomb) < 100_000
    taken = take(bomb, tmp_path)
    assert "unpacks to 50000000 bytes" in taken.pop("bomb.xml")
    assert taken == CONTENT


def test_all_members_together_stay_within_the_bound(tmp_path):
    members = {f"{n}.xml": bytes(400) for n in range(5)}
    taken = take(zipped(members), tmp_path, max_bytes=1000)
    assert [isinstance(found, bytes) for found in taken.values()] == [True, True, *[False] * 3]


def test_a_member_that_says_it_is_smaller_than_it_is_is_left_out(tmp_path):
    content = zipped({"first.xml": bytes(5000)})
    lying = content.replace((5000).to_bytes(4, "little"), (50).to_bytes(4, "little"))
    assert "damaged" in take(lying, tmp_path, max_bytes=100)["first.xml"]


def test_an_encrypted_member_is_left_out(tmp_path):
    content = bytearray(zipped({"first.xml": b"secret"}))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    assert "encrypted" in take(bytes(content), tmp_path)["first.xml"]


@pytest.mark.parametrize("how", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_a_member_compressed_in_another_way_is_left_out(tmp_path, how):
    assert "compressed in a way" in take(zipped(CONTENT, how), tmp_path)["first.xml"]


def test_a_zip_file_of_too_many_members_is_refused_before_its_directory_is_read(
    tmp_path, monkeypatch
):
    many = zipped({f"{number}.xml": b"" for number in range(1000)})
    monkeypatch.setattr(zipfile, "ZipFile", None)
    with pytest.raises(ArchiveError, match="has 1000 members, and 10 at most"):
        take(many, tmp_path)


@given(kept=st.floats(0.0, 1.0, exclude_max=True))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_zip_file_that_is_cut_anywhere_is_refused(tmp_path, kept):
    whole = zipped(CONTENT)
    with pytest.raises(ArchiveError, match="damaged or incomplete"):
        take(whole[: int(kept * len(whole))], tmp_path)


@given(place=st.floats(0.0, 1.0, exclude_max=True), value=st.integers(0, 255))
@settings(
    deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_changed_byte_never_changes_what_is_taken(tmp_path, place, value):
    content = bytearray(zipped(CONTENT))
    content[int(place * len(content))] = value
    try:
        taken = take(bytes(content), tmp_path)
    except ArchiveError:
        return
    assert {found for found in taken.values() if isinstance(found, bytes)} <= {*CONTENT.values()}
