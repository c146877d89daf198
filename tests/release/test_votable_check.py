import re

import pytest

from rrcat.release.votable import write_votable
from rrcat.release.votable_check import ucd_problems, votable_problems


@pytest.fixture(scope="module")
def sound(tmp_path_factory, frame, table, about):
    path = tmp_path_factory.mktemp("sound") / "a.vot"
    write_votable(frame, table, about, path)
    return path.read_text()


def problems_after(tmp_path, sound, pattern, replacement, table, about):
    """Spoil the one place that matches and tell what is found."""
    spoilt, n = re.subn(pattern, replacement, sound, count=1, flags=re.DOTALL)
    assert n == 1
    path = tmp_path / "spoilt.vot"
    path.write_text(spoilt)
    return votable_problems(path, table, about)


def test_a_sound_file_has_no_problems(tmp_path, sound, table, about):
    assert problems_after(tmp_path, sound, "<TABLE", "<TABLE", table, about) == []


@pytest.mark.parametrize(
    ("pattern", "replacement", "expected"),
    [
        (r"<COOSYS[^>]*>", "", "column ra refers to no COOSYS"),
        (r"<TIMESYS[^>]*>", "", "column epoch refers to no TIMESYS"),
        (r'(name="dec"[^>]*) ref="coordinates"', r"\1", "column dec refers to no COOSYS"),
        (r'(name="epoch"[^>]*) ref="times"', r"\1", "column epoch refers to no TIMESYS"),
        (r'ref="times"', 'ref="coordinates"', "column epoch refers to no TIMESYS"),
        (r'ucd="meta.id;meta.main"', 'ucd="meta.id"', "has 0 columns with the UCD meta.id"),
        (
            r'(name="archive_id"[^>]*)ucd="meta.id"',
            r'\1ucd="meta.id;meta.main"',
            "has 2 columns with the UCD meta.id;meta.main",
        ),
        (
            r'ucd="pos.eq.dec;meta.main"',
            'ucd="pos.eq.ra;meta.main"',
            "has several columns with the UCD pos.eq.ra;meta.main",
        ),
        (r'(name="feh"[^>]*) ucd="[^"]*"', r"\1", "column feh has no UCD"),
        (r'(name="feh"[^>]*)ucd="[^"]*"', r'\1ucd="phot.mag"', "column feh: UCD is 'phot.mag'"),
        (r'(name="period"[^>]*) unit="d"', r"\1", "column period has no unit"),
        (r'(name="period"[^>]*)unit="d"', r'\1unit="s"', "column period: unit is 's'"),
        (
            r'(name="phase_coverage")',
            r'\1 unit="d"',
            "column phase_coverage: unit is 'd' instead of ''",
        ),
        (
            r'(name="band"[^>]*>)<DESCRIPTION>[^<]*</DESCRIPTION>',
            r"\1",
            "column band has no description",
        ),
        (r"Photometric band of", "Colour of", "column band: description is 'Colour of"),
        (r'<VALUES null="-32768"/>', "", "column n_harmonics has no null value"),
        (r'null="-32768"', 'null="0"', "column n_harmonics: null value is '0'"),
        (r'(name="ra" datatype)="double"', r'\1="float"', "column ra: datatype is 'float'"),
        (r'(name="flags" datatype="int")', r'\1 arraysize="2"', "column flags: arraysize is '2'"),
        (r"<FIELD name=\"flags\".*?</FIELD>", "", "has the columns"),
        (r'name="flags"', 'name="flag"', "has the columns"),
        (r'version="1.4"', 'version="1.3"', "is VOTable 1.3"),
        (r"</TABLE>", "</TABLE><TABLE/>", "holds 2 tables"),
        (r"<STREAM", "<STREAM/><STREAM", "holds 2 streams of rows"),
        (r'metallicity_scale" value="', r"\g<0>x", "INFO metallicity_scale is 'x"),
        (r"<BINARY2>(.*)</BINARY2>", r"<BINARY>\1</BINARY>", "holds its rows as BINARY"),
        (r'system="ICRS"', 'system="FK5"', "COOSYS: system is 'FK5'"),
        (r'epoch="J2000.0"', 'epoch="J2016.0"', "COOSYS: epoch is 'J2016.0'"),
        (r'timescale="TCB"', 'timescale="UTC"', "TIMESYS: timescale is 'UTC'"),
        (r'refposition="BARYCENTER"', "", "TIMESYS: refposition is None"),
        (r'timeorigin="2455197.5"', 'timeorigin="0"', "TIMESYS: timeorigin is '0'"),
        (r'value="1.2.3"', 'value="1.2.4"', "INFO resource_version is '1.2.4'"),
        (r"</RESOURCE>", "", "is not well-formed XML"),
    ],
)
def test_each_defect_is_told(tmp_path, sound, table, about, pattern, replacement, expected):
    found = problems_after(tmp_path, sound, pattern, replacement, table, about)
    assert any(expected in problem for problem in found), found


def test_rows_that_lie_elsewhere_are_refused_unread(tmp_path, sound, table, about):
    found = problems_after(
        tmp_path, sound, r"<STREAM.*</STREAM>", '<STREAM href="file:///x"/>', table, about
    )
    assert found == ["its rows lie elsewhere: file:///x"]


def test_entities_are_refused_before_they_unfold(tmp_path, sound, table, about):
    bomb = '<!DOCTYPE b [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><VOTABLE'
    found = problems_after(tmp_path, sound, "<VOTABLE", bomb, table, about)
    assert found == ["has a document type declaration, which a VOTable has no use for"]


def test_main_may_stand_in_ucds_that_differ():
    assert ucd_problems(["meta.id;meta.main", "pos.eq.ra;meta.main", "pos.eq.dec;meta.main"]) == []
