import pytest

from rrcat.errors import ReleaseError
from rrcat.release.export.paper_material import material
from rrcat.release.opened import open_release
from rrcat.release.publish import publish
from rrcat.release.subset import Cone


@pytest.fixture(scope="module")
def release(released):
    return open_release(released)


def test_a_part_keeps_every_column_and_tells_which_it_has(release):
    found = material(release.subset(columns=["feh"], cone=Cone(10, 20, 90)))
    assert found.table.names == release.table.names
    assert found.frame["period"].null_count() == found.frame.height < release.frame.height
    assert found.has("feh", "ra")
    assert not found.has("feh", "period")


def test_without_a_document_the_manifest_tells_of_the_checks(release):
    found = material(release)
    assert [one["name"] for one in found.checks] == ["every star has a row"]
    assert (found.tested, found.combination, found.calibrators) == (None, {}, {})
    assert (found.date, found.doi) == ("2026-12-01", None)


def test_a_changed_file_is_not_told_of(make_candidate, tmp_path):
    folder = publish(make_candidate(tmp_path / "c"), "1.0.0", into=tmp_path / "r")
    (bundle,) = folder.glob("bundles/*/bundle.toml")
    bundle.chmod(0o644)
    bundle.write_text(bundle.read_text().replace("0", "1"))
    with pytest.raises(ReleaseError, match=r"bundle\.toml does not have the hash"):
        material(open_release(folder))
