import shutil
import subprocess
import sys

import polars as pl
import pytest

import rrcat
from rrcat.errors import ReleaseError
from rrcat.release.opened import open_release
from rrcat.release.subset import Cone
from rrcat.schema import expanded


@pytest.fixture
def spoilt(released, tmp_path):
    """A copy that may be spoilt."""
    folder = shutil.copytree(released, tmp_path / released.name)
    for path in folder.rglob("*"):
        path.chmod(0o755)
    return folder


def test_a_release_is_opened_with_its_rows_and_what_they_mean(released, frame, table):
    release = rrcat.open_release(str(released))
    assert release.frame.equals(frame)
    assert release.table == expanded(table, [])
    assert (release.about.name, release.about.version) == ("rrl-example", "1.2.3")
    assert release.about.authors == ("Doe, Jane", "Dékány, I.")
    assert release.manifest.n_rows == frame.height
    assert release.to_astropy()["feh"].mask.sum() == frame["feh"].null_count()


def test_a_release_says_in_a_line_what_it_is(released):
    release = open_release(released)
    rows, columns = release.frame.shape
    assert (
        repr(release)
        == f"<Release: rrl-example 1.2.3: {rows} rows, {columns} columns, in {released}>"
    )
    part = release.subset(columns=["feh"])
    assert repr(part).startswith(
        "<Release: part of rrl-example 1.2.3: columns source_id, ra, dec, feh: "
    )


def test_the_package_gives_it_without_loading_it_before():
    probe = """
import sys, rrcat
assert "polars" not in sys.modules
assert "open_release" in dir(rrcat)
rrcat.open_release, rrcat.Release, rrcat.Cone
assert "polars" in sys.modules
"""
    subprocess.run([sys.executable, "-c", probe], check=True)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        rrcat.nothing  # noqa: B018


@pytest.mark.parametrize(
    "name", ["rrl-example.parquet", "schema.toml", "manifest.json", "manifest.json.sha256"]
)
def test_a_changed_byte_in_what_is_read_is_an_error(spoilt, name):
    path = spoilt / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ReleaseError):
        open_release(spoilt)


@pytest.mark.parametrize("name", ["rrl-example.parquet", "schema.toml", "manifest.json.sha256"])
def test_a_missing_file_is_named_and_verify_recommended(spoilt, name):
    (spoilt / name).unlink()
    with pytest.raises(ReleaseError, match=rf"{name} is missing") as error:
        open_release(spoilt)
    assert error.value.where["file"] == spoilt / name
    assert f"rrcat verify {spoilt}" in error.value.hint


def test_what_is_not_read_may_be_missing(spoilt, frame):
    (spoilt / "rrl-example.fits").unlink()
    assert open_release(spoilt).frame.height == frame.height


def test_a_folder_that_is_no_release_is_refused(tmp_path):
    with pytest.raises(ReleaseError, match="no such folder"):
        open_release(tmp_path / "nowhere")
    with pytest.raises(ReleaseError, match="no manifest"):
        open_release(tmp_path)


def test_a_part_keeps_what_identifies_a_star_and_says_of_what_it_is_a_part(released, frame):
    part = open_release(released).subset(columns=["feh"], cone=Cone(10, 20, 90))
    assert part.frame.columns == part.table.names == ["source_id", "ra", "dec", "feh"]
    assert 0 < part.frame.height < frame.height
    assert part.frame.equals(
        frame.filter(pl.col("source_id").is_in(part.frame["source_id"].implode())).select(
            part.frame.columns
        )
    )
    assert part.about.subset == (
        "part of rrl-example 1.2.3: stars within 90 deg of RA 10 deg, Dec 20 deg;"
        " columns source_id, ra, dec, feh"
    )
    assert part.to_astropy().meta["subset"] == part.about.subset


def test_a_part_of_a_part_tells_both_cuts(released):
    part = open_release(released).subset(cone=Cone(0, 90, 60)).subset(columns=["feh"])
    assert part.about.subset == (
        "part of rrl-example 1.2.3: stars within 60 deg of RA 0 deg, Dec 90 deg;"
        " columns source_id, ra, dec, feh"
    )


def test_no_cut_is_the_whole(released):
    release = open_release(released)
    assert release.subset() is release
    assert release.about.subset is None
