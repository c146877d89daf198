import base64
import subprocess
import xml.etree.ElementTree as ElementTree

import numpy as np
import polars as pl
import pytest
from astropy import units
from astropy.io import votable
from astropy.table import Table
from hypothesis import given, settings
from hypothesis import strategies as st
from through_astropy import read_votable

from rrcat.release.reading import as_read, votable_batches
from rrcat.release.votable import document, write_votable
from rrcat.release.votable_check import votable_problems


@pytest.fixture(scope="module")
def written(tmp_path_factory, frame, table, about):
    path = tmp_path_factory.mktemp("votable") / "example.vot"
    write_votable(frame, table, about, path)
    return path


@settings(deadline=None)
@given(data=st.data())
def test_any_frame_comes_back_through_astropy_and_through_verification(
    tmp_path_factory, any_frame, every_type, about, data
):
    frame = data.draw(any_frame)
    path = tmp_path_factory.mktemp("any") / "any.vot"
    write_votable(frame, every_type, about, path)
    assert votable_problems(path, every_type, about) == []
    wanted = as_read(frame, every_type, "votable")
    assert read_votable(path, every_type).equals(wanted)
    batches = votable_batches(path, every_type)
    assert pl.concat([every_type.empty(), *batches]).equals(wanted)


def test_votlint_finds_nothing(written, tool):
    done = subprocess.run(
        [tool("stilts"), "votlint", str(written)], capture_output=True, text=True, check=True
    )
    # It exits with 0 whatever it finds.
    assert done.stdout + done.stderr == ""


def test_votlint_finds_nothing_in_a_table_of_every_type(tmp_path, tool, every_type, about):
    path = tmp_path / "empty.vot"
    write_votable(every_type.empty(), every_type, about, path)
    done = subprocess.run(
        [tool("stilts"), "votlint", str(path)], capture_output=True, text=True, check=True
    )
    assert done.stdout + done.stderr == ""


def test_stilts_reads_every_cell(written, frame, table, read_stilts):
    cells = read_stilts(written)
    for name, dtype in table.polars_schema.items():
        want = frame[name]
        if dtype == pl.String:
            want = want.replace("", None)  # STILTS tells both as null
        assert cells[name].cast(dtype).equals(want, null_equal=True), name


def test_stilts_reads_units_ucds_and_descriptions(written, table, read_stilts):
    told = read_stilts(written, "meta name units ucd description")
    assert told["name"].to_list() == table.names
    assert told["units"].fill_null("").to_list() == [c.unit_in("votable") for c in table.column]
    assert told["ucd"].to_list() == [c.ucd for c in table.column]
    assert told["description"].to_list() == [c.full_description for c in table.column]


def test_null_text_differs_from_empty_text_in_the_null_bits(tmp_path, every_type, about):
    rows = every_type.empty()
    cells = {name: [None, None] for name in rows.columns}
    cells |= {"source_id": [1, 2], "surely": [True, False], "words": ["", None]}
    frame = pl.DataFrame(cells, schema=every_type.polars_schema)
    path = tmp_path / "null.vot"
    write_votable(frame, every_type, about, path)
    root = ElementTree.parse(path).getroot()
    stream = root.find(".//{*}STREAM").text
    row_bytes = np.frombuffer(base64.b64decode(stream), np.uint8).reshape(2, -1)
    nulls = np.unpackbits(row_bytes[:, :2], axis=1)[:, : len(rows.columns)]
    place = rows.columns.index("words")
    assert nulls[:, place].tolist() == [0, 1]


def test_type_of_a_text_column_follows_from_the_definition(written):
    fields = {f.name: f.datatype for f in votable.parse(written).get_first_table().fields}
    assert fields["feh_status"] == "char"
    assert fields["archive_id"] == "unicodeChar"


def test_coordinates_and_times_are_referred_to(written):
    resource = votable.parse(written, verify="exception").resources[0]
    fields = {field.name: field.ref for field in resource.tables[0].fields}
    assert fields["ra"] == fields["dec"] == resource.coordinate_systems[0].ID
    assert fields["epoch"] == resource.time_systems[0].ID
    assert resource.coordinate_systems[0].system == "ICRS"
    assert resource.time_systems[0].timescale == "TCB"


def test_version_title_and_citations_are_told(written, about):
    resource = votable.parse(written).resources[0]
    told = [(info.name, info.value) for info in resource.infos]
    assert ("resource_version", about.version) in told
    assert ("title", about.title) in told
    assert [value for name, value in told if name == "citation"] == list(about.reference)


def test_scale_authors_rights_and_survey_are_told(tmp_path, every_type, owned, tool):
    path = tmp_path / "owned.vot"
    write_votable(every_type.empty(), every_type, owned, path)
    root = ElementTree.parse(path).getroot()
    infos = [(e.get("name"), e.get("value")) for e in root.findall(".//{*}INFO")]
    assert ("metallicity_scale_definition", owned.scale_definition) in infos
    assert [value for name, value in infos if name == "creator"] == ["Doe, Jane", "Dékány, I."]
    assert ("rights", "CC-BY-4.0") in infos
    assert ("survey", "ASAS") in infos
    done = subprocess.run([tool("stilts"), "votlint", str(path)], capture_output=True, text=True)
    assert done.stdout + done.stderr == ""


def test_astropy_keeps_the_word_dex_and_not_its_meaning(written):
    unit = Table.read(written)["feh"].unit
    assert str(unit) == "dex"
    assert unit != units.dex


def test_document_without_rows_says_how_many_there_are(table, about):
    assert 'nrows="17"' in document(table, about, 17)


def test_stilts_reads_cells_of_every_type(tmp_path, every_type, about, read_stilts):
    cells = {
        "source_id": [-(2**63), 2**63 - 1, 2**63 - 1 - 2**53],
        "mag": [0.1, None, 3.4028235e38],
        "small": [-32767, 32767, None],
        "number": [None, -(2**31), 2**31 - 1],
        "large": [-(2**63) + 1, None, 2**63 - 1],
        "maybe": [True, False, None],
        "surely": [True, False, True],
        "words": ["𝔖 ✨", "<&>", None],
        "kind": [None, "ab", "c"],
        "pair": [[1.5, None], None, [0.1, -2.0]],
    }
    nothing = {name: [None] * 3 for name in every_type.names}
    frame = pl.DataFrame(nothing | cells, schema=every_type.polars_schema).sort("source_id")
    path = tmp_path / "all.vot"
    write_votable(frame, every_type, about, path)
    found = read_stilts(path)
    for name in ("source_id", "small", "number", "large", "words", "kind"):
        assert found[name].cast(frame.schema[name]).equals(frame[name], null_equal=True), name
    assert found["mag"].cast(pl.Float32).equals(frame["mag"], null_equal=True)
    for name in ("maybe", "surely"):
        wanted = frame[name].replace_strict({True: "true", False: "false"}, return_dtype=pl.String)
        assert found[name].equals(wanted, null_equal=True), name
    assert found["pair"].to_list() == ["(1.5, NaN)", "(0.1, -2.0)", None]
