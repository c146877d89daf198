import pytest

from rrcat.errors import ReleaseError
from rrcat.release.history import Entry, appended, check_follows, read_history


def entry(version):
    return Entry("rrl", version, "2026-12-01", "ab" * 32, 3, "rrl_metallicity", "1.0.0")


@pytest.fixture
def history(tmp_path):
    path = tmp_path / "releases.toml"
    for version in ("1.0.0", "1.10.0"):
        path.write_bytes(appended(path, entry(version)))
    return path


def test_entries_come_back_in_order(history):
    assert read_history(history) == [entry("1.0.0"), entry("1.10.0")]


def test_no_file_is_no_history(tmp_path):
    assert read_history(tmp_path / "releases.toml") == []


@pytest.mark.parametrize("ending", ["", "\n", "\n# a comment without newline"])
def test_earlier_bytes_stay(history, ending):
    history.write_bytes(history.read_bytes().rstrip() + ending.encode())
    before = history.read_bytes()
    history.write_bytes(appended(history, entry("2.0.0")))
    assert history.read_bytes().startswith(before)
    assert [e.version for e in read_history(history)] == ["1.0.0", "1.10.0", "2.0.0"]


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


@pytest.mark.parametrize("content", ["[[release]]\nversion = 1", "release = 3", "=", "\xff"])
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
