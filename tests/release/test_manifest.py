import json
import subprocess

import pytest

from rrcat.errors import ReleaseError
from rrcat.release.manifest import FROM_CANDIDATE, listing, read_manifest, write_manifest

FACTS = dict.fromkeys(FROM_CANDIDATE, "x") | {"name": "a", "n_rows": 2}


def write(folder, **changes):
    told = {"version": "1.0.0", "date": None, "asides": {}} | changes
    return write_manifest(folder, FACTS, **told)


def test_seal_is_what_sha256sum_checks(tmp_path):
    (tmp_path / "a").write_text("1")
    write(tmp_path)
    subprocess.run(
        ["sha256sum", "--strict", "-c", "manifest.json.sha256"], cwd=tmp_path, check=True
    )


def test_every_file_is_listed_with_size_and_hash(tmp_path):
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "c").write_text("123")
    write(tmp_path)
    manifest = read_manifest(tmp_path)
    assert list(manifest.files) == ["b/c"]
    assert manifest.files["b/c"].size == 3


def test_date_and_override_are_told_only_where_given(tmp_path):
    write(tmp_path)
    assert not {"date", "override"} & set(read_manifest(tmp_path).facts)
    write(tmp_path, date="2026-12-01", asides={"override": "why not", "doi": None})
    facts = read_manifest(tmp_path).facts
    assert (facts["date"], facts["override"]) == ("2026-12-01", "why not")


def test_the_catalogue_that_was_learned_from_is_told_where_there_is_one(tmp_path):
    write(tmp_path)
    assert "teacher" not in read_manifest(tmp_path).facts
    told = {"version": "1.0.0", "date": None, "asides": {}}
    write_manifest(tmp_path, FACTS | {"teacher": {"catalogue": "asas-i"}}, **told)
    assert read_manifest(tmp_path).facts["teacher"] == {"catalogue": "asas-i"}


@pytest.mark.parametrize("target", ["/etc/hostname", "a", "nowhere", "."])
def test_links_are_refused(tmp_path, target):
    (tmp_path / "a").write_text("1")
    (tmp_path / "link").symlink_to(target)
    with pytest.raises(ReleaseError, match="link or special file"):
        list(listing(tmp_path))


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", "null", "{", '{"format": 1}', '"text"', "\xff", "[" * 100_000],
)
def test_broken_manifest_is_an_error_of_its_own(tmp_path, content):
    (tmp_path / "manifest.json").write_bytes(content.encode("latin-1"))
    with pytest.raises(ReleaseError, match="manifest"):
        read_manifest(tmp_path)


def test_name_that_leads_elsewhere_is_refused(tmp_path):
    write(tmp_path)
    facts = json.loads((tmp_path / "manifest.json").read_text()) | {"name": "../a"}
    (tmp_path / "manifest.json").write_text(json.dumps(facts))
    with pytest.raises(ReleaseError, match="wrong at name"):
        read_manifest(tmp_path)
