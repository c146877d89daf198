from typing import Any

import pytest

from rrcat.archive.fetch_folder import IDENTITY, claim, require_ours
from rrcat.archive.tap_config import TapArchive
from rrcat.errors import RunError
from rrcat.lock import LOCK

CONTENT: dict[str, Any] = {
    "kind": "tap",
    "use": ["features"],
    "service": {"url": "http://tap.example"},
    "stars": {"from": "s", "columns": {"source_id": "id"}},
    "features": {"from": "f", "columns": {"source_id": "id", "band": "b"}},
}


def archive(**more: Any) -> TapArchive:
    return TapArchive.model_validate(CONTENT | more)


def claimed(folder, of=None, limit=None, *, restart=False):
    require_ours(folder)
    claim(folder, of or archive(), limit, restart=restart)
    return folder


def test_an_empty_folder_becomes_that_of_the_archive(tmp_path):
    (tmp_path / LOCK).touch()
    assert (claimed(tmp_path) / IDENTITY).exists()
    claimed(tmp_path)


def test_another_archive_is_refused_with_what_differs(tmp_path):
    claimed(tmp_path)
    other = archive(stars=CONTENT["stars"] | {"where": "a > 1"}, survey="S")
    with pytest.raises(RunError, match="differs in stars, survey") as caught:
        claimed(tmp_path, other)
    assert "--restart" in caught.value.hint


@pytest.mark.parametrize(
    ("first", "then", "held"),
    [(None, 5, "all stars"), (2000, None, "first 2,000"), (5, 6, "first 5")],
)
def test_another_number_of_stars_is_refused(tmp_path, first, then, held):
    claimed(tmp_path, limit=first)
    with pytest.raises(RunError, match=held):
        claimed(tmp_path, limit=then)


def test_more_patience_is_no_other_archive(tmp_path):
    claimed(tmp_path)
    claimed(tmp_path, archive(service={"url": "http://tap.example", "budget": 9.0}))


def test_a_restart_throws_away_what_was_fetched_and_nothing_else(tmp_path):
    claimed(tmp_path)
    for name in ("stars", "work", "tables"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").touch()
    (tmp_path / "store.json").touch()
    claimed(tmp_path, archive(survey="S"), restart=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == [IDENTITY]


@pytest.mark.parametrize("restart", [False, True])
def test_a_folder_with_anything_else_is_left_alone(tmp_path, restart):
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(RunError, match=r"it holds thesis\.tex"):
        claimed(tmp_path, restart=restart)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_published_tables_go_with_any_archive(tmp_path):
    claim(tmp_path, None, None, restart=False)
    (tmp_path / "tables").mkdir()
    record = (claimed(tmp_path) / IDENTITY).read_bytes()
    claim(tmp_path, None, None, restart=False)
    assert (tmp_path / IDENTITY).read_bytes() == record
    with pytest.raises(RunError, match="differs in survey"):
        claimed(tmp_path, archive(survey="S"))


@pytest.mark.parametrize("name", ["stars", "tables", "work", "store.json"])
def test_folders_of_our_names_are_not_ours_without_a_record(tmp_path, name):
    (tmp_path / name).mkdir()
    (tmp_path / name / "mine.parquet").touch()
    (tmp_path / ".another.rrcat-tmp").touch()
    with pytest.raises(RunError, match=f"it holds {name}"):
        claimed(tmp_path, restart=True)
    assert (tmp_path / name / "mine.parquet").exists()
    assert (tmp_path / ".another.rrcat-tmp").exists()


def test_links_are_not_followed(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    folder = tmp_path / "folder"
    folder.mkdir()
    claimed(folder)
    (folder / "stars").symlink_to(elsewhere)
    with pytest.raises(RunError, match="link, stars"):
        claimed(folder, restart=True)


@pytest.mark.parametrize("content", ["", "[]", "{}", "{"])
def test_a_damaged_record_is_told_and_thrown_away(tmp_path, content):
    record = claimed(tmp_path) / IDENTITY
    record.write_text(content)
    with pytest.raises(RunError, match="does not say") as caught:
        claimed(tmp_path)
    assert "--restart" in caught.value.hint
    claimed(tmp_path, restart=True)


def test_a_restart_that_is_killed_leaves_a_folder_of_a_fetch(tmp_path, monkeypatch):
    claimed(tmp_path)
    for name in ("stars", "work"):
        (tmp_path / name).mkdir()

    def killed(path):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("shutil.rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            claimed(tmp_path, restart=True)
    claimed(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [IDENTITY, "stars"]


def test_what_killed_processes_left_is_swept(tmp_path):
    claimed(tmp_path)
    (tmp_path / "work" / "pages").mkdir(parents=True)
    left = [tmp_path / ".a.0.rrcat-tmp", tmp_path / "work" / "pages" / ".b.1.rrcat-tmp"]
    for path in left:
        path.touch()
    claimed(tmp_path)
    assert [path.exists() for path in left] == [False, False]
