import hashlib

import pytest

from rrcat.errors import ReleaseError
from rrcat.release.history import appended, check_follows, only_writer, read_history

# As rrcat 0.1.0 wrote it.
OLD = """[[release]]
name = "rrl"
version = "0.9.0"
date = "2026-11-01"
manifest_sha256 = "{}"
rows = 3
schema = "rrl_metallicity"
schema_version = "1.0.0"
""".format("ab" * 32)


def entry(version, **more):
    return {
        "name": "rrl",
        "version": version,
        "date": "2026-12-01",
        "manifest_sha256": "ab" * 32,
        "rows": 3,
        "schema": "rrl_metallicity",
        "schema_version": "1.0.0",
    } | more


def add(path, version, **more):
    path.write_bytes(appended(path, "release", **entry(version, **more)))


@pytest.fixture
def history(tmp_path):
    path = tmp_path / "releases.toml"
    for version in ("1.0.0", "1.10.0"):
        add(path, version)
    return path


def versions(path):
    return [entry.version for entry in read_history(path).releases]


def test_entries_come_back_in_order(history):
    assert versions(history) == ["1.0.0", "1.10.0"]
    assert read_history(history).last.version == "1.10.0"


def test_everything_that_was_told_comes_back(history):
    changes = {
        "since": "1.10.0",
        "step": "major",
        "why": ["3 of 3 stars are gone"],
        "rows_added": 0,
        "rows_removed": 3,
        "rows_changed": 0,
        "columns_added": [],
        "columns_removed": ["a"],
        "schema_before": "1.0.0",
        "cells": {"feh": 3},
    }
    more = {"files": {"rrl.vot": "cd" * 32}, "signed_by": "SHA256:x", "override": "known"}
    more |= {"override_step": "because"}
    add(history, "2.0.0", **more, changes=changes, doi=None)
    last = read_history(history).last
    assert last.changes.model_dump(mode="json") == changes
    assert tuple(getattr(last, key) for key in more) == tuple(more.values())
    assert last.doi is None


def test_history_without_the_newer_keys_is_read_and_gone_on_with(tmp_path):
    path = tmp_path / "releases.toml"
    path.write_text(OLD)
    assert versions(path) == ["0.9.0"]
    add(path, "1.0.0")
    assert versions(path) == ["0.9.0", "1.0.0"]
    assert path.read_text().startswith(OLD)


def test_no_file_is_no_history(tmp_path):
    assert read_history(tmp_path / "releases.toml").releases == ()
    assert read_history(tmp_path / "releases.toml").last is None


@pytest.mark.parametrize("ending", ["", "\n", "\n# a comment without newline"])
def test_earlier_bytes_stay(history, ending):
    history.write_bytes(history.read_bytes().rstrip() + ending.encode())
    before = history.read_bytes()
    add(history, "2.0.0")
    assert history.read_bytes().startswith(before)
    assert versions(history) == ["1.0.0", "1.10.0", "2.0.0"]


def test_entry_tells_the_hash_of_all_above_it(history):
    above = history.read_bytes() + b"\n"
    add(history, "2.0.0")
    assert read_history(history).last.above_sha256 == hashlib.sha256(above).hexdigest()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("rows = 3", "rows = 4"),
        ("2026-12-01", "2026-12-02"),
        ("[[release]]\nname", "# a remark\n[[release]]\nname"),
        ('version = "1.0.0"', 'version = "1.0.1"'),
    ],
)
def test_edit_above_an_entry_is_found(history, old, new):
    text = history.read_text()
    assert old in text
    history.write_text(text.replace(old, new, 1))
    with pytest.raises(
        ReleaseError, match=r"changed above the entry of version 1\.\d+\.0"
    ) as error:
        read_history(history)
    assert "never edited" in error.value.hint


def test_lost_and_moved_entries_are_found(history):
    add(history, "2.0.0")
    first, second, third = history.read_text().split("\n\n")
    for text in ("\n\n".join([first, third]), "\n\n".join([second, first, third])):
        history.write_text(text)
        with pytest.raises(ReleaseError, match="changed above the entry"):
            read_history(history)


def test_entry_that_is_written_otherwise_is_found(history):
    history.write_text(history.read_text().replace("[[release]]", "[[ release ]]", 1))
    with pytest.raises(ReleaseError, match="the history"):
        read_history(history)


def test_dois_follow_and_the_last_one_counts(history):
    told = {"version": "1.0.0", "date": "2026-12-03", "manifest_sha256": "ab" * 32}
    for doi in ("10.1234/a", "10.1234/b"):
        history.write_bytes(appended(history, "doi", **told, doi=doi))
    assert read_history(history).doi("1.0.0") == "10.1234/b"
    assert read_history(history).doi("1.10.0") is None
    add(history, "2.0.0", doi="10.1234/c")
    assert read_history(history).doi("2.0.0") == "10.1234/c"
    history.write_text(history.read_text().replace("10.1234/a", "10.1234/x"))
    with pytest.raises(ReleaseError, match=r"changed above the entry of the DOI of 1\.0\.0"):
        read_history(history)


@pytest.mark.parametrize("version", ["1.10.1", "1.11.0", "2.0.0"])
def test_greater_version_follows(history, version):
    check_follows("rrl", version, read_history(history), history)


@pytest.mark.parametrize(
    ("version", "message"),
    [
        ("1.10.0", "released already"),
        ("1.0.0", "released already"),
        ("1.9.9", "does not come after 1.10.0"),
        ("0.1.0", "does not come after 1.10.0"),
    ],
)
def test_other_version_is_refused_with_those_that_would_do(history, version, message):
    with pytest.raises(ReleaseError, match=message) as error:
        check_follows("rrl", version, read_history(history), history)
    assert error.value.hint == "choose 1.10.1, 1.11.0 or 2.0.0"


@pytest.mark.parametrize(
    "content", ["[[release]]\nversion = 1", "release = 3", "=", "\xff", "[other]\na = 1"]
)
def test_damaged_history_is_told(history, content):
    history.write_bytes(content.encode("latin-1"))
    with pytest.raises(ReleaseError, match="cannot be understood"):
        read_history(history)


def test_history_of_another_catalogue_is_refused(history):
    with pytest.raises(ReleaseError, match="history of another catalogue, rrl"):
        check_follows("lmc", "2.0.0", read_history(history), history)


@pytest.mark.parametrize("version", ["2.0", '"two"', '"1.0"'])
def test_an_entry_of_no_version_is_told_with_the_file(history, version):
    text = history.read_text().replace('"1.10.0"', version)
    history.write_text(text)
    with pytest.raises(ReleaseError, match="cannot be understood") as error:
        read_history(history)
    assert error.value.where == {"file": history}


def test_two_do_not_write_at_once(tmp_path):
    with (
        only_writer(tmp_path),
        pytest.raises(ReleaseError, match="another release is being written"),
        only_writer(tmp_path),
    ):
        pass
