import io
from pathlib import Path

import faults
import numpy as np
import polars as pl
import proxies
import pytest
import stamina
from astropy.io.votable import parse_single_table
from polars.testing import assert_frame_equal
from scripted import redirect, reply, serving

from rrcat.archive import adql
from rrcat.archive.http import new_session
from rrcat.archive.tap import TapService, query, uploaded
from rrcat.archive.votable import Answer, read_answer
from rrcat.errors import ArchiveError

ROWS = b'<VOTABLE version="1.4"><RESOURCE><TABLE/></RESOURCE></VOTABLE>'
SOURCES = "survey.gaia_source"
CURVES = "gaiadr3.epoch_photometry"


def service(url: str, **limits) -> TapService:
    return TapService.model_validate({"url": url, "sync_rows": 5000, "budget": 60.0} | limits)


def ask(url: str, folder: Path, text: str, *, maxrec: int = 10**6, **more) -> Answer:
    """Ask and read the answer."""
    asked = service(url)
    with new_session(asked) as session:
        query(
            session, asked, text, to=folder / "a.vot", jobs=folder / "jobs", maxrec=maxrec, **more
        )
    return read_answer(folder / "a.vot", place=folder / "a.vot")


def test_few_rows_are_asked_for_at_once(tmp_path):
    with serving(reply(200, ROWS)) as server:
        ask(server.url + "/tap/", tmp_path, "SELECT 1 AS a", maxrec=7, rows_expected=5000)
    (asked,) = server.asked
    assert (asked.method, asked.path) == ("POST", "/tap/sync")
    assert asked.body == b"REQUEST=doQuery&LANG=ADQL&MAXREC=7&QUERY=SELECT+1+AS+a"
    assert not (tmp_path / "jobs").exists()


@pytest.mark.parametrize("rows", [5001, None])
def test_many_rows_are_a_job(tmp_path, rows):
    done = b"<job><jobId>1</jobId><phase>COMPLETED</phase></job>"
    with serving(
        redirect("/async/1"), reply(200, done), reply(200, done), reply(200, ROWS)
    ) as server:
        ask(server.url, tmp_path, "SELECT 1 AS a", maxrec=7, rows_expected=rows)
    assert server.asked[0].path == "/async"
    assert server.asked[0].body == b"REQUEST=doQuery&LANG=ADQL&MAXREC=7&QUERY=SELECT+1+AS+a"
    assert list((tmp_path / "jobs").iterdir()) == []


def test_each_query_has_its_own_job(tmp_path):
    done = b"<job><jobId>1</jobId><phase>EXECUTING</phase></job>"
    ids = pl.DataFrame({"id": [1, 2]})
    with serving(redirect("/async/1"), reply(200, done), reply(404)) as server:
        asked = service(server.url)
        for text, maxrec, upload in [
            ("SELECT 1 AS a", 7, None),
            ("SELECT 1 AS a", 8, None),
            ("SELECT 2 AS a", 7, None),
            ("SELECT 1 AS a", 7, ids),
            ("SELECT 1 AS a", 7, ids.reverse()),
        ]:
            with new_session(asked) as session, pytest.raises(ArchiveError):
                query(
                    session,
                    asked,
                    text,
                    to=tmp_path / "a",
                    jobs=tmp_path / "jobs",
                    maxrec=maxrec,
                    upload=upload,
                )
            server.asked.clear()
    assert len(list((tmp_path / "jobs").iterdir())) == 5


def test_what_the_server_says_of_a_failure_is_told(tmp_path):
    document = (
        '<VOTABLE><RESOURCE type="results"><INFO name="QUERY_STATUS" value="ERROR">'
        "No such field: raa</INFO></RESOURCE></VOTABLE>"
    )
    for status in (200, 400):
        with (
            serving(reply(status, document.encode())) as server,
            pytest.raises(ArchiveError, match="No such field: raa"),
        ):
            ask(server.url, tmp_path, "SELECT raa AS a FROM t", rows_expected=1)
        assert list(tmp_path.iterdir()) == []


def test_a_page_for_people_is_asked_for_again(tmp_path):
    page = reply(200, b"<html><body>back in a minute</body></html>")
    with stamina.set_testing(True, attempts=8):
        with serving(page, reply(200, ROWS)) as server:
            ask(server.url, tmp_path, "SELECT 1 AS a", rows_expected=1)
            assert len(server.asked) == 2
        said = "it is no VOTable, and says: back in a minute"
        with serving(page) as server, pytest.raises(ArchiveError, match=said):
            ask(server.url, tmp_path, "SELECT 1 AS a", rows_expected=1)


@pytest.mark.parametrize(
    "ids",
    [
        pl.Series([2**63 - 1, -1, 0]),
        pl.Series([7], dtype=pl.UInt32),
        pl.Series(["V0672 Aql", "<&>", ""]),
        pl.Series([], dtype=pl.Int64),
        pl.Series([], dtype=pl.String),
    ],
)
def test_uploaded_identifiers_are_what_astropy_reads(ids):
    table = parse_single_table(io.BytesIO(uploaded(ids)))
    assert table.array["id"].tolist() == ids.to_list()
    assert not np.any(table.array.mask["id"])


def test_identifiers_beyond_ascii_are_not_uploaded():
    with pytest.raises(ArchiveError, match="letters beyond ASCII") as caught:
        uploaded(pl.Series(["ω Cen"]))
    assert "max_upload_rows = 0" in (caught.value.hint or "")


@pytest.mark.parametrize("url", ["ftp://host/tap", "file:///etc", "host/tap", "https://", ""])
def test_a_service_is_reached_over_http(url):
    with pytest.raises(ValueError, match="url"):
        service(url)


def test_a_service_says_nothing_that_is_not_known():
    with pytest.raises(ValueError, match="passwd"):
        service("http://host/tap", passwd="secret")


# From here on against a real server.


def test_rows_are_those_of_the_table(tap_server, tmp_path):
    table = tap_server.tables[SOURCES]
    columns = {"source_id": "source_id", "c1": "ra", "c2": "dec"}
    text = adql.select(columns, SOURCES, order_by="source_id")
    got = ask(tap_server.url, tmp_path, text)
    expected = table.select("source_id", c1="ra", c2="dec").sort("source_id")
    assert_frame_equal(got.raw.frame, expected, check_exact=True)
    assert not got.overflow
    assert got.raw.units == {"c1": "deg", "c2": "deg"}


@pytest.mark.parametrize("rows_expected", [50, None], ids=["at once", "as a job"])
def test_an_answer_that_is_cut_says_so(tap_server, tmp_path, rows_expected):
    text = adql.select({"a": "source_id"}, SOURCES)
    got = ask(tap_server.url, tmp_path, text, maxrec=50, rows_expected=rows_expected)
    assert got.overflow
    assert got.raw.frame.height == 50


def test_pages_follow_on_each_other(tap_server, tmp_path):
    ids = tap_server.tables[SOURCES]["source_id"].sort()
    text = adql.select(
        {"a": "source_id"},
        SOURCES,
        [adql.after("source_id", ids[99])],
        order_by="a",
        top=100,
    )
    got = ask(tap_server.url, tmp_path, text, rows_expected=100)
    assert got.raw.frame["a"].to_list() == ids[100:200].to_list()
    assert not got.overflow


@pytest.mark.parametrize("rows_expected", [5000, None], ids=["at once", "as a job"])
def test_twenty_thousand_identifiers_are_joined(tap_server, tmp_path, rows_expected):
    ids = tap_server.tables[SOURCES]["source_id"].shuffle(seed=1)
    text = adql.select({"a": "s.source_id"}, adql.join_upload(f"{SOURCES} AS s", "s.source_id"))
    upload = pl.DataFrame({"id": pl.concat([ids, pl.Series([5])])})
    got = ask(tap_server.url, tmp_path, text, upload=upload, rows_expected=rows_expected)
    assert got.raw.frame["a"].sort().to_list() == ids.sort().to_list()


def test_names_are_joined(tap_server, tmp_path):
    names = tap_server.tables["asas.stars"]["asas_id"].sort()[:300]
    text = adql.select({"a": "s.asas_id"}, adql.join_upload("asas.stars AS s", "s.asas_id"))
    upload = pl.DataFrame({"id": pl.concat([names, pl.Series(["no such star"])])})
    got = ask(tap_server.url, tmp_path, text, upload=upload, rows_expected=301)
    assert got.raw.frame["a"].sort().to_list() == names.to_list()


def test_identifiers_in_a_list_are_found(tap_server, tmp_path):
    ids = tap_server.tables[SOURCES]["source_id"].sort()[5:9].to_list()
    text = adql.select({"a": "source_id"}, SOURCES, [adql.one_of("source_id", ids)])
    assert sorted(ask(tap_server.url, tmp_path, text).raw.frame["a"]) == ids


def test_a_cone_is_found(tap_server, tmp_path):
    table = tap_server.tables[SOURCES]
    ra, dec = table.select("ra", "dec").row(0)
    cone = f"1 = CONTAINS(POINT('ICRS', ra, dec), CIRCLE('ICRS', {ra}, {dec}, 1.0))"
    got = ask(tap_server.url, tmp_path, adql.select({"a": "source_id"}, SOURCES, [cone]))
    d, r = np.radians(table["dec"].to_numpy()), np.radians(table["ra"].to_numpy())
    distance = np.sin(d) * np.sin(d[0]) + np.cos(d) * np.cos(d[0]) * np.cos(r - r[0])
    inside = table["source_id"].to_numpy()[distance >= np.cos(np.radians(1.0))]
    assert sorted(got.raw.frame["a"]) == sorted(inside.tolist())


def test_arrays_are_those_of_the_table(tap_server, tmp_path):
    table = tap_server.tables[CURVES]
    names = [name for name in table.columns if name != "solution_id"]
    text = adql.select({name: name for name in names}, CURVES, order_by="source_id")
    got = ask(tap_server.url, tmp_path, text, rows_expected=100).raw.frame
    expected = table.select(names).sort("source_id")
    for name in names:
        pairs = zip(got[name].to_list(), expected[name].to_list(), strict=True)
        assert all(plain(ours) == plain(theirs) for ours, theirs in pairs), name


def plain(cell):
    """Give a cell without NaN, which becomes null, and without null for an array, as in DaCHS."""
    if isinstance(cell, list):
        return [None if value != value else value for value in cell]
    return [] if cell is None else cell


def test_a_job_that_was_left_is_collected(tap_server, tmp_path):
    text = adql.select({"a": "source_id"}, SOURCES)
    with proxies.proxy(tap_server.url) as proxy:
        proxy.play(faults.status(410), when=faults.path_ends("/results/result"))
        with pytest.raises(ArchiveError, match="410"):
            ask(proxy.url, tmp_path, text)
        assert len(list((tmp_path / "jobs").iterdir())) == 1
        proxy.play(faults.status(503, retry_after="0"), when=faults.path_ends("/results/result"))
        assert ask(proxy.url, tmp_path, text).raw.frame.height == 20_000
        posts = [asked.path for asked in proxy.asked if asked.method == "POST"]
        assert [path.endswith("/async") for path in posts] == [True, False]
    assert list((tmp_path / "jobs").iterdir()) == []


def test_a_query_that_the_server_refuses_says_why(tap_server, tmp_path):
    text = adql.select({"a": "raa"}, SOURCES)
    for rows_expected in (1, None):
        with pytest.raises(ArchiveError, match="raa") as caught:
            ask(tap_server.url, tmp_path, text, rows_expected=rows_expected)
        assert caught.value.hint == "check the query: near 'raa' are ra"


def test_a_refusal_names_the_service_and_no_file_that_is_gone(tmp_path):
    refused = ROWS.replace(
        b"<TABLE/>", b'<INFO name="QUERY_STATUS" value="ERROR">no</INFO><TABLE/>'
    )
    with (
        serving(reply(200, refused)) as server,
        pytest.raises(ArchiveError, match="refused the query: no") as caught,
    ):
        ask(server.url, tmp_path, "SELECT", rows_expected=1)
    assert caught.value.where["url"] == server.url
    assert "file" not in caught.value.where
