import pytest
from scripted import reply, serving

from rrcat.archive.described import columns, near
from rrcat.archive.http import Policy, new_session

POLICY = Policy(read_timeout=2.0)
TABLE = (
    b'<vtm:table xmlns:vtm="http://www.ivoa.net/xml/VOSITables/v1.0"><name>t</name>'
    b"<column><name>ra</name></column><column><name>phot_g_mean_mag</name></column></vtm:table>"
)
QUERY = 'SELECT a.phot_g_mean_mg AS c1, a.ra AS c2 FROM s.t AS a JOIN "J/1/x" AS b ON a.ra = b.ra'


def test_columns_near_to_the_one_that_is_blamed_are_found():
    with serving(reply(200, TABLE)) as server, new_session(POLICY) as session:
        said = "no such column: a.phot_g_mean_mg, and ra is fine"
        found = near(session, f"{server.url}/tap/", POLICY, QUERY, said)
    assert found == "near 'phot_g_mean_mg' are phot_g_mean_mag"
    paths = [asked.path for asked in server.asked]
    assert paths == ["/tap/tables/s.t", "/tap/tables/%22J/1/x%22"]


@pytest.mark.parametrize("said", ["too busy", "ra is null"])
def test_where_no_column_is_to_blame_none_is_named(said):
    with serving(reply(200, TABLE)) as server, new_session(POLICY) as session:
        assert near(session, server.url, POLICY, QUERY, said) == ""


@pytest.mark.parametrize(
    "answer",
    [
        reply(404, b"no such table"),
        reply(500),
        reply(200, b"<html>busy"),
        reply(200, b"<job/>"),
        reply(200, b""),
        reply(200, b'<!DOCTYPE t [<!ENTITY a "a">]>' + TABLE),
    ],
)
def test_a_service_need_not_describe_its_tables(answer):
    with serving(answer) as server, new_session(POLICY) as session:
        assert columns(session, server.url, POLICY, "s.t") == []
        assert len(server.asked) == 1


def test_a_real_server_describes_its_tables(tap_server):
    with new_session(POLICY) as session:
        names = columns(session, tap_server.url, POLICY, "gaiadr3.gaia_source")
    assert set(tap_server.tables["gaiadr3.gaia_source"].columns) <= set(names)
