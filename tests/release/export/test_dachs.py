"""What the descriptor says; whether DaCHS takes it is asked in test_dachs_server.py."""

import shutil
import xml.etree.ElementTree as ET
from dataclasses import replace

import polars as pl
import pytest

from rrcat import atomic
from rrcat.errors import ReleaseError
from rrcat.release.export.dachs import export
from rrcat.release.opened import open_release
from rrcat.release.publish import publish


@pytest.fixture(scope="module")
def plain(frame):
    """The rows without characters beyond U+FFFF."""
    return frame.with_columns(pl.col(pl.String).str.replace_all("𝔖", "S"))


@pytest.fixture(scope="module")
def release(make_candidate, plain, tmp_path_factory):
    facts = {"authors": ["Doe, Jane", "Dékány, I."], "rights": "CC-BY-4.0", "survey": "ASAS"}
    folder = tmp_path_factory.mktemp("release")
    candidate = make_candidate(folder / "candidate", plain, **facts)
    return open_release(publish(candidate, "1.0.0", into=folder / "home", date="2026-03-01"))


@pytest.fixture
def descriptor(release, tmp_path):
    """Export a release, this one by default, and give the descriptor as XML."""

    def parsed(of=release, name="out"):
        output = tmp_path / name
        output.mkdir()
        export(of, output)
        return ET.parse(output / "q.rd").getroot()

    return parsed


def metas(root, name):
    return [meta.text for meta in root.findall("meta") if meta.get("name") == name]


def test_every_column_stands_in_order_with_what_the_schema_says(release, descriptor):
    columns = descriptor().findall("table/column")
    assert [column.get("name") for column in columns] == release.table.names
    for column, said in zip(columns, release.table.column, strict=True):
        assert column.get("unit", "") == said.unit_in("votable")
        assert column.get("ucd") == said.ucd
        assert column.get("description") == said.full_description
        assert (column.get("required") == "True") == (not said.nullable)
        null = column.find("values")
        assert (None if null is None else int(null.get("nullLiteral"))) == said.null


def test_every_column_is_filled_by_name(release, descriptor):
    root = descriptor()
    maps = [one.get("key") for one in root.findall("data/make/rowmaker/map")]
    assert maps == release.table.names
    assert root.find("data/make/rowmaker").get("idmaps") is None


def test_metadata_are_those_of_the_release(release, descriptor):
    root = descriptor()
    assert root.get("schema") == "rrl_example"
    assert metas(root, "title") == [release.about.title]
    assert metas(root, "version") == ["1.0.0"]
    assert metas(root, "creationDate") == ["2026-03-01T00:00:00Z"]
    creators = [meta for meta in root.findall("meta") if meta.get("name") == "creator"]
    assert [creator.find("meta").text for creator in creators] == ["Doe, Jane", "Dékány, I."]
    assert metas(root, "source") == ["2021ApJ...920...33D"]
    assert len(metas(root, "cites")) == len(release.about.reference)
    assert metas(root, "rights") == ["CC-BY-4.0"]
    assert metas(root, "rights.rightsURI") == ["https://spdx.org/licenses/CC-BY-4.0.html"]
    (description,) = metas(root, "description")
    assert "on the scale C21 (High-resolution spectroscopy" in description
    assert "light curves are from ASAS" in description


def test_position_and_times_are_annotated(descriptor):
    said = " ".join(" ".join(one.text.split()) for one in descriptor().findall("table/dm"))
    assert "longitude: @ra latitude: @dec" in said
    assert 'orientation: ICRS epoch: "J2000.0"' in said
    assert "timescale: TCB refPosition: BARYCENTER time0: 2455197.5 } location: @epoch" in said


def test_a_cone_search_gives_least_what_a_star_is_and_where(descriptor):
    levels = {
        column.get("name"): int(column.get("verbLevel"))
        for column in descriptor().findall("table/column")
    }
    assert {name for name, level in levels.items() if level == 1} == {"source_id", "ra", "dec"}
    assert levels["feh"] == 10
    assert levels["feh_error"] == 20


def test_values_of_estimators_come_last(make_candidate, own_columns, tmp_path, descriptor):
    wide = own_columns("literature-relations").with_columns(
        pl.col(pl.String).str.replace_all("𝔖", "S")
    )
    candidate = make_candidate(tmp_path / "wide", wide, individual_columns=["literature-relations"])
    released = publish(candidate, "1.0.0", into=tmp_path / "wide-home", date="2026-03-01")
    root = descriptor(open_release(released), "wide-out")
    (column,) = (
        one for one in root.findall("table/column") if one.get("name") == "feh_literature_relations"
    )
    assert column.get("verbLevel") == "30"


def test_the_data_are_the_file_of_the_release(release, tmp_path):
    (tmp_path / "out").mkdir()
    files = export(release, tmp_path / "out")
    names = [path.relative_to(tmp_path / "out").as_posix() for path in files]
    assert names == ["q.rd", "README.md", "data/rrl-example.vot"]
    assert atomic.sha256(files[2]) == release.manifest.files["rrl-example.vot"].sha256


def test_a_changed_file_is_not_handed_on(release, tmp_path):
    copied = open_release(shutil.copytree(release.folder, tmp_path / release.folder.name))
    path = copied.folder / "rrl-example.vot"
    path.chmod(0o644)
    path.write_bytes(path.read_bytes() + b"\n")
    (tmp_path / "out").mkdir()
    with pytest.raises(ReleaseError, match="does not have the hash"):
        export(copied, tmp_path / "out")


def test_the_same_release_gives_the_same_bytes(release, tmp_path):
    written = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        written.append([path.read_bytes() for path in export(release, tmp_path / name)])
    assert written[0] == written[1]


def test_a_part_of_a_release_says_so(release, descriptor):
    part = release.subset(columns=["feh"])
    root = descriptor(part)
    assert [one.get("name") for one in root.findall("table/column")] == part.table.names
    (description,) = metas(root, "description")
    assert part.about.subset in description


def test_without_positions_there_is_no_cone_search(release, descriptor):
    nowhere = replace(
        release, frame=release.frame.with_columns(ra=None, dec=None).cast(release.frame.schema)
    )
    root = descriptor(nowhere)
    assert root.find("service") is None
    assert root.find("table/publish") is not None
    assert "mixin" not in root.find("table").attrib


def test_an_undated_release_takes_its_date_from_the_history(
    make_candidate, plain, tmp_path, descriptor
):
    released = publish(make_candidate(tmp_path / "undated", plain), "1.0.0", into=tmp_path / "u")
    history = tmp_path / "u" / "releases.toml"
    (line,) = (line for line in history.read_text().splitlines() if line.startswith("date"))
    (created,) = metas(descriptor(open_release(released)), "creationDate")
    assert created[:10] in line
    history.unlink()
    with pytest.raises(ReleaseError, match="carries no date"):
        descriptor(open_release(released), "other")


def test_markup_and_macros_in_words_do_not_reach_dachs(release, descriptor):
    title = r"Stars -- <b>\alpha</b> & \metaString{authority}"
    root = descriptor(replace(release, about=replace(release.about, title=title)))
    assert metas(root, "title") == [title.replace("\\", "\\\\")]


def test_text_that_dachs_cannot_serve_is_refused(make_candidate, frame, tmp_path):
    candidate = make_candidate(tmp_path / "beyond", frame)
    released = publish(candidate, "1.0.0", into=tmp_path / "b", date="2026-03-01")
    (tmp_path / "out").mkdir()
    with pytest.raises(ReleaseError, match=r"beyond U\+FFFF") as error:
        export(open_release(released), tmp_path / "out")
    assert error.value.where["column"] == "archive_id"
    assert list((tmp_path / "out").iterdir()) == []
