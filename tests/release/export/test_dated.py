from dataclasses import replace
from types import SimpleNamespace

import pytest

from rrcat.errors import ReleaseError
from rrcat.release.export.dated import date_and_doi

HISTORY = """
[[release]]
name = "rrl-example"
version = "1.2.3"
date = "2026-11-30"
manifest_sha256 = "{digest}"
rows = 300
schema = "rrl_metallicity"
schema_version = "1.1.0"
doi = "10.5281/zenodo.1"
"""


@pytest.fixture
def release(tmp_path, about):
    """An undated release, in a folder without a history."""
    return SimpleNamespace(folder=tmp_path / "rrl-example-1.2.3", about=about)


@pytest.fixture
def history(tmp_path):
    (tmp_path / "releases.toml").write_text(HISTORY.format(digest="ab" * 32))


def dated(release, **changes):
    return SimpleNamespace(folder=release.folder, about=replace(release.about, **changes))


def test_an_undated_release_takes_date_and_doi_from_the_history(release, history):
    assert date_and_doi(release) == ("2026-11-30", "10.5281/zenodo.1")


def test_the_date_of_the_release_itself_comes_first(release, history):
    assert date_and_doi(dated(release, date="2026-12-01"))[0] == "2026-12-01"


def test_without_a_history_a_release_tells_its_own(release):
    assert date_and_doi(dated(release, date="2026-12-01")) == ("2026-12-01", None)
    own = dated(release, date="2026-12-01", doi="10.1234/own")
    assert date_and_doi(own) == ("2026-12-01", "10.1234/own")


def test_the_history_of_another_catalogue_tells_nothing(release, history):
    with pytest.raises(ReleaseError, match="carries no date"):
        date_and_doi(dated(release, name="other"))


def test_without_a_date_anywhere_the_history_is_asked_for(release):
    with pytest.raises(ReleaseError, match="carries no date") as error:
        date_and_doi(release)
    assert "releases.toml" in error.value.hint
