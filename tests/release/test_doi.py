import pytest

from rrcat.errors import ReleaseError
from rrcat.release import report as report_module
from rrcat.release.doi import checked_doi, note_doi
from rrcat.release.history import read_history
from rrcat.release.manifest import read_manifest
from rrcat.release.publish import publish
from rrcat.release.verify import verify


@pytest.fixture
def release(candidate, tmp_path, monkeypatch):
    for name in ("figures", "distance_figures"):
        monkeypatch.setattr(report_module, name, lambda *arguments: [])
    return publish(candidate, "1.0.0", into=tmp_path / "out")


@pytest.mark.parametrize(
    "text",
    ["10.5281/zenodo.1", "https://doi.org/10.5281/zenodo.1", "doi:10.5281/zenodo.1 "],
)
def test_doi_is_known_however_it_is_written(text):
    assert checked_doi(text) == "10.5281/zenodo.1"


@pytest.mark.parametrize(
    "text", ["", "zenodo.1", "10.5281", "10.5281/", "11.5281/a", "10.1234/a b"]
)
def test_what_is_no_doi_is_refused(text):
    with pytest.raises(ReleaseError, match="is no DOI"):
        checked_doi(text)


def test_later_doi_stands_in_the_history_and_the_release_stays(release):
    before = {path: path.read_bytes() for path in release.rglob("*") if path.is_file()}
    assert note_doi(release, "10.1234/a", "2026-12-24") == ("10.1234/a", None)
    assert note_doi(release, "doi:10.1234/b") == ("10.1234/b", "10.1234/a")
    history = read_history(release.parent / "releases.toml")
    assert history.doi("1.0.0") == "10.1234/b"
    assert history.dois[0].date == "2026-12-24"
    assert before == {path: path.read_bytes() for path in release.rglob("*") if path.is_file()}
    assert verify(release) == []


def test_same_doi_is_noted_once(release):
    note_doi(release, "10.1234/a")
    with pytest.raises(ReleaseError, match="noted already"):
        note_doi(release, "10.1234/a")


def test_release_that_the_history_does_not_know_is_refused(release):
    (release.parent / "releases.toml").unlink()
    with pytest.raises(ReleaseError, match=r"does not tell of this rrl-example 1\.0\.0"):
        note_doi(release, "10.1234/a")


def test_reserved_doi_stands_in_the_release_too(candidate, tmp_path, monkeypatch):
    for name in ("figures", "distance_figures"):
        monkeypatch.setattr(report_module, name, lambda *arguments: [])
    folder = publish(candidate, "1.0.0", into=tmp_path / "own", doi="doi:10.1234/a")
    assert read_manifest(folder).facts["doi"] == "10.1234/a"
    assert read_history(folder.parent / "releases.toml").doi("1.0.0") == "10.1234/a"
    for name in ("CITATION.cff", "README.md", "rrl-example.vot", "rrl-example.fits"):
        assert b"10.1234/a" in (folder / name).read_bytes(), name
    assert verify(folder) == []
