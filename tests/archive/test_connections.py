from contextlib import suppress

import pytest
import requests
from scripted import Handler, redirect, reply, reset, serving, trickle

from rrcat.archive.connections import new_session, watched

HEAD = b"HTTP/1.1 200 OK\r\n"
TIMES = {"connect_timeout": 2.0, "read_timeout": 2.0, "concurrency": 2}


def test_what_trickles_in_without_end_is_cut_when_the_time_is_up():
    with serving(trickle(HEAD + b"Connection: close\r\n\r\n")) as server:
        # It ends like an answer that is whole, or is broken off by a piece that meets the cut.
        broken_off = suppress(requests.exceptions.ChunkedEncodingError)
        with new_session(**TIMES) as session, watched(0.2) as watch, broken_off:
            assert set(session.get(server.url).content) == set(b"x")
        assert watch.late


def test_a_time_that_is_up_before_the_connection_stands_cuts_it():
    with (
        # Cut anywhere in its first line, an answer is none.
        serving(trickle(b"HTTP/1.1 ")) as server,
        new_session(**TIMES) as session,
        watched(0.0) as watch,
    ):
        with pytest.raises(requests.ConnectionError):
            session.get(server.url)
        assert watch.late


def test_an_answer_in_time_is_not_cut():
    with serving(reply(200, b"whole")) as server, new_session(**TIMES) as session:
        with watched(30.0) as watch:
            assert session.get(server.url).content == b"whole"
        assert not watch.late
        assert session.get(server.url).content == b"whole"


def test_redirects_lead_to_http_only():
    with (
        serving(redirect("file:///etc/passwd")) as server,
        new_session(**TIMES) as session,
        pytest.raises(requests.exceptions.InvalidSchema),
    ):
        session.get(server.url)


def test_a_closed_session_leaves_no_connection_while_an_error_names_it():
    kept = []

    def act(handler: Handler) -> None:
        kept.append(handler.connection.dup())
        reply(200, b"whole")(handler)

    with serving(reset(b""), act) as server:
        with new_session(**TIMES) as session:
            with pytest.raises(requests.ConnectionError) as error:
                session.get(server.url)
            session.get(server.url)
        with kept[0] as connection:
            connection.settimeout(10.0)
            assert connection.recv(1) == b""
    assert error.value.request.url == f"{server.url}/"
