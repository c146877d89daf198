"""A build folder belongs to one build."""

from pathlib import Path

import pytest

from rrcat.errors import RunError
from rrcat.run.claim import claim

OURS = {"recipe": "aaa", "inputs": ["x"], "versions": {"rrcat": "1"}}


def test_a_claimed_folder_is_found_again(tmp_path: Path) -> None:
    claim(tmp_path, OURS)
    (tmp_path / "parts").mkdir()
    claim(tmp_path, OURS)
    assert (tmp_path / "parts").is_dir()


@pytest.mark.parametrize(
    ("other", "what"),
    [({"recipe": "bbb"}, "recipe"), ({"versions": {"rrcat": "2"}}, r"versions\.rrcat")],
)
def test_the_parts_of_another_build_are_refused_and_kept(
    tmp_path: Path, other: dict[str, object], what: str
) -> None:
    claim(tmp_path, OURS)
    (tmp_path / "parts").mkdir()
    with pytest.raises(RunError, match=rf"another build.* in {what} (.|\n)*--restart"):
        claim(tmp_path, OURS | other)
    assert (tmp_path / "parts").is_dir()


def test_a_build_that_came_to_nothing_leaves_its_folder_free(tmp_path: Path) -> None:
    claim(tmp_path, OURS)
    claim(tmp_path, OURS | {"recipe": "mended"})
    (tmp_path / "store").mkdir()
    with pytest.raises(RunError, match="another build"):
        claim(tmp_path, OURS)


@pytest.mark.parametrize("recipe", ["bbb", OURS["recipe"]], ids=["another", "the same"])
def test_restart_throws_the_earlier_build_away_and_nothing_else(
    tmp_path: Path, recipe: object
) -> None:
    claim(tmp_path, OURS)
    (tmp_path / "parts").mkdir()
    (tmp_path / "catalogue.parquet").touch()
    (tmp_path / "notes.txt").touch()
    claim(tmp_path, OURS | {"recipe": recipe}, restart=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["build.json", "notes.txt"]


def test_what_a_killed_build_left_half_written_is_swept(tmp_path: Path) -> None:
    (tmp_path / ".build.json.0123.rrcat-tmp").write_text("{")
    claim(tmp_path, OURS)
    assert [path.name for path in tmp_path.iterdir()] == ["build.json"]
    half = tmp_path / "bundles" / ".fourier-xgboost.0123.rrcat-tmp"
    half.mkdir(parents=True)
    (half / "model.json").write_text("{")
    claim(tmp_path, OURS)
    assert list((tmp_path / "bundles").iterdir()) == []


def test_a_folder_of_something_else_is_never_touched(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(RunError, match=r"not a build: it holds thesis\.tex"):
        claim(tmp_path, OURS, restart=True)
    assert (tmp_path / "thesis.tex").read_text() == "mine"


def test_a_record_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "build.json").write_text("{")
    with pytest.raises(RunError, match="cannot be read"):
        claim(tmp_path, OURS)
